"""Publishing: whole or not at all, by difference, whatever the text."""

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.lake import Lake
from resources.store import publish as publish_module
from resources.store.decisions import discard_quarantine
from resources.store.engine import open_store, writing
from resources.store.publish import PublishedCounts, base, publish
from resources.store.tables import GOLDEN_PROFILE, METADATA, PUBLICATION, QUARANTINE, duckdb_schema
from scv_assets.errors import NotFound, PublishRefused
from tests.resources.published_company import NOW, Row, customers, everything, held, lay, nothing, publish_all

NAMES = ["ada", "bea", "cyd", "dan", "eve"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_what_is_published_is_what_the_lake_holds_in_every_type(store: sa.Engine, lake: Lake) -> None:
    profile: Row = {
        "customer_id": "ada",
        "first_name": "Àda",
        "last_name": "",
        "birth_on": date(1815, 12, 10),
        "record_count": 2**40,
        "created_at": datetime.fromisoformat("2026-01-02T03:04:05.678900"),
        "updated_at": datetime.fromisoformat("2026-01-02T00:00:00"),
        "is_contactable_email": True,
        "is_contactable_phone": False,
    }
    tables = customers("ada")
    tables["golden_profile"] = [profile]
    lay(lake, nothing() | tables)
    publish_all(store, lake)
    (published,) = held(store, "golden_profile")
    assert published == {column: profile.get(column) for column in duckdb_schema(GOLDEN_PROFILE)}


def test_the_first_publish_inserts_and_the_second_does_nothing_at_all(
    store: sa.Engine, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(lake, customers(*NAMES))
    first = publish_all(store, lake)
    assert first["golden_profile"] == PublishedCounts(5, 0, 0, 0)

    def no_transaction(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(publish_module, "writing", no_transaction)
    second = publish_all(store, lake, run_id="run-2")
    assert second == dict.fromkeys(("crosswalk", "golden_profile"), PublishedCounts(0, 0, 0, 5))
    assert {row["run_id"] for row in held(store, "publication")} == {"run-1"}


def test_only_what_differs_is_written(store: sa.Engine, lake: Lake) -> None:
    lay(lake, customers("ada", "bea", "cyd", "dan"))
    publish_all(store, lake)
    changed = customers("bea", "cyd", "dan", "eve")
    changed["golden_profile"][0]["city"] = "Gand"  # null before
    changed["golden_profile"][1]["first_name"] = None  # a value before
    lay(lake, changed)
    counts = publish_all(store, lake, run_id="run-2")
    assert counts["golden_profile"] == PublishedCounts(inserted=1, updated=2, deleted=1, unchanged=1)
    assert counts["crosswalk"] == PublishedCounts(inserted=1, updated=0, deleted=1, unchanged=3)
    assert [(row["customer_id"], row["first_name"], row["city"]) for row in held(store, "golden_profile")] == [
        ("bea", "Bea", "Gand"),
        ("cyd", None, None),
        ("dan", "Dan", None),
        ("eve", "Eve", None),
    ]


@pytest.mark.slow
def test_a_table_can_become_empty_and_full_again(store: sa.Engine, lake: Lake) -> None:
    for names in (("ada", "bea"), (), ("bea",)):
        lay(lake, customers(*names))
        publish_all(store, lake)
        assert [row["customer_id"] for row in held(store, "golden_profile")] == list(names)


def test_to_an_append_only_table_rows_of_new_keys_are_added_and_nothing_else(store: sa.Engine, lake: Lake) -> None:
    def event(name: str, cause: str) -> Row:
        return {"event_id": name, "kind": "created", "customer_id": name, "cause": cause, "occurred_at": NOW}

    lay(lake, nothing() | {"identity_event": [event("1", "first"), event("2", "first")]})
    publish_all(store, lake)
    lay(lake, {"identity_event": [event("2", "second"), event("3", "second")]})
    counts = publish_all(store, lake, run_id="run-2")
    assert counts["identity_event"] == PublishedCounts(inserted=1, updated=0, deleted=0, unchanged=1)
    lay(lake, {"identity_event": [event("1", "third")]})
    assert publish_all(store, lake, run_id="run-3")["identity_event"] == PublishedCounts(0, 0, 0, 1)
    assert [(row["event_id"], row["cause"]) for row in held(store, "identity_event")] == [
        ("1", "first"),
        ("2", "first"),
        ("3", "second"),
    ]
    assert next(r for r in held(store, "publication") if r["table_name"] == "identity_event")["row_count"] == 3


def _broken(**tables: list[Row]) -> dict[str, list[Row]]:
    return nothing() | customers("ada", "bea") | tables


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            _broken(golden_profile=[{"customer_id": "ada"}]),
            "1 records in crosswalk have a customer that golden_profile",
        ),
        (
            _broken(
                crosswalk=[
                    {"source": "crm", "source_key": "1", "customer_id": None},
                    *customers("ada", "bea")["crosswalk"],
                ]
            ),
            "1 records in crosswalk have a customer that golden_profile does not have",
        ),
        (_broken(crosswalk=customers("ada")["crosswalk"]), "1 customers in golden_profile have no record in crosswalk"),
        (
            _broken(
                customer_redirect=[
                    {"old_customer_id": "old", "customer_id": "older"},
                    {"old_customer_id": "older", "customer_id": "ada"},
                ]
            ),
            "1 redirects in customer_redirect lead to an id that is itself redirected",
        ),
        (
            _broken(customer_order=[{"source": "erp", "order_id": "1", "customer_id": "nobody"}]),
            "1 rows in customer_order have a customer that golden_profile does not have",
        ),
        (
            _broken(crosswalk=[*customers("ada", "bea")["crosswalk"], *customers("ada")["crosswalk"]]),
            "1 rows in crosswalk have the same source, source_key as another",
        ),
        (
            _broken(customer_order=[{"source": "erp", "order_id": None}]),
            "1 rows in customer_order have no source or order_id",
        ),
    ],
)
def test_a_broken_claim_refuses_all_and_changes_nothing(
    store: sa.Engine, lake: Lake, tables: dict[str, list[Row]], said: str
) -> None:
    lay(lake, nothing() | customers("ada"))
    publish_all(store, lake)
    before, publications = everything(store), held(store, "publication")
    lay(lake, tables)
    with pytest.raises(PublishRefused, match=said):
        publish_all(store, lake, run_id="run-2")
    assert everything(store) == before
    assert held(store, "publication") == publications
    lay(lake, customers("ada", "bea") | {"customer_redirect": [], "customer_order": []})
    assert publish_all(store, lake, run_id="run-3")["golden_profile"].inserted == 1


