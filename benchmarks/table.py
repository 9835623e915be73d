"""The table that every benchmark prints: what, measured, yardstick; Markdown, so that two commits can be compared."""

import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import version

PACKAGES = ("dagster", "duckdb", "pandas", "pandera", "recordlinkage", "sqlalchemy")


def machine() -> str:
    """Return the machine, the interpreter, the packages and the commit that figures belong to."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{platform.machine()}, Python {platform.python_version()}, {packages}; commit {commit.stdout.strip() or '?'}"
    )


def print_table(title: str, rows: Iterable[tuple[str, str, str]]) -> None:
    """Print (what, measured, yardstick) rows."""
    print(f"\n### {title}\n\n{machine()}\n")
    print("| what | measured | yardstick |\n| --- | ---: | ---: |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
