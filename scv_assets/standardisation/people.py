"""All sources' person records and identifiers, from the lake."""

from collections.abc import Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from scv_assets import stages
from scv_assets.home import Home
from scv_assets.sources.contract import Contract
from scv_assets.standardisation.fold import SOURCES_SCHEMA, record_identifiers, source_records
from scv_assets.standardisation.name_order import in_their_order
from scv_assets.standardisation.reading import canonical
from scv_assets.working_tables import keep

RECORDS = stages.published_path("source_record")
IDENTIFIERS = stages.lake_path("standardisation", "identifier")


def fold_people(con: Connection, home: Home, contracts: Sequence[Contract], lake: Lake) -> dict[str, Relation]:
    """Return `source_record` and the identifiers of every source that has persons, by dataset."""
    persons = keep(con, in_their_order(con, keep(con, canonical(con, home, lake, "person"))))
    return {
        RECORDS: source_records(con, persons, _sources(con, contracts, lake)),
        IDENTIFIERS: record_identifiers(con, persons),
    }


def _sources(con: Connection, contracts: Sequence[Contract], lake: Lake) -> Relation:
    rows = [
        (
            contract.source,
            contract.delivery,
            any(one.accumulate for one in contract.maps["person"]),
            max(lake.parts(stages.canonical_path("person", contract.source)), default=None),
        )
        for contract in contracts
    ]
    told = pa.table({name: [row[place] for row in rows] for place, name in enumerate(SOURCES_SCHEMA)})
    casts = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in SOURCES_SCHEMA.items())
    return con.sql(f"SELECT {casts} FROM told")
