"""Do orders and their lines agree? What an auditor asks first of an ERP: header = sum of lines, no line alone."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation


def unbalanced_orders(con: Connection, orders: Relation, lines: Relation) -> Relation:
    """Return the orders whose total is not the sum of their lines; one row a (source, order_id).

    `difference_cents` is the order's total less the sum of its lines, null where the order has no total. A line without
    an amount counts as nothing and is told in `lines_without_amount`. An order without any line is not judged.
    """
    return con.sql(
        """
        WITH summed AS (
          SELECT source, order_id, coalesce(sum(net_cents), 0)::BIGINT AS lines_cents,
                 count(*) - count(net_cents) AS lines_without_amount
          FROM lines GROUP BY source, order_id
        )
        SELECT orders.source, orders.order_id, orders.gross_cents, summed.lines_cents,
               orders.gross_cents - summed.lines_cents AS difference_cents, summed.lines_without_amount
        FROM orders JOIN summed USING (source, order_id)
        WHERE orders.gross_cents IS DISTINCT FROM summed.lines_cents
        ORDER BY orders.source, orders.order_id
        """
    )


def orphan_lines(con: Connection, orders: Relation, lines: Relation) -> Relation:
    """Return the lines whose order was never delivered; one row a (source, order_id, line_number)."""
    return con.sql(
        """
        SELECT lines.* FROM lines ANTI JOIN orders USING (source, order_id)
        ORDER BY source, order_id, line_number
        """
    )
