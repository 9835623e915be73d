"""The proof of an erasure: everything that is kept is looked through for what erased people were known by.

By hashes alone, so that it can be made, and made again, after their values are gone. A record is looked for where a
source's record is named, a customer's id wherever there is one but among the events that tell that it is gone; a
mailbox or a phone in every text, wherever it stands in it. What a record that is left holds too (a family's mailbox) is
that record's own, and is not looked for.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.erasures import RUNNING, Request, found, is_looked_through, prove, requests
from resources.store.redaction import CUSTOMER_COLUMNS, RECORD_COLUMNS
from resources.store.tables import (
    AUDIT_LOG,
    ERASURE_REQUEST,
    IDENTITY_EVENT,
    METADATA,
    PUBLICATION,
    TOMBSTONE,
    duckdb_schema,
)
from resources.store.tombstones import CUSTOMER, RECORD, Laid, Tombstones, hashed
from resources.store.unloading import relation
from scv_assets import stages
from scv_assets.home import Home
from scv_assets.sql_quoting import identifier, literal
from scv_assets.standardisation.erased import OWNED_BY
from scv_assets.standardisation.purging import kept_columns
from scv_assets.validation.contacts_held import CONTACTS, contacts_held

#: what no function of this project reaches
NOT_LOOKED_THROUGH = (
    "the sources, and their files in the inbox",
    "back-ups",
    "files, messages and objects that left for a destination and that it cannot be told to forget",
)
_IN_TEXTS = r"[^\s\"'',;:|<>()\[\]{}=]+@[^\s\"'',;:|<>()\[\]{}=]+|\+?[0-9]{8,15}"
_LONGEST = 100
#: so many texts are taken apart at once: the fewer, the less memory; the more, the fewer times a file is opened
_VALUES = 2_000_000
#: tables of which the lake does not hold what the store holds
_OF_STORE = sorted(
    (METADATA.tables.keys() - stages.PUBLISHED.keys() | stages.APPEND_ONLY | {"quarantine"})
    - {ERASURE_REQUEST.name, TOMBSTONE.name, AUDIT_LOG.name, PUBLICATION.name}
)


def prove_erasures(home: Home, lake: Lake, store: sa.Engine) -> int:
    """Clear away what was replaced, look everything through and write the proofs; return of how many requests.

    Of requests that are gone from the view and not proven yet, or of which something was found, acknowledged or not;
    where there is none nothing is looked at.
    """
    due = [one for one in requests(store, RUNNING) if not is_looked_through(one.proof) or found(one.proof)]
    if not due:
        return 0
    removed = lake.sweep(older_than=0, being_written=("sources/",))
    with lake.connect() as con:
        for together in _looked_for_together(due):
            wanted = _wanted(con, lake, together)
            in_lake = {dataset: _named_in_dataset(con, home, lake, dataset, wanted) for dataset in lake.datasets()}
            in_store = {table: _named_in_table(con, relation(con, store, table), table, wanted) for table in _OF_STORE}
            for one in together:
                of_store = one.proof.get("store", {})
                looked = sorted({*of_store.get("looked_through", ()), *in_store})
                told = {
                    "lake": {"looked_through": sorted(in_lake), "files_removed": removed, "found": _found(in_lake)},
                    "store": {**of_store, "looked_through": looked, "found": _found(in_store)},
                    "not_looked_through": list(NOT_LOOKED_THROUGH),
                }
                prove(store, one.request_id, told)
    return len(due)


def _looked_for_together(due: Sequence[Request]) -> list[list[Request]]:
    """Return the requests in groups: what was acknowledged for one of them is not found for another."""
    alone = [[one] for one in due if "acknowledged" in one.proof]
    others = [one for one in due if "acknowledged" not in one.proof]
    return [*([others] if others else []), *alone]


def _found(rows: Mapping[str, int]) -> dict[str, int]:
    return {place: count for place, count in rows.items() if count}


def _wanted(con: Connection, lake: Lake, due: Sequence[Request]) -> Laid:
    """Lay out what is looked for: the records, the ids, and the mailboxes and phones that no record is left to hold."""
    salt = due[0].salt
    hashes = {
        name: frozenset[str]().union(*(one.subject.get(name, ()) for one in due))
        for name in (RECORD, CUSTOMER, *CONTACTS)
    }
    asked = Tombstones(salt, hashes).laid(con)
    is_asked = " OR ".join(f"namespace = '{name}' AND {asked.holds(name, 'value')}" for name in CONTACTS)
    shared = contacts_held(con, lake).filter(is_asked).project("namespace, value").distinct().fetchall()
    for name, value in shared:
        hashes[name] -= {hashed(salt, name, value)}
    return Tombstones(salt, hashes).laid(con)


def _named_in_dataset(con: Connection, home: Home, lake: Lake, dataset: str, wanted: Laid) -> int:
    """Return how many rows of a dataset name an erased person."""
    files = lake.files(dataset)
    if not files:
        return 0
    rows = con.read_parquet(files, union_by_name=True)
    named = _naming(rows, wanted, has_ids=not dataset.endswith(f"/{IDENTITY_EVENT.name}"))
    for contract in home.contracts.values():
        columns: set[str] = set()
        if dataset in {stages.raw_path(contract.source), stages.typed_path(contract.source)}:
            columns = set(contract.owner_columns() - kept_columns(contract))
        for kind, owner in OWNED_BY.items():
            if dataset == stages.canonical_path(kind, contract.source):
                columns = {owner}
        keys = [f"CAST({identifier(name)} AS VARCHAR)" for name in sorted(columns & set(rows.columns))]
        named += [wanted.record(literal(contract.source), key) for key in keys]
    return _counted(con, rows, named, wanted)


def _named_in_table(con: Connection, rows: Relation, table: str, wanted: Laid) -> int:
    """Return how many rows of a table of the store name an erased person."""
    assert set(rows.columns) == set(duckdb_schema(METADATA.tables[table]))
    named = _naming(rows, wanted, has_ids=table != IDENTITY_EVENT.name)
    return _counted(con, rows, named, wanted)


def _naming(rows: Relation, wanted: Laid, *, has_ids: bool) -> list[str]:
    """Return the conditions that a row names an erased record, or (`has_ids`) an erased customer (SQL)."""
    pairs = [(source, key) for source, key in RECORD_COLUMNS if source in rows.columns and key in rows.columns]
    ids = [name for name in CUSTOMER_COLUMNS if has_ids and name in rows.columns]
    return [
        *(wanted.record(identifier(source), identifier(key)) for source, key in pairs),
        *(wanted.customer(identifier(name)) for name in ids),
    ]


def _counted(con: Connection, rows: Relation, named: Sequence[str], wanted: Laid) -> int:
    """Count the rows of which a condition holds, or in a text of which an erased mailbox or phone stands."""
    texts = [identifier(name) for name, kind in zip(rows.columns, rows.types, strict=True) if str(kind) == "VARCHAR"]
    conditions = list(named)
    at_once = max(1, _VALUES // max(1, len(rows)))
    for start in range(0, len(texts), at_once):
        conditions += _mentions(con, rows, texts[start : start + at_once], wanted)
    return len(rows.filter(" OR ".join(conditions))) if conditions else 0


def _mentions(con: Connection, rows: Relation, columns: Sequence[str], wanted: Laid) -> list[str]:
    """Return the conditions that an erased mailbox or phone stands in a text of one of the columns (quoted)."""
    tokens = con.sql(f"""
        WITH texts AS (SELECT {", ".join(columns)} FROM rows),
        given AS (SELECT DISTINCT place, text FROM (UNPIVOT texts ON * INTO NAME place VALUE text))
        SELECT place, unnest(regexp_extract_all(text, '{_IN_TEXTS}')) AS token FROM given
        UNION SELECT place, trim(text) FROM given WHERE length(text) <= {_LONGEST}
    """)
    holds = [wanted.holds(name, form) for name in CONTACTS for form in ("token", "lower(token)")]
    there = tokens.filter(" OR ".join(holds)).distinct().fetchall()
    return [f"contains({identifier(place)}, {literal(token)})" for place, token in there]
