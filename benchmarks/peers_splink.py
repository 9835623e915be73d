"""Splink itself beside this project: quality, wall time, processor time and memory, in one run on one machine.

    python -m benchmarks.peers_splink [--sets fake_1000 "FEBRL 3" person100k] [--rules tight]

Splink runs with an expert's settings (`benchmarks.peers.splink_expert`). Its blocking rules are the yardsticks'
(`benchmarks.identity.TIGHT`), which this project takes too with `--rules tight`; with `--rules wide` both take the wide
ones. On small sets, whose fields are full of errors, Splink also looks at all pairs that agree on one field. Clusters
at .95 for both: no threshold is picked with the truth in hand.

Splink reads the fields as they are, in lower case, and each run ends in a cluster a record; this project's run
(`benchmarks.identity`) folds the values, and goes on to all identity tables. Each run is a process of its own.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from importlib.metadata import version

import duckdb

from benchmarks.identity import RULES
from benchmarks.labelled_sets import SETS, LabelledSet
from benchmarks.peers.splink_expert import FIELDS, SMALL, expert, train
from benchmarks.table import print_table
from scv_assets.identity.evaluation import quality

CHOSEN = ("fake_1000", "FEBRL 3", "FEBRL 4", "FEBRL 3 with numbers", "FEBRL 4 with numbers", "person100k")
THRESHOLD = 0.95


def main() -> None:
    """Print both side by side, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="*", choices=list(SETS), default=list(CHOSEN))
    parser.add_argument("--rules", choices=["shipped", *RULES], default="shipped")
    parser.add_argument("--one", choices=list(SETS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(splink(options.one, is_wide=options.rules == "wide")))
        return
    rows = []
    for name in options.sets:
        here = _run("benchmarks.identity", name, "--rules", options.rules)
        rows += _rows(name, here, _run("benchmarks.peers_splink", name, "--rules", options.rules))
    print_table(f"Here (left) and Splink {version('splink')} (right), {options.rules} rules here, threshold .95", rows)


def _run(module: str, name: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", module, "--one", name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{module} on {name}: {done.stderr.strip().splitlines()[-1]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _rows(name: str, here: dict[str, float], peer: dict[str, float]) -> list[tuple[str, str, str]]:
    def told(found: dict[str, float]) -> tuple[str, str]:
        return (
            f"{found['pairs']:.3f}/{found['b_cubed']:.3f}",
            f"{found['seconds']:.1f} s / {found.get('cpu', math.nan):.1f} s / {found['memory']:.2f} GB",
        )

    (here_quality, here_cost), (peer_quality, peer_cost) = told(here), told(peer)
    return [
        (f"{name}: pairs F1 / B-cubed F1", here_quality, peer_quality),
        (f"{name}: wall / processor / memory", here_cost, peer_cost),
        (f"{name}: wall time as a ratio", f"1/{peer['seconds'] / here['seconds']:.1f}", "1"),
        (f"{name}: candidate pairs", f"{here['candidates']:,.0f}", f"{peer['candidates']:,.0f}"),
    ]


def splink(name: str, *, is_wide: bool = False) -> dict[str, float]:
    """Return quality and wall time of Splink on a set; `is_wide`: with the wide yardstick's blocking rules."""
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    con = duckdb.connect(config={"threads": 2, "memory_limit": "4GB"})
    labelled = SETS[name][0](con)
    start, worked = time.perf_counter(), time.process_time()
    api, fields = DuckDBAPI(con), _laid(con, labelled)
    settings = expert(fields, is_small=len(labelled.entities) <= SMALL, is_wide=is_wide)
    linker = Linker(api.register("people"), settings, log_level=None)
    train(linker, fields)
    blocked = linker.inference.compute_blocked_pairs_for_predict()
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, THRESHOLD)
    found = con.sql(f"SELECT unique_id AS source_key, cluster_id AS customer_id FROM {clusters.physical_name}")
    rows = con.from_arrow(found.to_arrow_table())
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    told = quality(*labelled.labels(rows))
    return {
        "pairs": told.pairs.f1,
        "b_cubed": told.b_cubed.f1,
        "candidates": con.table(blocked.physical_name).shape[0],
        "seconds": seconds,
        "cpu": cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def _laid(con: duckdb.DuckDBPyConnection, labelled: LabelledSet) -> frozenset[str]:
    """Lay the records down as a table that Splink reads; return the fields that some record has."""
    records, identifiers = labelled.records, labelled.identifiers
    numbers = con.sql("SELECT source_key, value AS account_id FROM identifiers WHERE namespace = 'account_id'")
    numbered = con.sql("SELECT records.*, account_id FROM records LEFT JOIN numbers USING (source_key)")
    texts = ", ".join(f"nullif(trim(lower(CAST({field} AS VARCHAR))), '') AS {field}" for field in FIELDS)
    con.sql(f"CREATE TABLE people AS SELECT source_key AS unique_id, {texts} FROM numbered")
    counts = con.sql(f"SELECT {', '.join(f'count({field})' for field in FIELDS)} FROM people").fetchall()[0]
    con.sql("ALTER TABLE people ADD COLUMN address VARCHAR")
    con.sql("UPDATE people SET address = nullif(concat_ws(' ', house_number, street), '')")
    return frozenset(field for field, count in zip(FIELDS, counts, strict=True) if count)


if __name__ == "__main__":
    main()
