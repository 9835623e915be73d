"""Tests and measures of many distinct pairs of values at once.

What is written here is what each test needs at the least, looked up in whole arrays; of the pairs that have it
`value_tests` is asked, so it stays the one place that says what a test means. Text measures are rapidfuzz's, which are
jellyfish's to the last bit where every character is one grapheme; other pairs (and none in Western languages) are
measured with jellyfish itself, as the reference engine does.
"""

from collections.abc import Callable

import jellyfish
import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler
from rapidfuzz.process import cpdist

from scv_assets.identity.engines.native.feature_texts import FeatureTexts, texts_at
from scv_assets.identity.letters import Letters
from scv_assets.identity.records import Flags, Numbers
from scv_assets.identity.value_tests import pair_tests

Measured = npt.NDArray[np.float64]

_ROUNDING = 1e-6
_FIRST, _THREE_FIRST, _THREE_LAST = np.uint32(0x000000FF), np.uint32(0x00FFFFFF), np.uint32(0xFFFFFF00)


def answers(test: str, texts: FeatureTexts, low: Numbers, high: Numbers) -> Flags:
    """Return the test of each pair of different texts."""
    if test == "same_root":
        return _are_among(low * np.int64(texts.count) + high, texts.same_roots)
    found = np.zeros(len(low), dtype=bool)
    which = np.flatnonzero(_NEEDED[test](texts, low, high))
    ask = pair_tests()[test]
    found[which] = np.fromiter(map(ask, texts.at(low[which]), texts.at(high[which])), bool, len(which))
    return found


def measures(test: str, texts: FeatureTexts, low: Numbers, high: Numbers, limit: float) -> Measured:
    """Return how alike the texts of each pair are; what is past the limit is 0 (jaro_winkler) or infinite (edits)."""
    if test == "years_apart":
        return np.asarray(np.abs(texts.years[low] - texts.years[high]), np.float64)
    return text_measures(test, texts.letters, low, high, limit)


def text_measures(test: str, letters: Letters, low: Numbers, high: Numbers, limit: float) -> Measured:
    """Return what `measures` does, for texts that are no feature of their own."""
    found = np.full(len(low), np.inf if test == "edits" else 0.0)
    possible = np.flatnonzero(letters.may_be_alike(test, low, high, limit))
    is_plain = letters.is_plain[low[possible]] & letters.is_plain[high[possible]]
    plain, other = possible[is_plain], possible[~is_plain]
    found[plain] = _measured(test, *_texts(letters, low[plain], high[plain]), limit)
    one_by_one = jellyfish.damerau_levenshtein_distance if test == "edits" else jellyfish.jaro_winkler_similarity
    strange = map(one_by_one, *_texts(letters, low[other], high[other]))
    found[other] = np.fromiter(strange, np.float64, len(other))
    return found


def _texts(letters: Letters, low: Numbers, high: Numbers) -> tuple[list[str], list[str]]:
    return texts_at(letters.texts, low), texts_at(letters.texts, high)


def _measured(test: str, one: list[str], other: list[str], limit: float) -> Measured:
    if test == "edits":
        most = int(limit)
        counted = cpdist(one, other, scorer=DamerauLevenshtein.distance, score_cutoff=most, dtype=np.int32)
        return np.where(counted > most, np.inf, counted)
    return np.asarray(
        cpdist(
            one,
            other,
            scorer=JaroWinkler.similarity,
            score_cutoff=max(limit - _ROUNDING, 0.0),
            dtype=np.float64,
        )
    )


def _are_among(keys: Numbers, wanted: Numbers) -> Flags:
    if not len(wanted):
        return np.zeros(len(keys), dtype=bool)
    place = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    return np.asarray(wanted[place] == keys)


def _same_year(texts: FeatureTexts, low: Numbers, high: Numbers) -> Flags:
    return np.asarray(texts.letters.starts[low] == texts.letters.starts[high])


def _one_is_new_year(texts: FeatureTexts, low: Numbers, high: Numbers) -> Flags:
    return np.asarray((texts.is_new_year[low] | texts.is_new_year[high]) & _same_year(texts, low, high))


def _one_is_a_letter(texts: FeatureTexts, low: Numbers, high: Numbers) -> Flags:
    is_letter, starts = texts.is_single_letter, texts.letters.starts
    begin_alike = ((starts[low] ^ starts[high]) & _FIRST) == 0
    return np.asarray((is_letter[low] | is_letter[high]) & begin_alike)


def _have_a_word(texts: FeatureTexts, low: Numbers, high: Numbers) -> Flags:
    several, bits = texts.words
    return np.asarray((several[low] | several[high]) & ((bits[low] & bits[high]) != 0))


def _begin_or_end_alike(texts: FeatureTexts, low: Numbers, high: Numbers) -> Flags:
    starts = texts.letters.starts[low] ^ texts.letters.starts[high]
    ends = texts.letters.ends[low] ^ texts.letters.ends[high]
    return np.asarray(((starts & _THREE_FIRST) == 0) | ((ends & _THREE_LAST) == 0))


def _differ_little(texts: FeatureTexts, low: Numbers, high: Numbers) -> Flags:
    """At most two places differ, of texts of one length."""
    if texts.matrix is None:
        return np.ones(len(low), dtype=bool)
    differing = (texts.matrix[low] != texts.matrix[high]).sum(axis=1)
    lengths = texts.letters.lengths
    return np.asarray((differing <= 2) & (lengths[low] == lengths[high]))


_NEEDED: dict[str, Callable[[FeatureTexts, Numbers, Numbers], Flags]] = {
    "transposed": _same_year,
    "one_digit": _differ_little,
    "new_year": _one_is_new_year,
    "initial": _one_is_a_letter,
    "shares_word": _have_a_word,
    "contains": _begin_or_end_alike,
}
