"""The interactions of one kind, from the lake to the lake."""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, fingerprint
from resources.store.tables import CROSSWALK, CUSTOMER_ORDER, ORDER_LINE, duckdb_schema
from scv_assets import stages
from scv_assets.home import Home
from scv_assets.interactions.attach import PUBLISHED_AS, unattached_counts
from scv_assets.interactions.build import build
from scv_assets.refresh import refresh
from scv_assets.standardisation.interactions import latest
from scv_assets.standardisation.reading import canonical, canonical_content

STAGE = "interactions"
#: kind of canonical record -> published table
TABLES: dict[str, str] = {kind: table.name for kind, table in PUBLISHED_AS.items()}
#: kind -> published interactions that it is looked at beside
NEEDS: dict[str, tuple[str, ...]] = {"cart": ("customer_order", "order_line")}


@dataclass(frozen=True)
class Attached:
    """Rows of a kind, and those without a customer as (source, why, rows)."""

    rows: int
    unattached: tuple[tuple[str, str, int], ...]
    is_computed: bool


def attach_kind(home: Home, lake: Lake, kind: str) -> Attached:
    """Write the published table of one kind of interaction where its records or the crosswalk changed."""
    output = stages.published_path(TABLES[kind])
    needed = [stages.published_path(table) for table in NEEDS.get(kind, ())]
    made_from = fingerprint(
        canonical_content(home, lake, (kind,)),
        lake.content(stages.published_path("crosswalk"), *needed),
        stages.code_version("standardisation", STAGE),
    )

    def compute(con: Connection) -> dict[str, Relation]:
        records = latest(con, kind, canonical(con, home, lake, kind))
        crosswalk = lake.scan(con, stages.published_path("crosswalk"), duckdb_schema(CROSSWALK))
        beside: dict[str, Relation] = {}
        if needed:
            beside["orders"] = lake.scan(con, needed[0], duckdb_schema(CUSTOMER_ORDER))
            beside["lines"] = lake.scan(con, needed[1], duckdb_schema(ORDER_LINE))
        return {output: build(con, kind, records, crosswalk, **beside)}

    done = refresh(lake, [output], made_from, compute)
    with lake.connect() as con:
        attached = lake.scan(con, output, duckdb_schema(PUBLISHED_AS[kind]))
        counted = unattached_counts(con, kind, attached).fetchall()
    return Attached(done.rows(output), tuple((row[1], row[2], row[3]) for row in counted), done.is_computed)
