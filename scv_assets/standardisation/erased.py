"""Taking erased people out of canonical records: of every day, whichever delivery brings them.

What a record is keyed by says whose it is: `source_key` of a person, `person_key` of anything else. An erased person's
records, consents, visits, carts, tickets and messages are none; an order stays, as nobody's, for turnover is the
company's own: lines hang on orders and name nobody. A record that its source merged into an erased one keeps what it
says itself, as a deleted record.

A day that was written before somebody was erased is written again without that person, as if it were made anew.
"""

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


def withdraw(lake: Lake, contract: Contract, erased: Tombstones) -> list[str]:
    """Write the days of a source that hold an erased person again without that person, and return them (ISO).

    Each source is looked through once after every erasure: `is_withdrawn` tells that it was.
    """
    if is_withdrawn(lake, contract, erased):
        return []
    written: set[str] = set()
    for kind in contract.maps:
        if kind in OWNED_BY:
            written.update(_withdraw_kind(lake, contract.source, kind, erased))
    lake.replace_text(_stamp(contract), erased.fingerprint)
    return sorted(written)


def is_withdrawn(lake: Lake, contract: Contract, erased: Tombstones) -> bool:
    """Tell whether a source's canonical records hold none of these people."""
    return erased.is_empty or lake.read_text(_stamp(contract)) == erased.fingerprint


def _withdraw_kind(lake: Lake, source: str, kind: str, erased: Tombstones) -> list[str]:
    dataset = canonical_path(kind, source)
    with lake.connect() as con:
        laid = erased.laid(con)
        parts = lake.parts(dataset)
        held = lake.scan(con, dataset, {"_day": "DATE", **dict.fromkeys(_fields(kind), "VARCHAR")})
        named = " OR ".join(laid.record(literal(source), field) for field in _fields(kind))
        days = [
            str(day) for (day,) in con.sql(f"SELECT DISTINCT _day FROM held WHERE {named} ORDER BY _day").fetchall()
        ]
        staged: dict[str, Part] = {}
        for day in days:
            rows = lake.scan(con, dataset, kind_schema(kind), [day])
            kept = without_erased(con, source, kind, rows, laid)
            order = ", ".join(f'"{name}"' for name in KINDS[kind].key)
            staged[day] = lake.stage(
                dataset, con.sql(f"SELECT * FROM kept ORDER BY {order}"), made_from=parts[day].made_from
            )
    lake.commit(dataset, staged)
    return days


def _fields(kind: str) -> tuple[str, ...]:
    """Return the fields in which an erased record may be named."""
    return ("source_key", "merged_into") if kind == PERSON.name else (OWNED_BY[kind],)


def _stamp(contract: Contract) -> str:
    return f"standardisation/erased.{contract.source}.txt"
