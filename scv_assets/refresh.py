"""Compute a dataset only where what it is made from has changed.

The one place where a result meets the lake: the assets give the outputs, a fingerprint of the inputs and a function
from a DuckDB connection to relations; the rest (skip, write beside, switch over all at once) is here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import ALL, Lake, Part


@dataclass(frozen=True)
class Refreshed:
    """The current files of the outputs, by dataset, and whether they had to be computed."""

    parts: dict[str, Part]
    is_computed: bool

    def rows(self, dataset: str) -> int:
        """Return the number of rows of one of the outputs."""
        return self.parts[dataset].rows


def refresh(
    lake: Lake, outputs: Sequence[str], made_from: str, compute: Callable[[Connection], Mapping[str, Relation]]
) -> Refreshed:
    """Return the outputs, computed anew only where one of them was not made from exactly this."""
    current = {dataset: lake.part(dataset) for dataset in outputs}
    found = {dataset: part for dataset, part in current.items() if part is not None and part.made_from == made_from}
    if len(found) == len(outputs):
        return Refreshed(found, is_computed=False)
    with lake.connect() as con:
        relations = compute(con)
        staged = {dataset: lake.stage(dataset, relations[dataset], made_from=made_from) for dataset in outputs}
    for dataset, part in staged.items():
        lake.commit(dataset, {ALL: part})
    return Refreshed(staged, is_computed=True)
