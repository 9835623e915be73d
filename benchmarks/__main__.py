"""Every benchmark, one after the other: each prints its table beside its yardsticks.

    python -m benchmarks [--million]

`--million` adds the sets of a million records: most of an hour. Each has a module of its own, with more options.
"""

import argparse
import importlib.util
import subprocess
import sys

from benchmarks.peers import environment as peers

MODULES: tuple[tuple[str, ...], ...] = (
    ("whole_view",),
    ("identity",),
    ("judgements",),
    ("standardisation",),
    ("golden",),
    ("store",),
    ("destinations",),
    ("campaigns", "--customers", "100000"),
    ("segments", "--customers", "100000"),
)
MILLION: tuple[tuple[str, ...], ...] = (
    ("segments",),
    ("large_tables", "--millions", "10"),
    ("identity", "--sets", "person1m", "--rules", "tight"),
    ("identity", "--sets", "person1m", "--rules", "wide"),
    ("judgements", "--set", "person1m"),
    ("whole_view", "--people", "45000"),
    ("campaigns",),
)
LARGE: tuple[tuple[str, ...], ...] = (("large_tables",), ("large_tables", "--rules", "wide"))
SPLINK: tuple[tuple[str, ...], ...] = (("peers_splink",),)
PEERS: tuple[tuple[str, ...], ...] = (("peers",),)


def main() -> int:
    """Run them; 1 where one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--million", action="store_true", help="the sets of a million records too")
    is_million = parser.parse_args().million
    has_splink = importlib.util.find_spec("splink") is not None
    has_peers = peers.FOLDER.exists()
    beside = (*(SPLINK if has_splink else ()), *(PEERS if has_peers else ()))
    large = tuple((*one, "--splink") if has_splink else one for one in LARGE)
    chosen = (*MODULES, *beside, *((*large, *MILLION) if is_million else ()))
    codes = [
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *rest], check=False).returncode
        for name, *rest in chosen
    ]
    if not has_splink:
        sys.stdout.write("Splink is not installed: pip install 'single-customer-view[splink]' puts it beside these.\n")
    if not has_peers:
        sys.stdout.write("The peers are not there: python -m benchmarks.peers.environment puts them beside these.\n")
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
