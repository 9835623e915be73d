"""FEBRL 1 to 4 by contracts alone, from the package's own files to customers, measured against the truth.

Floors stand just under what is reached, and only rise. The truth is the number in a record's key, which no contract
looks at.
"""

import dataclasses
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from scv_assets.identity.evaluation import Quality, quality
from tests.recipes.following import Followed, follow

pytestmark = pytest.mark.slow

#: data set -> records, people, floors of pairs precision, pairs F1 and B-cubed F1
SETS = {
    "1": (1_000, 500, 1, 0.977, 0.988),
    "2": (5_000, 4_000, 1, 0.980, 0.995),
    "3": (5_000, 2_000, 0.999, 0.9735, 0.984),
    "4": (10_000, 5_000, 1, 0.981, 0.990),
}
#: the same floors where the policy forbids nothing: what the errors of FEBRL do to names and dates, no family does
WITHOUT_RULES = {"3": (0.999, 0.988, 0.9925), "4": (0.9999, 0.989, 0.994)}


@pytest.fixture(scope="module", params=SETS)
def number(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def followed(number: str, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    return follow("febrl", tmp_path_factory.mktemp(f"febrl{number}"), SET=number)


def records_of(followed: Followed) -> pd.DataFrame:
    """Return one row a record: its key, its customer, and who it really is."""
    crosswalk = followed.query("SELECT source, source_key, customer_id FROM crosswalk ORDER BY source, source_key")
    return crosswalk.assign(person=crosswalk["source_key"].str.extract(r"^rec-(\d+)-")[0])


def measured(title: str, records: pd.DataFrame) -> Quality:
    """Measure and tell it; the pairs are counted a second time here, by hand."""
    found = quality(records["customer_id"], records["person"])
    pairs, b_cubed = found.pairs, found.b_cubed
    told = f"pairs F1 {pairs.f1:.4f} (precision {pairs.precision:.4f}, recall {pairs.recall:.4f})"
    print(f"\n{title}: {told}, B-cubed F1 {b_cubed.f1:.4f}")
    together, true, shared = (_pairs(records, *by) for by in (("customer_id",), ("person",), ("customer_id", "person")))
    assert pairs.f1 == pytest.approx(2 * shared / (together + true))
    return found


def _pairs(records: pd.DataFrame, *by: str) -> int:
    sizes = records.groupby(list(by)).size()
    return int((sizes * (sizes - 1) // 2).sum())


def test_every_record_comes_in(number: str, followed: Followed) -> None:
    expected, people, *_ = SETS[number]
    records = records_of(followed)
    assert len(records) == expected
    assert records["person"].nunique() == people
    assert followed.query("SELECT * FROM quarantine").empty


def test_no_key_and_no_number_links_anybody(followed: Followed) -> None:
    assert followed.query("SELECT * FROM record_identifier").empty


def test_customers_are_the_people_but_for_few(number: str, followed: Followed) -> None:
    _, _, precision, pairs, b_cubed = SETS[number]
    found = measured(f"FEBRL {number} ({followed.seconds:.0f} s, {followed.peak_mb:.0f} MB)", records_of(followed))
    assert found.pairs.precision >= precision
    assert found.pairs.f1 >= pairs
    assert found.b_cubed.f1 >= b_cubed


@pytest.mark.parametrize("number", WITHOUT_RULES, indirect=True)
def test_a_policy_that_forbids_nothing_finds_more_of_them(number: str, followed: Followed, tmp_path: Path) -> None:
    root = shutil.copytree(followed.root, tmp_path / "febrl")
    policy = root / "matching.yaml"
    text, replaced = re.subn(
        r"^negative_rules:\n(?:  .*\n)+", "negative_rules: {}\n", policy.read_text(), flags=re.MULTILINE
    )
    assert replaced == 1
    policy.write_text(text)
    changed = dataclasses.replace(followed, root=root)
    before = measured(f"FEBRL {number}, as shipped", records_of(changed))
    changed.scv("run")
    found = measured(f"FEBRL {number}, without negative rules", records_of(changed))
    precision, pairs, b_cubed = WITHOUT_RULES[number]
    assert found.pairs.precision >= precision
    assert found.pairs.f1 >= max(pairs, before.pairs.f1)
    assert found.b_cubed.f1 >= b_cubed
