"""Who speaks for a customer: the customer's source records, with what the rules need to know of each.

A record without a customer (erased, or never resolved) says nothing, and nor does one that its source has deleted: of
a customer with nothing but deleted records nothing is told at all.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import GOLDEN_FIELDS
from scv_assets.golden.validity import is_email, is_phone


def members(
    con: Connection, *, records: Relation, crosswalk: Relation, trust: Relation, unusable: Relation
) -> Relation:
    """Return the records that speak for a customer, one row a (source, source_key).

    In: `records` as source_record, `crosswalk` (source, source_key, customer_id), `trust` (source, trust; one that is
    not listed counts 0), `unusable` (kind, value; see `unusable`).
    Out: customer_id, source, source_key, trust, updated_at, the golden fields, is_valid_email and is_valid_phone
    (well-formed and not unusable; null without a value).
    """
    fields = ", ".join(f"record.{name}" for name in GOLDEN_FIELDS)
    return con.sql(f"""
        SELECT customer_id, source, source_key, coalesce(trust.trust, 0) AS trust, record.updated_at, {fields},
            {is_email("record.email")} AND dead_email.value IS NULL AS is_valid_email,
            {is_phone("record.phone")} AND dead_phone.value IS NULL AS is_valid_phone
        FROM records AS record
        JOIN crosswalk USING (source, source_key)
        LEFT JOIN trust USING (source)
        LEFT JOIN unusable AS dead_email ON dead_email.kind = 'email' AND dead_email.value = record.email
        LEFT JOIN unusable AS dead_phone ON dead_phone.kind = 'phone' AND dead_phone.value = record.phone
        WHERE NOT coalesce(record.is_deleted, false)
    """)
