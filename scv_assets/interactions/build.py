"""The stage's one call for a kind of interaction."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.interactions.attach import attach
from scv_assets.interactions.carts import close_coherently


def build(
    con: Connection,
    kind: str,
    records: Relation,
    crosswalk: Relation,
    *,
    orders: Relation | None = None,
    lines: Relation | None = None,
) -> Relation:
    """Return the published table of one kind of interaction, sorted by key: see `attach.attach`.

    Carts are looked at beside what was bought (`carts.close_coherently`): they need `orders` and `lines`, as published.
    """
    attached = attach(con, kind, records, crosswalk)
    if kind != "cart":
        return attached
    if orders is None or lines is None:
        raise ValueError("carts need orders and lines, to tell what was bought since")
    return close_coherently(con, attached, orders, lines)
