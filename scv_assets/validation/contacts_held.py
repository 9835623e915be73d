"""The mailboxes and phones that records hold: what a record of somebody else holds too is no erased person's alone."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tombstones import Laid
from scv_assets.sql_quoting import literals
from scv_assets.stages import lake_path, published_path
from scv_assets.working_tables import keep

#: namespaces of what reaches a person
CONTACTS = ("email", "phone")
_RECORD = ("source", "source_key")
_RAW = {"email": "raw_email", "phone": "raw_phone"}


def contacts_held(con: Connection, lake: Lake) -> Relation:
    """Return the mailboxes and phones of the records of the last run: `source`, `source_key`, `namespace`, `value`.

    Each as standardised, and as the record spelt it; a value may be null.
    """
    held = lake.scan(con, lake_path("standardisation", "identifier"), _schema("namespace", "value"))
    texts = lake.scan(con, published_path("source_record"), _schema(*_RAW.values()))
    spelt = "".join(
        f" UNION ALL SELECT source, source_key, '{namespace}', trim({column}) FROM texts"
        for namespace, column in _RAW.items()
    )
    return con.sql(f"SELECT * FROM held WHERE namespace IN {literals(CONTACTS)}{spelt}")


def theirs_alone(con: Connection, lake: Lake, found: Relation, erased: Laid) -> Relation:
    """Return the rows of `found` (namespace, value, more) whose value no record of anybody else holds.

    By the records of the last run; `found` holds values of erased people only.
    """
    found = keep(con, found)
    if not len(found):
        return found
    held = contacts_held(con, lake)
    return con.sql(f"""
        WITH others AS (
            SELECT namespace, value FROM (FROM held SEMI JOIN found USING (namespace, value))
            WHERE NOT {erased.record(*_RECORD)}
        )
        FROM found ANTI JOIN others USING (namespace, value)
    """)


def _schema(*columns: str) -> dict[str, str]:
    return dict.fromkeys((*_RECORD, *columns), "VARCHAR")
