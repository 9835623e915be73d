"""Who is left alone to measure by: drawn by a hash of campaign and customer, the same at every run."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation


def drawn(con: Connection, asked: Relation) -> Relation:
    """Return each draw; one row an ask_id with `draw` (0 to 1), `is_held_out` and `evidence` (JSON).

    `asked`: ask_id, campaign, customer_id, hold_out (share). A customer is drawn once a campaign, not once a message.
    """
    return con.sql(
        """
        WITH draws AS (
          SELECT ask_id, hold_out,
                 ('0x' || left(sha256(campaign || '/' || customer_id), 8))::BIGINT / 4294967296.0 AS draw
          FROM asked
        )
        SELECT ask_id, draw, draw < hold_out AS is_held_out,
               to_json({'share': hold_out, 'draw': round(draw, 6)})::VARCHAR AS evidence
        FROM draws
        """
    )
