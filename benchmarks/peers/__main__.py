"""The project and its peers on the same files: pairs F1 / B-cubed F1, wall time and memory, in one run.

    python -m benchmarks.peers.environment            # once: the peers' own environment
    python -m benchmarks.peers [--sets fake_1000 "FEBRL 3"] [--tools proposed splink] [--minutes 10]

Every tool gets the same CSV, without the truth and without a column that numbers the rows. `proposed` is what
`scv match FILE` does, `shipped` the same with the demo company's policy; `tuned` is the proposed policy with what
somebody who knows the answers would change in it (`benchmarks/policies`).
goldenmatch finds its own configuration; Splink and the toolkit are told what the columns are and have settings written
for this benchmark; custmatch is also given 500 true answers.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.environment import interpreter
from benchmarks.peers.files import FILES, LabelledFile, laid
from benchmarks.table import machine
from scv_assets.identity.evaluation import quality

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "benchmarks" / "policies"
SETS = tuple(name for name in FILES if name != "person1m")


@dataclass(frozen=True)
class Tool:
    """A column of the table: a module of this package, how it is to work, and whose environment it runs in."""

    module: str
    mode: str
    is_peer: bool = True

    def on(self, name: str, labelled: LabelledFile, minutes: int) -> str:
        """Return the tool's cell for a set, `-` where it does not apply, or what went wrong."""
        mode = str(POLICIES / f"{name.replace(' ', '_')}.yaml") if self.mode == "tuned" else self.mode
        if self.mode == "tuned" and not Path(mode).exists():
            return "-"
        out = labelled.table.with_name("clusters.csv")
        python = interpreter() if self.is_peer else sys.executable
        inputs = [str(one) for one in (labelled.table, labelled.roles, labelled.truth, out)]
        command = [str(python), "-m", f"benchmarks.peers.{self.module}", *inputs, mode]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=60 * minutes, cwd=labelled.table.parent,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"over {minutes} min"
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
            return f"failed: {reason[:80]}"
        told = json.loads(done.stdout.splitlines()[-1])
        found = quality(out.read_text(encoding="utf-8").split()[1:], labelled.entities())
        cost = f"{told['seconds']:.0f} s, {told['memory']:.1f} GB"
        return f"{found.pairs.f1:.4f}/{found.b_cubed.f1:.4f} ({cost})"


TOOLS: dict[str, Tool] = {
    "proposed": Tool("here", "proposed", is_peer=False),
    "shipped": Tool("here", "shipped", is_peer=False),
    "tuned": Tool("here", "tuned", is_peer=False),
    "splink": Tool("with_splink", "expert"),
    "recordlinkage": Tool("with_recordlinkage", "ecm"),
    "goldenmatch": Tool("with_goldenmatch", "zero-config"),
    "goldenmatch probabilistic": Tool("with_goldenmatch", "probabilistic"),
    "custmatch, 500 labels": Tool("with_custmatch", "500"),
}
_PACKAGES = ("splink", "recordlinkage", "goldenmatch", "custmatch")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", choices=list(FILES), default=list(SETS))
    parser.add_argument("--tools", nargs="*", choices=list(TOOLS), default=list(TOOLS))
    parser.add_argument("--minutes", type=int, default=10, help="for one tool on one set")
    options = parser.parse_args()
    print(f"\n### Here and peers: pairs F1 / B-cubed F1 (wall time, memory)\n\n{machine()}; peers: {_versions()}\n")
    print("| set | " + " | ".join(options.tools) + " |\n| --- |" + " ---: |" * len(options.tools), flush=True)
    for name in options.sets:
        with tempfile.TemporaryDirectory() as folder:
            try:
                labelled = laid(name, Path(folder))
            except FileNotFoundError as error:
                print(f"| {name} | {error} |")
                continue
            cells = [TOOLS[tool].on(name, labelled, options.minutes) for tool in options.tools]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def _versions() -> str:
    code = "import sys, importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
    done = subprocess.run([interpreter(), "-c", code, *_PACKAGES], capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
