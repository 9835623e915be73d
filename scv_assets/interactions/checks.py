"""What must hold of interactions: none is lost, and an order is the sum of its lines."""

import dagster as dg
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import CUSTOMER_ORDER, ORDER_LINE, duckdb_schema
from scv_assets import stages
from scv_assets.claims import claim
from scv_assets.home import Home
from scv_assets.interactions.attach import PUBLISHED_AS
from scv_assets.interactions.balance import orphan_lines, unbalanced_orders
from scv_assets.interactions.run import TABLES
from scv_assets.standardisation.interactions import latest
from scv_assets.standardisation.reading import canonical


def interaction_checks(home: Home) -> list[dg.AssetChecksDefinition]:
    """Return the checks of the interactions stage."""
    return [
        *(_nothing_lost(home, kind, table) for kind, table in TABLES.items()),
        claim(
            ("interactions", "order_line"),
            "orders_are_the_sum_of_their_lines",
            "An order's total is the sum of its lines, where it has lines",
            lambda con, lake: unbalanced_orders(con, *_orders_and_lines(con, lake)),
            is_blocking=False,
        ),
        claim(
            ("interactions", "order_line"),
            "every_line_has_its_order",
            "No line without its order",
            lambda con, lake: orphan_lines(con, *_orders_and_lines(con, lake)),
            is_blocking=False,
        ),
    ]


def _orders_and_lines(con: Connection, lake: Lake) -> tuple[Relation, Relation]:
    return (
        lake.scan(con, stages.published_path("customer_order"), duckdb_schema(CUSTOMER_ORDER)),
        lake.scan(con, stages.published_path("order_line"), duckdb_schema(ORDER_LINE)),
    )


def _nothing_lost(home: Home, kind: str, table: str) -> dg.AssetChecksDefinition:
    key = ", ".join(column.name for column in PUBLISHED_AS[kind].primary_key.columns)

    def lost(con: Connection, lake: Lake) -> Relation:
        delivered = latest(con, kind, canonical(con, home, lake, kind))
        published = lake.scan(con, stages.published_path(table), duckdb_schema(PUBLISHED_AS[kind]))
        return con.sql(f"SELECT {key} FROM delivered EXCEPT SELECT {key} FROM published")

    return claim(
        ("interactions", table),
        "nothing_is_lost",
        "Every canonical record of any source is there, with a customer or without",
        lost,
        is_blocking=True,
    )
