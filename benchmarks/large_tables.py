"""Matching of a large table from file to files: train, predict, cluster; wall and processor time, memory, quality.

    python -m benchmarks.large_tables [--millions 1] [--rules tight] [--splink]

In: records in normal form, in a Parquet file. Out: clusters and edges, in Parquet files, as `scv match` has them. A
million is person1m; more are copies of it with other people: each copy has towns, streets, mailboxes and phones of its
own, family names dealt out anew, and other birth dates. Matched twice, as on a new machine: the first run compiles, the
second one's figures are all the others. `--splink`: Splink on the same million with the same rules (as in
`benchmarks.identity`), in the same run. Each run is a process of its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.identity import RULES, shipped
from benchmarks.labelled_sets import SHARED
from benchmarks.table import print_table
from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.identity.evaluation import quality
from scv_assets.identity.tables.matching import match_table
from scv_assets.identity.tables.person_rows import PersonRows

PEOPLE = SHARED / "person_benchmark" / "person1m.parquet"
#: Millions of records and rules -> what is asked, and what was measured elsewhere.
ASKED = {
    (1, "tight"): "1/8 of Splink (49 s there), less than 1.5 GB",
    (1, "wide"): "1/8 of Splink (122 s there), 2 GB",
    (10, "tight"): "180 s, 16 GB",
}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, default=1)
    parser.add_argument("--rules", choices=list(RULES), default="tight")
    parser.add_argument("--splink", action="store_true")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(_matched(options.one, options.rules)))
        return
    if options.splink and options.millions != 1:
        parser.error("Splink runs on a million records")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.parquet"
        _lay(file, options.millions)
        one = ["benchmarks.large_tables", "--one", str(file), "--rules", options.rules]
        kept_code = {"NUMBA_CACHE_DIR": str(Path(folder) / "code")}
        first, here = _run(*one, environment=kept_code), _run(*one, environment=kept_code)
    rows = [
        ("records, candidate pairs", f"{here['records']:,.0f}, {here['candidates']:,.0f}", ""),
        ("wall / processor / memory", _cost(here), ASKED.get((options.millions, options.rules), "")),
        ("first run on a machine, which compiles", f"{first['seconds'] - here['seconds']:.1f} s more", "10 s more"),
        ("pairs F1 / B-cubed F1", f"{here['pairs']:.3f}/{here['b_cubed']:.3f}", ""),
        ("largest cluster", f"{here['largest']:.0f}", ""),
    ]
    if options.splink:
        peer = _run("benchmarks.peers_splink", "--one", "person1m", "--rules", options.rules)
        rows.append(("Splink", _cost(peer), f"1/{peer['seconds'] / here['seconds']:.1f} of its wall time here"))
        rows.append(
            ("its pairs, F1 / B-cubed F1", f"{peer['candidates']:,.0f}, {peer['pairs']:.3f}/{peer['b_cubed']:.3f}", "")
        )
    print_table(f"From file to files, {options.rules} rules", rows)


def _cost(told: dict[str, float]) -> str:
    return f"{told['seconds']:.1f} s / {told['cpu']:.1f} s / {told['memory']:.1f} GB"


def _run(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, float]:
    """Return what a module prints, run with some variables more in its environment."""
    command, every = [sys.executable, "-m", module, *arguments], os.environ | (environment or {})
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=every)
    if done.returncode:
        raise SystemExit(f"{module}: {done.stderr.strip().splitlines()[-1]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _lay(file: Path, millions: int) -> None:
    """Write the records, `row` and the truth beside the fields of source_record."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "4GB"}) as con:
        con.execute(f"""
            COPY (
                WITH names AS (
                    SELECT surname, row_number() OVER (ORDER BY md5(surname)) - 1 AS place, count(*) OVER () AS total
                    FROM (SELECT DISTINCT surname FROM '{PEOPLE}' WHERE surname IS NOT NULL)
                ), people AS (
                    SELECT *, chr(CAST(96 + copy AS INTEGER)) AS mark
                    FROM (SELECT *, unnest(range({millions})) AS copy FROM '{PEOPLE}') LEFT JOIN names USING (surname)
                )
                SELECT CAST(row_number() OVER (ORDER BY copy, unique_id) AS BIGINT) AS row, first_name,
                       other.surname AS last_name, TRY_CAST(dob AS DATE) + CAST(37 * copy AS INTEGER) AS birth_on,
                       CASE copy WHEN 0 THEN email ELSE replace(email, '@', '@' || mark) END AS email,
                       CASE copy WHEN 0 THEN phone ELSE phone || CAST(copy AS VARCHAR) END AS phone,
                       CASE copy WHEN 0 THEN street ELSE street || ' ' || mark END AS street,
                       CASE copy WHEN 0 THEN postcode ELSE postcode || mark END AS postcode,
                       CASE copy WHEN 0 THEN city ELSE city || mark END AS city,
                       CAST(entity_id AS VARCHAR) || '-' || copy AS entity
                FROM people LEFT JOIN names AS other ON other.place = (people.place + 7919 * copy) % people.total
                ORDER BY row
            ) TO '{file}' (FORMAT parquet)
        """)


def _matched(file: Path, rules: str) -> dict[str, float]:
    con = duckdb.connect(config={"threads": 2, "memory_limit": "2GB", "temp_directory": str(file.parent)})
    policy = shipped(rules)
    start, worked = time.perf_counter(), time.process_time()
    found = match_table(con, _records(con, file), policy, engine="native")
    for name in ("clusters", "edges"):
        con.from_arrow(getattr(found, name)).write_parquet(str(file.with_name(f"{name}.parquet")))
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    truth = con.sql(f"SELECT entity FROM '{file}' ORDER BY row").to_arrow_table()["entity"]
    measured = quality(
        found.clusters["cluster"].to_numpy(), truth.combine_chunks().dictionary_encode().indices.to_numpy()
    )
    return {
        "records": float(found.clusters.num_rows),
        "candidates": float(found.candidates),
        "largest": float(found.clusters["records"].to_numpy().max()),
        "pairs": measured.pairs.f1,
        "b_cubed": measured.b_cubed.f1,
        "seconds": seconds,
        "cpu": cpu,
        "memory": memory,
    }


def _records(con: duckdb.DuckDBPyConnection, file: Path) -> PersonRows:
    rows = con.read_parquet(str(file))
    given = {name: name for name in rows.columns} | {
        "source": "'table'",
        "source_key": "lpad(CAST(row AS VARCHAR), 12, '0')",
        "first_seen_at": "TIMESTAMP '1970-01-01'",
        "content_hash": "''",
        "is_deleted": "false",
    }
    listed = ", ".join(
        f"CAST({given.get(name, 'NULL')} AS {type_}) AS {name}" for name, type_ in duckdb_schema(SOURCE_RECORD).items()
    )
    texts = ("source", "source_key", "namespace", "value")
    seen = [f"TIMESTAMP '1970-01-01' AS {name}" for name in ("first_seen_at", "last_seen_at")]
    none = con.sql("SELECT " + ", ".join([*(f"'' AS {name}" for name in texts), *seen]) + " LIMIT 0")
    return PersonRows(rows.project(listed), none)


if __name__ == "__main__":
    main()
