"""Addresses that look well and reach nobody: placeholders typed to get past a form, and addresses that bounce.

Both are properties of the address, whoever holds it: one row a (kind, value) of contact_point.
"""

import pandas as pd
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.golden.validity import kind_of, postal_line
from scv_assets.standardisation.emails import is_placeholder_email
from scv_assets.standardisation.phones import is_placeholder_phone

_PLACEHOLDERS = {"email": is_placeholder_email, "phone": is_placeholder_phone}


def bounced(con: Connection, *, records: Relation, message_events: Relation) -> Relation:
    """Return the addresses of which the newest that is known is a bounce: kind, value.

    In: `records` as source_record, `message_events` (source, person_key, channel, kind, occurred_at). An event tells
    of the address that its person's record holds now; one without a person tells nothing. A delivery, an opening or
    a click after the bounce, on any record with the address, clears it.
    """
    return con.sql(f"""
        WITH told AS (
            SELECT source, person_key AS source_key, {kind_of("channel")} AS reached_by,
                max(occurred_at) FILTER (kind = 'bounced') AS bounced_at,
                max(occurred_at) FILTER (kind IN ('delivered', 'opened', 'clicked')) AS arrived_at
            FROM message_events WHERE person_key IS NOT NULL GROUP BY ALL
        ), address AS (
            SELECT told.*, CASE reached_by WHEN 'email' THEN record.email WHEN 'phone' THEN record.phone
                WHEN 'post' THEN {postal_line("record")} END AS value
            FROM told JOIN records AS record USING (source, source_key)
        )
        SELECT reached_by AS kind, value FROM address WHERE value IS NOT NULL
        GROUP BY ALL
        HAVING max(bounced_at) >= coalesce(max(arrived_at), max(bounced_at))
    """)


def placeholders(con: Connection, *, records: Relation) -> Relation:
    """Return the e-mail addresses and phones among the records that nobody owns (`noreply@…`): kind, value."""
    found: list[tuple[str, str]] = []
    for kind, is_placeholder in _PLACEHOLDERS.items():
        values = con.sql(f"SELECT DISTINCT {kind} AS value FROM records WHERE {kind} IS NOT NULL").to_arrow_table()
        found += [(kind, value) for value in values["value"].to_pylist() if is_placeholder(value)]
    frame = pd.DataFrame(found, columns=["kind", "value"], dtype="string")
    return con.sql("SELECT kind::VARCHAR AS kind, value::VARCHAR AS value FROM frame")
