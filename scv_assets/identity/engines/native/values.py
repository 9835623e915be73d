"""Records and their distinct values as plain arrays: what the compiled loop reads.

Every value of every compared feature has a number of its own, those of a feature one after the other.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.identity.arrays import NULL, Flags, Numbers
from scv_assets.identity.columns import Column
from scv_assets.identity.distinct_numbers import distinct
from scv_assets.identity.engines.native.root_pairs import Marks, marks_of
from scv_assets.identity.engines.native.text_letters import MOST_LETTERS, Letters, Units, letters_of
from scv_assets.identity.nicknames import known_names, roots
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Records
from scv_assets.identity.text_bytes import are_all_printable, bytes_of
from scv_assets.identity.value_tests import NEW_YEAR

#: Characters that are one grapheme each, whatever stands beside them, and of blanks the common one alone: Latin, Greek,
#: Cyrillic, Hebrew, Arabic, kana, Chinese and Hangul, without marks that combine.
_PLAIN = (
    r"^[ -~\x{A1}-\x{2FF}\x{370}-\x{482}\x{48A}-\x{52F}\x{5D0}-\x{5EA}\x{620}-\x{64A}"
    r"\x{3041}-\x{3096}\x{30A1}-\x{30FA}\x{4E00}-\x{9FFF}\x{AC00}-\x{D7A3}]*$"
)
_BEYOND_16_BITS = r"[\x{10000}-\x{10FFFF}]"
_WITHOUT_TEXT = frozenset({"equal", "same_root", "years_apart"})
_NO_LETTERS = np.uint64(0)
_RECORDS_AT_ONCE = 1 << 14


class Values(NamedTuple):
    """`numbers[record, feature]`: the value's number, -1 for none. `letters[record, place]`: its letters, of
    features whose texts are looked at; beside the record, because to look for a value far away costs more than most
    answers.

    By number: `units` from `start[number]` to `start[number + 1]` are its UTF-16 code units, the first MOST_LETTERS of
    them, as the loops have no room for more; `year`: the text as a number where years are asked. `root_pairs`: sorted
    `low * size + high`, size being how many values there are, of different values of which one is a form of the other;
    `marks`: theirs.

    `is_strange`: records with a value that is too long, or whose characters libraries count in different ways.
    """

    numbers: npt.NDArray[np.int32]
    letters: Letters
    start: Numbers
    units: Units
    year: npt.NDArray[np.int32]
    root_pairs: Numbers
    marks: Marks
    is_strange: Flags


class _Texts(NamedTuple):
    """One feature's values. As in `Values`, but `letters` and `is_strange` are of values, like `length`."""

    length: Numbers
    units: Units
    letters: Letters
    year: npt.NDArray[np.int32]
    is_strange: Flags


def values_of(plan: Plan, records: Records) -> Values:
    """Return the values of all features that the plan compares."""
    asked = questions_of(plan)
    columns = {name: records.columns[name] for name in asked}
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        texts = list(pool.map(lambda name: _texts(columns[name].texts, asked[name]), asked))
    together = _Texts(*(np.concatenate(part) for part in zip(*texts, strict=True)))
    first = _starts(np.array([len(column.texts) for column in columns.values()]))
    root_pairs = [np.empty(0, np.int64)]
    for place, (name, column) in enumerate(columns.items()):
        if "same_root" in asked[name]:
            low, high = _root_pairs(column.texts)
            root_pairs.append((low + first[place]) * first[-1] + high + first[place])
    lettered = [place for place, name in enumerate(asked) if name in looked_at(plan)]
    numbers, letters, is_strange = _of_records(list(columns.values()), lettered, together)
    every_root_pair = distinct(np.concatenate(root_pairs))
    return Values(
        numbers=numbers,
        letters=letters,
        start=_starts(together.length),
        units=together.units,
        year=together.year,
        root_pairs=every_root_pair,
        marks=marks_of(every_root_pair),
        is_strange=is_strange,
    )


