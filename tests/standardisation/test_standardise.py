from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from resources.lake import Lake
from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.home import Home
from scv_assets.stages import canonical_path, published_path, typed_path
from scv_assets.standardisation import standardise
from scv_assets.standardisation.mapping import kind_schema, person_schema
from scv_assets.standardisation.people import IDENTIFIERS, fold_people
from scv_assets.standardisation.standardise import stale_days, standardise_days
from scv_assets.standardisation.transformations import transformation
from scv_assets.validation.schema import typed_schema
from tests.sources.company import Company
from tests.standardisation.tables import HEAD, Row, relation

BODY = """
key: [id]
columns: {id: {type: text}, name: {type: text}, mail: {type: email}, at: {type: instant}, total: {type: money}}
maps:
  person: {source_key: id, full_name: name, email: mail}
  order: {order_id: id, person_key: id, ordered_at: at, gross_cents: total}
"""
D1, D2, D3 = date(2026, 9, 1), date(2026, 9, 2), date(2026, 9, 3)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    company = Company(tmp_path / "company")
    company.write("sources/crm.yaml", HEAD.format(source="crm", delivery="snapshot") + BODY)
    return company.home


def deliver(home: Home, day: date, rows: Sequence[Row]) -> None:
    """Put typed rows of a day into the lake, as validation would."""
    lake, contract = home.lake(), home.contracts["crm"]
    given = {"_day": day, "_file": "f.csv", "_arrived_at": day}
    numbered = [{**given, "_row_number": i, **row} for i, row in enumerate(rows, 1)]
    with lake.connect() as con:
        typed = relation(con, typed_schema(contract), numbered)
        lake.write(typed_path("crm"), typed, made_from="test", partition=day.isoformat())


def run(home: Home, days: Sequence[date] | None = None) -> tuple[list[str], list[str]]:
    done = standardise_days(home, home.contracts["crm"], days, home.lake())
    return done.written, done.unchanged


MARIE = {"id": "1", "name": "DUPONT Marie", "mail": "M@X.be"}


def parts(lake: Lake, kind: str) -> dict[str, tuple[int, str]]:
    return {day: (part.rows, part.content) for day, part in lake.parts(canonical_path(kind, "crm")).items()}


def test_every_day_gets_a_part_a_kind_even_an_empty_one(home: Home) -> None:
    deliver(home, D1, [MARIE])
    deliver(home, D2, [])
    assert run(home) == (["2026-09-01", "2026-09-02"], [])
    assert {day: rows for day, (rows, _) in parts(home.lake(), "person").items()} == {"2026-09-01": 1, "2026-09-02": 0}
    assert {day: rows for day, (rows, _) in parts(home.lake(), "order").items()} == {"2026-09-01": 0, "2026-09-02": 0}


def test_a_second_run_does_nothing(home: Home) -> None:
    deliver(home, D1, [MARIE])
    run(home)
    assert stale_days(home, home.contracts["crm"], home.lake()) == []
    assert run(home) == ([], ["2026-09-01"])


def test_only_the_day_that_changed_is_done_again(home: Home) -> None:
    deliver(home, D1, [MARIE])
    deliver(home, D2, [MARIE])
    run(home)
    deliver(home, D1, [{**MARIE, "mail": "n@x.be"}])
    assert run(home) == (["2026-09-01"], ["2026-09-02"])


def test_only_the_days_asked_for_are_done(home: Home) -> None:
    deliver(home, D1, [MARIE])
    deliver(home, D2, [MARIE])
    assert run(home, [D2]) == (["2026-09-02"], [])
    assert stale_days(home, home.contracts["crm"], home.lake()) == ["2026-09-01"]


def test_a_day_whose_rows_are_gone_loses_its_records(home: Home) -> None:
    deliver(home, D1, [MARIE])
    deliver(home, D2, [MARIE])
    run(home)
    home.lake().commit(typed_path("crm"), {}, removed=["2026-09-02"])
    assert run(home) == (["2026-09-02"], ["2026-09-01"])
    assert set(parts(home.lake(), "person")) == {"2026-09-01"}


@pytest.mark.slow
def test_batches_of_any_size_write_the_same_bytes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (D1, D2, D3):
        deliver(home, day, [{**MARIE, "id": str(i), "at": "2026-09-01", "total": i} for i in range(day.day + 3, 0, -1)])
    run(home)
    before = {kind: parts(home.lake(), kind) for kind in ("person", "order")}
    with home.lake().connect() as con:
        rows = home.lake().scan(con, canonical_path("order", "crm"), kind_schema("order"), ["2026-09-02"]).fetchall()
    for kind in ("person", "order"):
        home.lake().drop(canonical_path(kind, "crm"))
    monkeypatch.setattr(standardise, "BATCH_ROWS", 1)
    run(home)
    assert {kind: {d: n for d, (n, _) in parts(home.lake(), kind).items()} for kind in before} == {
        kind: {d: n for d, (n, _) in found.items()} for kind, found in before.items()
    }
    with home.lake().connect() as con:
        again = home.lake().scan(con, canonical_path("order", "crm"), kind_schema("order"), ["2026-09-02"]).fetchall()
    assert again == rows


def test_people_are_folded_out_of_the_lake(home: Home) -> None:
    deliver(home, D1, [MARIE, {"id": "2", "name": "Jan Janssens"}])
    deliver(home, D2, [{**MARIE, "mail": "n@x.be"}])
    run(home)
    lake = home.lake()
    with lake.connect() as con:
        found = fold_people(con, home, list(home.contracts.values()), lake)
        for dataset, rows in found.items():
            lake.write(dataset, rows, made_from="test")
        records = lake.scan(con, published_path("source_record"), duckdb_schema(SOURCE_RECORD))
        people = con.sql("SELECT source_key, first_name, last_name, email, is_deleted FROM records").fetchall()
        held = lake.scan(con, IDENTIFIERS, {"source_key": "VARCHAR", "value": "VARCHAR"}).fetchall()
    assert people == [("1", "Marie", "Dupont", "n@x.be", False), ("2", "Jan", "Janssens", None, True)]
    assert held == [("1", "m@x.be"), ("1", "n@x.be")]


def test_every_person_column_says_what_became_of_it() -> None:
    assert all(transformation(name) for name in person_schema())
    assert transformation("identifiers.crm_id") != transformation("identifiers.email")
