"""Where DuckDB spills what does not fit in memory: a folder a process, so that two runs never share a file.

A spill may hold personal data: what a killed process left is removed by the next one that opens a folder beside it.
A process holds a lock on its folder for as long as it lives; a folder whose lock is free is a dead one's.
"""

import atexit
import contextlib
import fcntl
import itertools
import os
import secrets
import shutil
from pathlib import Path
from typing import IO

_LOCK = "in_use"
_OWN: dict[tuple[int, str], tuple[Path, IO[str]]] = {}
_NUMBER = itertools.count(1)


def spill_folder(root: Path) -> Path:
    """Return a place under `root` for one more DuckDB instance of this process; DuckDB makes it when it spills."""
    name = (os.getpid(), str(root))
    while name not in _OWN or not _OWN[name][0].is_dir():
        root.mkdir(parents=True, exist_ok=True)
        _remove_dead(root)
        _OWN[name] = _claim(root)
    return _OWN[name][0] / f"{next(_NUMBER)}"


def _claim(root: Path) -> tuple[Path, IO[str]]:
    """Make a locked folder; another process may sweep it before the lock is ours, so the caller looks again."""
    folder = root / secrets.token_hex(8)
    folder.mkdir()
    handle = (folder / _LOCK).open("w")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return folder, handle


def _remove_dead(root: Path) -> None:
    for folder in root.iterdir():
        try:
            with (folder / _LOCK).open("r+") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except (BlockingIOError, FileNotFoundError, NotADirectoryError):
            continue  # in use, being made, or swept by another


def _remove_own() -> None:
    for (pid, _root), (folder, handle) in _OWN.items():
        if pid == os.getpid():
            with contextlib.suppress(OSError):
                handle.close()
            shutil.rmtree(folder, ignore_errors=True)


atexit.register(_remove_own)
