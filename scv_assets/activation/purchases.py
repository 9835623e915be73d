"""What the customer bought since, and what it sent back, in any channel and of any source: by item or at all.

Products are compared by article number, as carts are (`interactions.carts`). A cancelled order is no purchase.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.reasons import BOUGHT, RETURNED
from scv_assets.activation.view import View
from scv_assets.interactions.vocabulary import CANCELLED, is_one_of


def purchases(con: Connection, view: View, asked: Relation) -> Relation:
    """Return which items speak against a reminder: ask_id, product_id, reason, evidence (the orders); one row each.

    `asked`: ask_id, customer_id, product_id (null: whatever was bought), since, asked_at, looks_at (list of `bought`,
    `returned`), knows (the source that is believed; null: all). Bought: from `since` to `asked_at`. Returned: the same
    product at any time by then; with no product, anything from `since` on. Of both, `returned` is told.
    """
    orders, lines = view.orders, view.lines
    return con.sql(
        f"""
        WITH wanted AS (SELECT DISTINCT customer_id FROM asked),
        theirs AS (
          SELECT source, order_id, customer_id, ordered_at, coalesce(is_return, false) AS is_return
          FROM orders SEMI JOIN wanted USING (customer_id) WHERE NOT {is_one_of("status", CANCELLED)}
        ), moved AS (
          SELECT theirs.*, NULL::VARCHAR AS product_id, is_return AS is_back FROM theirs
          UNION ALL
          SELECT theirs.*, trim(lines.product_id), is_return OR coalesce(lines.quantity, 1) < 0
          FROM theirs JOIN lines USING (source, order_id) WHERE lines.product_id IS NOT NULL
        ), found AS (
          SELECT asked.ask_id, asked.product_id, moved.is_back, moved.source || '/' || moved.order_id AS name
          FROM asked JOIN moved ON moved.customer_id = asked.customer_id
            AND moved.product_id IS NOT DISTINCT FROM asked.product_id AND moved.ordered_at <= asked.asked_at
            AND (asked.knows IS NULL OR moved.source = asked.knows)
          WHERE CASE WHEN moved.is_back
                     THEN list_contains(looks_at, '{RETURNED}')
                       AND (asked.product_id IS NOT NULL OR moved.ordered_at >= asked.since)
                     ELSE list_contains(looks_at, '{BOUGHT}') AND moved.ordered_at >= asked.since END
        ), named AS (
          SELECT ask_id, product_id, is_back, list(DISTINCT name ORDER BY name) AS names FROM found GROUP BY ALL
        )
        SELECT ask_id, product_id, CASE WHEN is_back THEN '{RETURNED}' ELSE '{BOUGHT}' END AS reason,
               to_json({{'orders': names}})::VARCHAR AS evidence
        FROM named QUALIFY row_number() OVER (PARTITION BY ask_id, product_id ORDER BY is_back DESC) = 1
        """
    )
