"""Splink on DuckDB with an expert's settings (`splink_expert`), clusters at .95; it has no settings by itself.

with_splink.py TABLE ROLES TRUTH OUT MODE    (mode and truth are not read)
"""

import json
import sys
import time
from pathlib import Path

import duckdb
from splink import Linker
from splink.backends.duckdb import DuckDBAPI

from benchmarks.peers.hand_in import hand_in
from benchmarks.peers.splink_expert import FIELDS, SMALL, expert, train

THRESHOLD = 0.95


def main(table: str, roles: str, _truth: str, out: str, _mode: str) -> None:
    """Write a cluster a row, and say what it cost."""
    start = time.perf_counter()
    con = duckdb.connect(config={"threads": 2, "memory_limit": "4GB"})
    fields = laid(con, table, json.loads(Path(roles).read_text(encoding="utf-8")))
    rows = con.table("people").shape[0]
    linker = Linker(DuckDBAPI(con).register("people"), expert(fields, is_small=rows <= SMALL), log_level=None)
    train(linker, fields)
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, THRESHOLD)
    found = con.sql(f"SELECT cluster_id FROM {clusters.physical_name} ORDER BY unique_id").fetchall()
    hand_in(out, [cluster for (cluster,) in found], start)


def laid(con: duckdb.DuckDBPyConnection, table: str, roles: dict[str, str]) -> frozenset[str]:
    """Lay the file down as Splink's table; return the fields that it has."""
    rows = con.read_csv(table, header=True, all_varchar=True).project("*")
    texts = ", ".join(
        f"nullif(trim(lower(\"{roles[field]}\")), '') AS {field}" if field in roles else f"NULL::VARCHAR AS {field}"
        for field in FIELDS
    )
    con.sql(f"CREATE TABLE people AS SELECT row_number() OVER () AS unique_id, {texts} FROM rows")
    con.sql("ALTER TABLE people ADD COLUMN address VARCHAR")
    con.sql("UPDATE people SET address = nullif(concat_ws(' ', house_number, street), '')")
    born = "regexp_replace(birth_on, '^([0-9]{4})([0-9]{2})([0-9]{2})$', '\\1-\\2-\\3')"
    con.sql(f"UPDATE people SET birth_on = {born}")
    return frozenset(roles) & frozenset(FIELDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
