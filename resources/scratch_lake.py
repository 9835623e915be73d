"""A lake over a lake: reads come from the one beneath until something is written, and writes stay in a scratch folder.

For computing something beside what is published (a policy that is only being tried). The folder lies where DuckDB
spills, and goes with the process, or, after a kill, with the next one (`spill`); nothing beneath is ever changed.
"""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from resources.lake import Lake, Part
from resources.spill import spill_folder


class ScratchLake(Lake):
    """See the module."""

    def __init__(self, beneath: Lake) -> None:
        spill = Path(beneath.root) / ".tmp" if beneath.is_local else Path(tempfile.gettempdir()) / "scv-spill"
        folder = spill_folder(spill)
        super().__init__(folder, memory=beneath.memory, threads=beneath.threads)
        self._own = Lake(folder, memory=beneath.memory, threads=beneath.threads)
        self._beneath = beneath

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open a connection that reads both."""
        con = super().connect()
        if not self._beneath.is_local:
            con.register_filesystem(self._beneath.fs)
        return con

    def parts(self, dataset: str) -> dict[str, Part]:
        """Return what was written here of a dataset, else what lies beneath."""
        return self._own.parts(dataset) or self._beneath.parts(dataset)

    def files(self, dataset: str, partitions: Iterable[str] | None = None) -> list[str]:
        """Return the paths of the current files, wherever they lie."""
        return (self._own if self._own.parts(dataset) else self._beneath).files(dataset, partitions)

    def commit(
        self,
        dataset: str,
        parts: Mapping[str, Part],
        *,
        removed: Iterable[str] = (),
        instead_of: Mapping[str, Part] | None = None,
    ) -> None:
        """Make staged files the current ones here; a dataset that is written here is written whole.

        Nobody else writes here, so that `instead_of` always is what it was.
        """
        self._own.commit(dataset, parts, removed=removed)

    def read_text(self, name: str) -> str | None:
        """Return a text that was written here, else the one beneath."""
        own = self._own.read_text(name)
        return own if own is not None else self._beneath.read_text(name)
