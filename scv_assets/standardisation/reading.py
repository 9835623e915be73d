"""Reading canonical records of all sources as one relation."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from scv_assets.home import Home
from scv_assets.stages import canonical_path
from scv_assets.standardisation.mapping import kind_schema


def canonical(con: Connection, home: Home, lake: Lake, kind: str) -> Relation:
    """Return every source's canonical records of one kind: `source`, then the columns of `kind_schema(kind)`.

    Grain: (source, _day, the kind's key). Sources in the order of their names; no rows where no source maps the kind.
    """
    schema = kind_schema(kind)
    sources = [contract.source for contract in home.contracts.values() if kind in contract.maps]
    if not sources:
        return lake.scan(con, [], {"source": "VARCHAR", **schema})
    relations = [
        lake.scan(con, canonical_path(kind, source), schema).project(f"'{source}' AS source, *") for source in sources
    ]
    together = relations[0]
    for relation in relations[1:]:
        together = together.union(relation)
    return together


def canonical_content(home: Home, lake: Lake, kinds: tuple[str, ...]) -> str:
    """Return a fingerprint of what all sources hold of these kinds."""
    return lake.content(
        *(
            canonical_path(kind, contract.source)
            for kind in kinds
            for contract in home.contracts.values()
            if kind in contract.maps
        )
    )
