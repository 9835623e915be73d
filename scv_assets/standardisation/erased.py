"""Taking erased people out of canonical records: of every day, whichever delivery brings them.

What a record is keyed by says whose it is: `source_key` of a person, `person_key` of anything else. An erased person's
records, consents, visits, carts, tickets and messages are none; an order stays, as nobody's, for turnover is the
company's own: lines hang on orders and name nobody. A record that its source merged into an erased one keeps what it
says itself, as a deleted record.

A day that was written before somebody was erased is written again without that person, as if it were made anew.
"""

from collections.abc import Collection

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, Part
from resources.store.tombstones import Laid, Tombstones
from scv_assets.canonical import KINDS, ORDER, PERSON
from scv_assets.sources.contract import Contract
from scv_assets.sql_quoting import literal
from scv_assets.stages import canonical_path
from scv_assets.standardisation.mapping import kind_schema

#: kind -> the field that says whose a record is
OWNED_BY = {name: "source_key" if name == PERSON.name else "person_key" for name in KINDS if name != "order_line"}


def without_erased(con: Connection, source: str, kind: str, records: Relation, erased: Laid) -> Relation:
    """Return a source's canonical records of one kind without what is an erased person's; columns as given."""
    if kind not in OWNED_BY:
        return records
    owner = erased.record(literal(source), OWNED_BY[kind])
    if kind == ORDER.name:
        return con.sql(f"SELECT * REPLACE (CASE WHEN NOT {owner} THEN person_key END AS person_key) FROM records")
    if kind != PERSON.name:
        return con.sql(f"SELECT * FROM records WHERE NOT {owner}")
    into = erased.record(literal(source), "merged_into")
    return con.sql(f"""
        SELECT * REPLACE (CASE WHEN NOT {into} THEN merged_into END AS merged_into,
                          CASE WHEN {into} THEN true ELSE is_deleted END AS is_deleted)
        FROM records WHERE NOT {owner}
    """)


def days_with_erased(con: Connection, lake: Lake, contract: Contract, erased: Laid) -> set[str]:
    """Return the days (ISO) whose canonical records name an erased person."""
    found: set[str] = set()
    for kind in contract.maps:
        if kind in OWNED_BY:
            fields = ("source_key", "merged_into") if kind == PERSON.name else (OWNED_BY[kind],)
            schema = {"_day": "DATE", **dict.fromkeys(fields, "VARCHAR")}
            held = lake.scan(con, canonical_path(kind, contract.source), schema)
            named = " OR ".join(erased.record(literal(contract.source), field) for field in fields)
            days = held.filter(named).project("_day").distinct().fetchall()
            found.update(str(day) for (day,) in days)
    return found


def withdraw(con: Connection, lake: Lake, contract: Contract, days: Collection[str], erased: Laid) -> None:
    """Write these days of a source again without erased people, as if they were made anew."""
    for kind in contract.maps:
        if kind in OWNED_BY:
            dataset = canonical_path(kind, contract.source)
            before = lake.parts(dataset)
            order = ", ".join(f'"{name}"' for name in KINDS[kind].key)
            staged: dict[str, Part] = {}
            for day in sorted(before.keys() & set(days)):
                rows = lake.scan(con, dataset, kind_schema(kind), [day])
                kept = without_erased(con, contract.source, kind, rows, erased)
                ordered = con.sql(f"SELECT * FROM kept ORDER BY {order}")
                staged[day] = lake.stage(dataset, ordered, made_from=before[day].made_from)
            lake.commit(dataset, staged)


def is_withdrawn(lake: Lake, contract: Contract, erased: Tombstones) -> bool:
    """Tell whether a source was looked through since the last erasure."""
    return erased.is_empty or lake.read_text(_stamp(contract)) == erased.fingerprint


def say_withdrawn(lake: Lake, contract: Contract, erased: Tombstones) -> None:
    """Say that it was."""
    lake.replace_text(_stamp(contract), erased.fingerprint)


def _stamp(contract: Contract) -> str:
    return f"standardisation/erased.{contract.source}.txt"