def _of_records(
    columns: list[Column], lettered: list[int], texts: _Texts
) -> tuple[npt.NDArray[np.int32], Letters, Flags]:
    """Return `numbers`, `letters` and `is_strange` of `Values`; `lettered`: the places of columns that have letters.

    Some records at a time, so that their rows stay near while each column is written into them.
    """
    count = len(columns[0].codes)
    first = np.cumsum([0, *(len(column.texts) for column in columns)], dtype=np.int32)
    of_number, strange = np.append(texts.letters, _NO_LETTERS), np.append(texts.is_strange, False)
    numbers = np.empty((count, len(columns)), dtype=np.int32)
    letters = np.empty((count, len(lettered)), dtype=np.uint64)
    is_strange = np.zeros(count, dtype=bool)
    any_strange = [place for place in lettered if texts.is_strange[first[place] : first[place + 1]].any()]

    def fill(start: int) -> None:
        rows = slice(start, start + _RECORDS_AT_ONCE)
        for place, column in enumerate(columns):
            codes = column.codes[rows]
            numbers[rows, place] = np.where(codes >= 0, codes + first[place], NULL)
        letters[rows] = of_number[numbers[rows][:, lettered]]
        is_strange[rows] = strange[numbers[rows][:, any_strange]].any(axis=1)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(fill, range(0, count, _RECORDS_AT_ONCE)))
    return numbers, letters, is_strange


def questions_of(plan: Plan) -> dict[str, set[str]]:
    """Return the compared features, each with the tests that are asked of it."""
    found: dict[str, set[str]] = {feature: set() for comparison in plan.comparisons for feature in comparison.of}
    for test in (t for c in plan.comparisons for level in c.levels for tests in level.alternatives for t in tests):
        is_crossing = test.test.endswith("_with_last_name")
        for feature in (test.feature, "first_name", "last_name") if is_crossing else (test.feature,):
            found.setdefault(feature, set()).add(test.test)
    return found


def looked_at(plan: Plan) -> list[str]:
    """Return the features whose texts the tests look at, in the order of their letters."""
    return [name for name, questions in questions_of(plan).items() if questions - _WITHOUT_TEXT]


def _texts(texts: pa.StringArray, questions: set[str]) -> _Texts:
    zeros = np.zeros(len(texts), dtype=np.int32)
    years = texts.cast(pa.int32()).to_numpy(zero_copy_only=False) if "years_apart" in questions else zeros
    if not questions - _WITHOUT_TEXT:
        return _Texts(
            zeros.astype(np.int64), np.empty(0, np.uint16), zeros.astype(np.uint64), years, zeros.astype(bool)
        )
    length, units, is_plain = _units(texts)
    is_too_long = length > MOST_LETTERS
    if is_too_long.any():
        length, units, _ = _units(pc.utf8_slice_codeunits(texts, 0, MOST_LETTERS))
    is_new_year = pc.ends_with(texts, NEW_YEAR).to_numpy(zero_copy_only=False)
    return _Texts(length, units, letters_of(units, _starts(length), is_new_year), years, ~is_plain | is_too_long)


def _units(texts: pa.StringArray) -> tuple[Numbers, Units, Flags]:
    """Return how many code units each text has, those of all texts, and which texts are plain."""
    if are_all_printable(texts):
        content, offsets = bytes_of(texts)
        return np.diff(offsets).astype(np.int64), content.astype(np.uint16), np.ones(len(texts), dtype=bool)
    short = pc.replace_substring_regex(texts, _BEYOND_16_BITS, "?")
    length = pc.utf8_length(short).to_numpy(zero_copy_only=False).astype(np.int64)
    units = np.frombuffer("".join(short.to_pylist()).encode("utf-16-le"), np.uint16).copy()
    return length, units, pc.match_substring_regex(texts, _PLAIN).to_numpy(zero_copy_only=False)


def _starts(length: Numbers) -> Numbers:
    return np.concatenate([[0], np.cumsum(length)])


def _root_pairs(texts: pa.StringArray) -> tuple[Numbers, Numbers]:
    """Return the places of all pairs of different texts of which one is a form of the other, the lower place first."""
    known = np.flatnonzero(pc.is_in(texts, pa.array(sorted(known_names()))).to_numpy(zero_copy_only=False))
    place = dict(zip(texts.take(pa.array(known)).to_pylist(), known.tolist(), strict=True))
    found = [
        (min(code, place[root]), max(code, place[root]))
        for value, code in place.items()
        for root in roots(value) - {value}
        if root in place
    ]
    low, high = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return low, high
