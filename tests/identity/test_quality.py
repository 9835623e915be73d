"""Floors of quality on labelled sets, at the threshold that ships; a floor only rises.

Left to right: what was reached when the floor was set stands beside it. FEBRL replaces given names and birth dates at
random, which the rule against another birth and first name takes for another person: what it costs there is known.
"""

from datetime import datetime

import pytest
from duckdb import DuckDBPyConnection as Connection

from benchmarks.labelled_sets import SETS
from resources.store.tables import JUDGEMENT, duckdb_schema
from scv_assets.identity.evaluation import Quality, quality
from scv_assets.identity.resolve import PreviousState, resolve
from tests.identity.people import IDENTIFIERS, policy, relation


def measured(con: Connection, name: str) -> Quality:
    load, _ = SETS[name]
    try:
        labelled = load(con)
    except FileNotFoundError as absent:
        pytest.skip(str(absent))
    found = resolve(
        con,
        labelled.records,
        relation(con, [], IDENTIFIERS),
        relation(con, [], duckdb_schema(JUDGEMENT)),
        PreviousState.none(con),
        policy(),
        model=None,
        now=datetime(2026, 9, 1),  # noqa: DTZ001
        run_id="quality",
    )
    return quality(*labelled.labels(found.crosswalk))


@pytest.mark.parametrize(
    ("name", "pairs", "b_cubed"),
    [
        ("fake_1000", 0.90, 0.92),  # .910 .928
        ("FEBRL 1", 0.98, 0.99),  # .988 .994
        ("FEBRL 2", 0.985, 0.995),  # .993 .999
        ("FEBRL 3", 0.98, 0.985),  # .988 .993
        ("FEBRL 4", 0.985, 0.99),  # .992 .996
        pytest.param("person100k", 0.94, 0.975, marks=pytest.mark.slow),  # .950 .981
    ],
)
def test_quality_on_a_labelled_set(con: Connection, name: str, pairs: float, b_cubed: float) -> None:
    found = measured(con, name)
    print(f"\n{name}: pairs F1 {found.pairs.f1:.4f} (P {found.pairs.precision:.4f}, R {found.pairs.recall:.4f}), "
          f"B-cubed F1 {found.b_cubed.f1:.4f}, whole clusters F1 {found.clusters.f1:.4f}")  # fmt: skip
    assert found.pairs.f1 >= pairs
    assert found.b_cubed.f1 >= b_cubed
    assert found.pairs.precision >= 0.97
