"""What has become of refused rows since they were last published: still refused, gone through, given up."""

from collections.abc import Collection, Mapping

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import QUARANTINE, duckdb_schema, key_columns
from resources.store.tombstones import Laid
from scv_assets.sql_quoting import identifier
from scv_assets.validation.contacts_held import CONTACTS, theirs_alone

OPEN = "open"
REPLAYED = "replayed"
DISCARDED = "discarded"
_OWNERS = pa.schema([("source", pa.string()), ("name", pa.string())])


def without_erased(
    con: Connection, lake: Lake, rows: Relation, erased: Laid, owners: Mapping[str, Collection[str]]
) -> Relation:
    """Return the quarantine without the rows that name an erased person: by the source's key, or by a mailbox or phone.

    What a record of somebody else holds too names nobody. `owners`: source -> the columns that say whose a record is.
    """
    keys = ", ".join(key_columns(QUARANTINE))
    listed = [(source, column) for source, columns in sorted(owners.items()) for column in sorted(columns)]
    told = pa.table({"source": [one[0] for one in listed], "name": [one[1] for one in listed]}, _OWNERS)
    named = con.sql(f"""
        SELECT {keys}, name, trim(json_extract_string(row, '$."' || name || '"')) AS value
        FROM (SELECT {keys}, row, unnest(json_keys(row)) AS name FROM rows WHERE json_valid(row))
    """)
    contacts = " UNION ALL ".join(
        f"SELECT {keys}, '{namespace}' AS namespace, {form} AS value FROM named WHERE {erased.holds(namespace, form)}"
        for namespace in CONTACTS
        for form in ("value", "lower(value)")
    )
    alone = theirs_alone(con, lake, con.sql(contacts), erased)
    return con.sql(f"""
        WITH theirs AS (
            SELECT {keys} FROM alone
            UNION SELECT {keys} FROM named SEMI JOIN told USING (source, name) WHERE {erased.record("source", "value")}
        )
        SELECT rows.* FROM rows ANTI JOIN theirs USING ({keys}) ORDER BY {keys}
    """)


def quarantine_state(con: Connection, previous: Relation, current: Relation) -> Relation:
    """Return the quarantine as of now; grain (source, file, row_number), in that order.

    `previous` is what was published, `current` the rows that are refused today. A row that is refused no longer was
    replayed: its contract or its file was mended. A discarded row stays discarded while it is the same row; a replayed
    one that is refused again is open again.
    """
    keys = ", ".join(key_columns(QUARANTINE))
    columns = [name for name in duckdb_schema(QUARANTINE) if name != "status"]
    ours = ", ".join(f"c.{identifier(name)}" for name in columns)
    theirs = ", ".join(f"p.{identifier(name)}" for name in columns)
    return con.sql(
        f"""
        WITH state AS (
            SELECT {ours},
                CASE WHEN p.status = '{DISCARDED}' AND p.row IS NOT DISTINCT FROM c.row THEN '{DISCARDED}'
                    ELSE '{OPEN}' END AS status
            FROM current AS c LEFT JOIN previous AS p USING ({keys})
            UNION ALL
            SELECT {theirs}, CASE WHEN p.status = '{DISCARDED}' THEN '{DISCARDED}' ELSE '{REPLAYED}' END AS status
            FROM previous AS p ANTI JOIN current AS c USING ({keys})
        )
        SELECT {", ".join(map(identifier, duckdb_schema(QUARANTINE)))} FROM state ORDER BY {keys}
        """
    )
