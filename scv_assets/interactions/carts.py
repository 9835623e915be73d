"""Carts against what was bought since, in any channel: a cart left online and bought in a store is no longer open.

A cart's `lines` is a JSON list of its lines or events in their order. Of each object these keys are read: `product_id`
(or `sku`); `action`, where it has one (`add…` puts in, `remove…` takes out, anything else touches no product; none at
all puts in); `quantity` (none: one piece put in, or all pieces taken out). What has no product is passed over.

Products are compared by article number: sources that name articles differently have to be recoded in their contracts.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.interactions.vocabulary import CANCELLED, is_one_of

CLOSED = "coherently_closed"


def products_in_carts(con: Connection, carts: Relation) -> Relation:
    """Return what lies in each cart after its last event; one row a (source, cart_id, product_id) with `quantity` > 0.

    A cart whose lines are no JSON list holds nothing that can be known and gives no row.
    """
    return con.sql(
        """
        WITH entries AS (
          SELECT source, cart_id, unnest(CAST(lines AS JSON[])) AS line,
                 generate_subscripts(CAST(lines AS JSON[]), 1) AS position
          FROM carts WHERE CASE WHEN json_valid(lines) THEN json_type(lines) = 'ARRAY' ELSE false END
        ), events AS (
          SELECT source, cart_id, position, nullif(trim(coalesce(line->>'product_id', line->>'sku')), '') AS product_id,
                 lower(trim(coalesce(line->>'action', 'add'))) AS action,
                 TRY_CAST(line->>'quantity' AS DOUBLE) AS quantity
          FROM entries
        ), moves AS (
          SELECT source, cart_id, product_id, position,
                 CASE WHEN starts_with(action, 'remove') THEN -quantity ELSE coalesce(quantity, 1) END AS pieces,
                 max(CASE WHEN starts_with(action, 'remove') AND quantity IS NULL THEN position END)
                   OVER (PARTITION BY source, cart_id, product_id) AS emptied_at
          FROM events
          WHERE product_id IS NOT NULL AND (starts_with(action, 'add') OR starts_with(action, 'remove'))
        )
        SELECT source, cart_id, product_id, sum(pieces) AS quantity
        FROM moves WHERE emptied_at IS NULL OR position > emptied_at
        GROUP BY source, cart_id, product_id HAVING sum(pieces) > 0
        ORDER BY source, cart_id, product_id
        """
    )


def bought_since(con: Connection, carts: Relation, orders: Relation, lines: Relation) -> Relation:
    """Return what became of the products of open and abandoned carts; one row a (source, cart_id, product_id), sorted.

    `bought_at` is when the cart's customer first bought the product at or after the cart's last event, in any channel
    and of any source; null: not yet. Returns and cancelled orders are no purchases. A cart of nobody known has no row.
    """
    products = products_in_carts(con, carts)
    return con.sql(
        f"""
        WITH purchases AS (
          SELECT orders.customer_id, trim(lines.product_id) AS product_id, orders.ordered_at
          FROM orders JOIN lines USING (source, order_id)
          WHERE orders.customer_id IS NOT NULL AND NOT orders.is_return AND coalesce(lines.quantity, 1) > 0
            AND NOT {is_one_of("orders.status", CANCELLED)}
        )
        SELECT products.source, products.cart_id, carts.customer_id, products.product_id, products.quantity,
               min(purchases.ordered_at) AS bought_at
        FROM products
        JOIN carts ON carts.source = products.source AND carts.cart_id = products.cart_id
        LEFT JOIN purchases ON purchases.customer_id = carts.customer_id
          AND purchases.product_id = products.product_id AND purchases.ordered_at >= carts.last_touched_at
        WHERE carts.customer_id IS NOT NULL AND carts.status IN ('open', 'abandoned')
        GROUP BY ALL ORDER BY products.source, products.cart_id, products.product_id
        """
    )


def close_coherently(con: Connection, carts: Relation, orders: Relation, lines: Relation) -> Relation:
    """Return the carts, `coherently_closed` where all that lay in an open or abandoned one was bought since.

    All three as published. One row a cart as it came in, sorted by (source, cart_id); a cart of which one product is
    still missing stays as it is, and so does an empty one.
    """
    products = bought_since(con, carts, orders, lines)
    return con.sql(
        f"""
        WITH closed AS (
          SELECT source, cart_id FROM products GROUP BY ALL HAVING count(*) = count(bought_at)
        )
        SELECT carts.* REPLACE (CASE WHEN closed.cart_id IS NULL THEN carts.status ELSE '{CLOSED}' END AS status)
        FROM carts LEFT JOIN closed USING (source, cart_id)
        ORDER BY source, cart_id
        """
    )
