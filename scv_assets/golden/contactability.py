"""Whether a customer may be contacted: the golden address works, and the customer has not said no.

What the customer said is the state of consent for marketing; a number is used by calls and by SMS, and a no to either
counts for both. Where nothing was said the company's default holds (`silence`); without defaults, silence is no
refusal.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.golden.validity import kind_of

PURPOSE = "marketing"


def contactability(
    con: Connection, *, contact_points: Relation, consent_state: Relation, silence: Relation | None
) -> Relation:
    """Return how each customer may be contacted: customer_id, is_contactable_email, _phone, _post.

    In: `contact_points`, `consent_state`, `silence` (channel, purpose, is_granted: what holds where nothing was said).
    A customer without any address has no row.
    """
    defaults = (
        con.sql("SELECT '' AS channel, '' AS purpose, true AS is_granted LIMIT 0") if silence is None else silence
    )
    columns = ", ".join(
        f"coalesce(bool_or(is_allowed) FILTER (kind = '{kind}'), false) AS is_contactable_{kind}"
        for kind in ("email", "phone", "post")
    )
    return con.sql(f"""
        WITH word AS (
            SELECT customer_id, {kind_of("channel")} AS kind, bool_and(is_granted) AS is_granted
            FROM consent_state WHERE purpose = '{PURPOSE}' GROUP BY ALL
        ), otherwise AS (
            SELECT {kind_of("channel")} AS kind, bool_or(is_granted) AS is_granted
            FROM defaults WHERE purpose = '{PURPOSE}' GROUP BY ALL
        ), asked AS (
            SELECT point.customer_id, point.kind,
                point.is_valid AND coalesce(word.is_granted, otherwise.is_granted, true) AS is_allowed
            FROM contact_points AS point
            LEFT JOIN word ON word.customer_id = point.customer_id AND word.kind = point.kind
            LEFT JOIN otherwise ON otherwise.kind = point.kind
            WHERE point.is_primary
        )
        SELECT customer_id, {columns} FROM asked GROUP BY customer_id
    """)
