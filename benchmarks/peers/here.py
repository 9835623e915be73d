"""The project itself as a peer: `scv match TABLE`, with the policy that it proposes, that ships, or a file's.

here.py TABLE ROLES TRUTH OUT MODE    (mode: proposed, shipped, or a file with the settings in which a tuned policy
differs from the proposed one; roles and truth are not read)
"""

import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
import yaml
from rich.console import Console

from benchmarks.peers.hand_in import hand_in
from scv_assets.commands.match import GENERAL, Request, init_policy, match_file

MODES = {"proposed": None, "shipped": GENERAL}


def main(table: str, _roles: str, _truth: str, out: str, mode: str) -> None:
    """Write a cluster a row, and say what it cost."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        policy = MODES[mode] if mode in MODES else tuned(table, mode, Path(folder))
        match_file(Request(Path(table), policy, Path(folder), None, None, ()), Console(quiet=True))
        clusters = pq.read_table(Path(folder) / "clusters.parquet").sort_by("row")["cluster"].to_pylist()
    hand_in(out, clusters, start)


def tuned(table: str, changes: str, folder: Path) -> Path:
    """Return the proposed policy with a file's changes."""
    file = folder / "matching.yaml"
    init_policy(Request(Path(table), None, file, None, None, ()), Console(quiet=True))
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    for section, changed in yaml.safe_load(Path(changes).read_text(encoding="utf-8")).items():
        settings[section] = settings.get(section, {}) | changed
    file.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return file


if __name__ == "__main__":
    main(*sys.argv[1:])
