"""Folders that are costly to make: made by the first process of a test run that asks, found by the others."""

import fcntl
from collections.abc import Callable
from pathlib import Path

#: makes a folder (`name`, what fills it), or finds it; whoever changes it copies it first
MadeOnce = Callable[[str, Callable[[Path], None]], Path]


def made_once_in(root: Path) -> MadeOnce:
    """Return what makes folders under a root that all processes of the test run share."""

    def folder(name: str, make: Callable[[Path], None]) -> Path:
        made = root / f"{name}.made"
        with (root / f"{name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not made.exists():
                make(root / name)
                made.touch()
        return root / name

    return folder
