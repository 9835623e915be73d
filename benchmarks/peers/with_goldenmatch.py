"""goldenmatch as it comes: no configuration (`zero-config`), or its probabilistic mode configured by itself.

with_goldenmatch.py TABLE ROLES TRUTH OUT MODE    (roles and truth are not read)
"""

import csv
import json
import os
import resource
import sys
import time

import goldenmatch
import pyarrow as pa
from goldenmatch.core.autoconfig import auto_configure_probabilistic_df
from pyarrow import csv as arrow_csv


def main(table: str, _roles: str, _truth: str, out: str, mode: str) -> None:
    """Write a cluster a row, and print what it cost."""
    with open(table, newline="", encoding="utf-8") as file:
        names = next(csv.reader(file))
    texts = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
    rows = arrow_csv.read_csv(table, convert_options=texts)
    start = time.perf_counter()
    config = auto_configure_probabilistic_df(rows) if mode == "probabilistic" else None
    found = goldenmatch.dedupe_df(rows, config=config)
    cluster_of = {row: number for number, one in found.clusters.items() for row in one["members"]}
    seconds = time.perf_counter() - start
    with open(out, "w", encoding="utf-8") as file:
        file.write("cluster\n" + "".join(f"{cluster_of[row]}\n" for row in range(rows.num_rows)))
    used, cpu = resource.getrusage(resource.RUSAGE_SELF), sum(os.times()[:2])
    told = {"seconds": seconds, "cpu": cpu, "memory": used.ru_maxrss / 1e6}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
