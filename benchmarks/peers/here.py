"""The project itself as a peer: `scv match TABLE`, with the policy that it proposes, that ships, or a file's.

here.py TABLE ROLES TRUTH OUT MODE    (mode: proposed, or a policy's path; roles and truth are not read)
"""

import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console

from benchmarks.peers.hand_in import hand_in
from scv_assets.commands.match import Request, match_file


def main(table: str, _roles: str, _truth: str, out: str, mode: str) -> None:
    """Write a cluster a row, and say what it cost."""
    policy = None if mode == "proposed" else Path(mode)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        match_file(Request(Path(table), policy, Path(folder), None, None, ()), Console(quiet=True))
        clusters = pq.read_table(Path(folder) / "clusters.parquet").sort_by("row")["cluster"].to_pylist()
    hand_in(out, clusters, start)


if __name__ == "__main__":
    main(*sys.argv[1:])
