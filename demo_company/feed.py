"""A source's way into the inbox: rows are put into the files of their days, a few bad ones among them.

A bad row is a copy of a good one with a key of its own and one thing wrong, so refusing it takes nothing away. What is
wrong with it is written to the truth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Integers, Texts
from demo_company.period import Period
from demo_company.sinks import Sink
from demo_company.truth import Truth

BAD_SHARE = 0.005


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong with a row: the column, what it holds then, and what a reader should object to."""

    column: str
    value: Callable[[object], object]
    reason: str


@dataclass
class Feed:
    """One source's writer. `key` is the column by which rows are told apart, `bad_key` how a bad row's is written.

    `least_rows`: at most one row in so many is spoilt, so that no day is lost as a whole.
    """

    source: str
    sink: Sink
    key: str
    faults: Sequence[Fault]
    least_rows: int
    period: Period
    truth: Truth
    bad_key: str = ""
    rows: int = 0
    bad_rows: int = 0

    def __post_init__(self) -> None:
        self._written: dict[str, int] = {}

    def put(self, rng: np.random.Generator, day: Integers, columns: dict[str, Texts], within: Integers) -> None:
        """Write rows to the files of their days, in the order of `within` inside a day."""
        if len(day) == 0:
            return
        order = np.lexsort((np.arange(len(day)), within, day))
        sorted_day = day[order]
        starts = np.flatnonzero(np.diff(sorted_day, prepend=sorted_day[0] - 1))
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
            chosen = order[start:end]
            self._write_day(rng, self.period.on(int(sorted_day[start])).isoformat(), chosen, columns)

    def _write_day(self, rng: np.random.Generator, day: str, rows: Integers, columns: dict[str, Texts]) -> None:
        spoilt = self._spoilt_places(rng, len(rows))
        places = np.sort(np.concatenate([np.arange(len(rows)), spoilt]), kind="stable")
        is_bad = np.zeros(len(places), dtype=np.bool_)
        is_bad[1:] = places[1:] == places[:-1]
        slices: dict[str, Texts] = {name: values[rows[places]] for name, values in columns.items()}
        notes = self._spoil(rng, slices, np.flatnonzero(is_bad))
        file = self.sink.write(day, slices)
        before = self._written.get(file, 0)
        self._written[file] = before + len(places)
        self.rows += len(places)
        self.bad_rows += len(notes)
        for place, key, fault, value in notes:
            number = before + place + 1 if self.sink.numbers_rows else None
            self.truth.bad_row(self.source, day, file, number, key, fault.column, value, fault.reason)

    def _spoilt_places(self, rng: np.random.Generator, rows: int) -> Integers:
        if rows < self.least_rows or not self.faults:
            return np.empty(0, dtype=np.int64)
        count = min(int(rng.binomial(rows, BAD_SHARE)), rows // self.least_rows)
        if self.bad_rows == 0:
            count = max(count, 1)
        return np.sort(rng.permutation(rows)[:count])

    def _spoil(
        self, rng: np.random.Generator, slices: dict[str, Texts], places: Integers
    ) -> list[tuple[int, str, Fault, object]]:
        notes = []
        for place in places:
            fault = self.faults[int(rng.integers(0, len(self.faults)))]
            key = (self.bad_key or f"X{self.source[:3].upper()}{{:09d}}").format(int(rng.integers(0, 10**9)))
            slices[self.key][place] = key
            value = fault.value(slices[fault.column][place])
            slices[fault.column][place] = value
            notes.append((int(place), key if fault.column != self.key else "", fault, value))
        return notes

    def close(self) -> None:
        """Finish the source's files."""
        self.sink.close()


def becomes(value: object) -> Callable[[object], object]:
    """Return the change of any value into this one."""
    return lambda _: value