def test_anonymous_orders_are_welcome(store: sa.Engine, lake: Lake) -> None:
    lay(lake, nothing() | {"customer_order": [{"source": "pos", "order_id": "1", "customer_id": None}]})
    assert publish_all(store, lake)["customer_order"].inserted == 1


def test_a_date_that_no_program_can_read_is_refused(store: sa.Engine, lake: Lake) -> None:
    lay(lake, customers("ada"))
    with lake.connect() as con:
        rows = lake.scan(con, "golden/golden_profile", {"customer_id": "VARCHAR"})
        far = con.sql("SELECT customer_id, DATE '20261-01-01' AS birth_on FROM rows")
        lake.write("golden/golden_profile", far, made_from="test")
    with pytest.raises(PublishRefused, match="golden_profile have a birth_on beyond the years 1 to 9999"):
        publish_all(store, lake)


def test_what_is_not_published_now_is_audited_as_it_stands(store: sa.Engine, lake: Lake) -> None:
    lay(lake, customers("ada"))
    publish_all(store, lake)
    lay(lake, {"crosswalk": customers("ada", "bea")["crosswalk"]})
    for _ in range(2):
        with lake.connect() as con, pytest.raises(PublishRefused, match="golden_profile does not have"):
            publish(store, lake, con, {"crosswalk": "identity/crosswalk"}, now=NOW, run_id="run-2")
        lake.drop("published/golden_profile")  # and then from the store itself


def test_a_run_that_was_overtaken_is_refused(store: sa.Engine, lake: Lake) -> None:
    empty = base(store)
    lay(lake, customers("ada"))
    publish_all(store, lake, expected_base=empty)
    assert base(store) != empty
    lay(lake, customers("bea"))
    with pytest.raises(PublishRefused, match="another run published meanwhile; run again"):
        publish_all(store, lake, run_id="run-2", expected_base=empty)
    publish_all(store, lake, run_id="run-2", expected_base=base(store))
    assert [row["customer_id"] for row in held(store, "golden_profile")] == ["bea"]


