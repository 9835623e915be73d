"""goldenmatch as it comes: no configuration (`zero-config`), or its probabilistic mode configured by itself.

with_goldenmatch.py TABLE ROLES TRUTH OUT MODE    (roles and truth are not read)
"""

import csv
import sys
import time
from pathlib import Path

import goldenmatch
import pyarrow as pa
from goldenmatch.core.autoconfig import auto_configure_probabilistic_df
from pyarrow import csv as arrow_csv

from benchmarks.peers.hand_in import hand_in


def main(table: str, _roles: str, _truth: str, out: str, mode: str) -> None:
    """Write a cluster a row, and say what it cost."""
    with Path(table).open(newline="", encoding="utf-8") as file:
        names = next(csv.reader(file))
    texts = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
    rows = arrow_csv.read_csv(table, convert_options=texts)
    start = time.perf_counter()
    config = auto_configure_probabilistic_df(rows) if mode == "probabilistic" else None
    found = goldenmatch.dedupe_df(rows, config=config)
    cluster_of = {row: number for number, one in found.clusters.items() for row in one["members"]}
    hand_in(out, [cluster_of[row] for row in range(rows.num_rows)], start)


if __name__ == "__main__":
    main(*sys.argv[1:])