def test_a_run_that_is_overtaken_while_it_publishes_is_refused(
    store: sa.Engine, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(lake, customers("ada"))
    other = Lake(tmp_path / "other")
    lay(other, customers("bea"))

    def audit_slowly(*_: object) -> None:
        monkeypatch.undo()
        publish_all(store, other, run_id="run-2")

    monkeypatch.setattr(publish_module, "audit", audit_slowly)
    with pytest.raises(PublishRefused, match="another run published meanwhile"):
        publish_all(store, lake)
    assert [row["customer_id"] for row in held(store, "golden_profile")] == ["bea"]


@pytest.mark.parametrize("lost", ["registration", "file"])
@pytest.mark.slow
def test_where_the_last_published_files_are_lost_the_table_is_replaced_whole(
    store: sa.Engine, lake: Lake, lost: str
) -> None:
    lay(lake, customers("ada", "bea"))
    publish_all(store, lake)
    if lost == "registration":
        lake.drop("published/golden_profile")
    else:
        for file in lake.files("published/golden_profile"):
            Path(file).unlink()
    lay(lake, customers("bea", "cyd"))
    assert publish_all(store, lake)["golden_profile"] == PublishedCounts(inserted=2, updated=0, deleted=2, unchanged=0)
    assert [row["customer_id"] for row in held(store, "golden_profile")] == ["bea", "cyd"]


@pytest.mark.parametrize(
    "alteration", ["DELETE FROM golden_profile", "INSERT INTO golden_profile (customer_id) VALUES ('cyd')"]
)
@pytest.mark.slow
def test_a_table_that_somebody_altered_is_mended_by_the_next_publish(
    store: sa.Engine, lake: Lake, alteration: str
) -> None:
    lay(lake, customers("ada", "bea"))
    publish_all(store, lake)
    with writing(store, PUBLICATION) as connection:
        connection.exec_driver_sql(alteration)
    lay(lake, customers("ada", "bea", "cyd"))
    publish_all(store, lake)
    assert [row["first_name"] for row in held(store, "golden_profile")] == ["Ada", "Bea", "Cyd"]


@pytest.mark.slow
def test_what_was_published_stays_at_hand_and_nothing_older(store: sa.Engine, lake: Lake) -> None:
    for names in (["ada"], ["ada", "bea"], ["bea"]):
        lay(lake, customers(*names))
        publish_all(store, lake)
    (kept,) = lake.parts("published/golden_profile").values()
    assert kept == lake.part("golden/golden_profile")
    (file,) = lake.files("published/golden_profile")
    assert Path(file).samefile(lake.files("golden/golden_profile")[0])


def test_a_dataset_of_many_partitions_is_one_table(store: sa.Engine, lake: Lake) -> None:
    lay(lake, customers("ada"))
    with lake.connect() as con:
        for day in ("2026-01-01", "2026-01-02"):
            row = con.sql(f"SELECT 'erp' AS source, '{day}' AS order_id")
            lake.write("interactions/customer_order", row, made_from="test", partition=day)
        publish_all(store, lake)
        lake.write("interactions/customer_order", row, made_from="test", partition="2026-01-01")
        lake.commit("interactions/customer_order", {}, removed=["2026-01-02"])
    assert publish_all(store, lake)["customer_order"] == PublishedCounts(0, 0, deleted=1, unchanged=1)


def test_a_discard_is_kept_though_the_run_did_not_know_of_it(store: sa.Engine, lake: Lake) -> None:
    def refused(reason: str, *numbers: int) -> list[Row]:
        place = {"source": "crm", "file": "crm.csv", "reason": reason, "status": "open"}
        return [{**place, "row_number": number} for number in numbers]

    lay(lake, nothing() | {"quarantine": refused("no key", 1, 2, 3)})
    publish_all(store, lake)
    discard_quarantine(store, "crm", "crm.csv", 2, by="ann", now=NOW)
    discard_quarantine(store, "crm", "crm.csv", 3, by="ann", now=NOW)
    lay(lake, {"quarantine": refused("no key at all", 1, 2)})
    publish_all(store, lake)
    assert [(row["row_number"], row["status"]) for row in held(store, "quarantine")] == [(1, "open"), (2, "discarded")]
    lake.drop("published/quarantine")
    lay(lake, {"quarantine": refused("no key", 1, 2)})
    publish_all(store, lake)
    assert [row["status"] for row in held(store, "quarantine")] == ["open", "discarded"]


HOSTILE = [
    "'; DROP TABLE golden_profile; --",
    '"quoted", and a comma',
    "line\nbreak\r\nand\ttab",
    "\\.",
    "a\n\\.\nb",
    "\\N",
    "NULL",
    "",
    " ",
    "=cmd|'/c calc'!A1",
    "<script>alert(1)</script>",
    "\u202eright-to-left\u2066",
    "\ufeffbom",
    "🙂 é e\u0301 \U0010ffff",
    "%(name)s {0} :name ? $1",
    "x" * 1_000_000,
]


def test_hostile_text_is_only_text(store: sa.Engine, lake: Lake) -> None:
    tables = customers(*(f"c{n:02}" for n in range(len(HOSTILE))))
    for profile, text in zip(tables["golden_profile"], HOSTILE, strict=True):
        profile["street"] = text
    lay(lake, tables)
    publish_all(store, lake)
    assert [row["street"] for row in held(store, "golden_profile")] == HOSTILE
    for profile, text in zip(tables["golden_profile"], reversed(HOSTILE), strict=True):
        profile["street"] = text
    lay(lake, tables)
    publish_all(store, lake)
    assert [row["street"] for row in held(store, "golden_profile")] == HOSTILE[::-1]


@pytest.mark.slow
def test_hostile_keys_stay_apart(store: sa.Engine, lake: Lake) -> None:
    # A database page takes no index entry so long; random text, for PostgreSQL compresses what it can.
    long = "".join(chr(97 + (n * n * 7919 + n) % 26) for n in range(100_000))
    keys = [*HOSTILE[:6], "a\0", "a\0b", "a\ufffd", long + "1", long + "2"]
    rows = [{"source": "crm", "source_key": key, "customer_id": "ada", "via": "alone"} for key in keys]
    tables = customers("ada") | {"crosswalk": rows}
    tables["golden_profile"][0]["email"] = long
    lay(lake, tables)
    publish_all(store, lake)
    assert len({row["source_key"] for row in held(store, "crosswalk")}) == len(keys)
    lay(lake, tables | {"crosswalk": rows[:-1]})
    assert publish_all(store, lake)["crosswalk"] == PublishedCounts(0, 0, deleted=1, unchanged=len(keys) - 1)
    lay(lake, tables | {"crosswalk": [dict(row, via="exact") for row in rows]})
    assert publish_all(store, lake)["crosswalk"].updated == len(keys) - 1


def test_nul_is_kept_by_sqlite_and_replaced_for_postgresql(store: sa.Engine, lake: Lake) -> None:
    lay(lake, customers("ada", street="rue\0de la loi"))
    publish_all(store, lake)
    expected = "rue\ufffdde la loi" if store.dialect.name == "postgresql" else "rue\0de la loi"
    assert held(store, "golden_profile")[0]["street"] == expected


def test_what_is_asked_for_wrongly_is_told(store: sa.Engine, lake: Lake) -> None:
    with lake.connect() as con:
        with pytest.raises(NotFound, match="no table 'golden'"):
            publish(store, lake, con, {"golden": "golden/golden_profile"}, now=NOW, run_id="run-1")
        with pytest.raises(PublishRefused, match="golden/golden_profile holds nothing yet; materialise it first"):
            publish(store, lake, con, {"golden_profile": "golden/golden_profile"}, now=NOW, run_id="run-1")


@pytest.mark.slow
def test_no_temporary_table_of_a_publish_outlives_it(store: sa.Engine, lake: Lake) -> None:
    with lake.connect() as con:
        for names in (["ada"], ["ada", "bea"]):
            lay(lake, customers(*names))
            datasets = {"golden_profile": "golden/golden_profile", "crosswalk": "identity/crosswalk"}
            publish(store, lake, con, datasets, now=NOW, run_id="run-1")
        assert con.sql("SELECT table_name FROM duckdb_tables()").fetchall() == []


_profiles = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(st.sampled_from([None, "", "x", "y"]), st.sampled_from([None, True, False])),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(_profiles, min_size=1, max_size=4))
def test_whatever_was_published_before_the_store_holds_the_last_state(
    states: list[dict[str, tuple[str | None, bool | None]]], tmp_path_factory: pytest.TempPathFactory, empty_store: Path
) -> None:
    folder = tmp_path_factory.mktemp("states")
    lake, store = Lake(folder / "lake"), open_store(f"sqlite:///{shutil.copy(empty_store, folder)}")
    for number, state in enumerate(states):
        tables = customers(*state)
        for profile in tables["golden_profile"]:
            profile["city"], profile["is_contactable_email"] = state[profile["customer_id"]]
        lay(lake, tables)
        publish_all(store, lake, run_id=f"run-{number}")
    columns = ("city", "is_contactable_email")
    published = {row["customer_id"]: tuple(row[c] for c in columns) for row in held(store, "golden_profile")}
    assert published == states[-1]
    store.dispose()


def test_every_table_of_the_store_can_be_published(store: sa.Engine, lake: Lake) -> None:
    with lake.connect() as con:
        for name, table in METADATA.tables.items():
            columns = ", ".join(f'NULL AS "{column.name}"' for column in table.columns)
            lake.write(f"any/{name}", con.sql(f"SELECT {columns} LIMIT 0"), made_from="test")
        names = {name: f"any/{name}" for name in METADATA.tables if name != PUBLICATION.name}
        counts = publish(store, lake, con, names, now=NOW, run_id="run-1")
    assert set(counts) == set(names)
    assert QUARANTINE.name in counts
