"""A cheap bound: which two texts cannot be alike, from how often each letter stands in them.

Most pairs of values have nothing in common, and a text measure costs a third of a microsecond a pair. Two texts share
at most so many letters as the smaller of their counts; from that follows the most that Jaro-Winkler can be and the
least that an edit distance can be. What the bound lets pass is measured, so results are exact.

A value's letters are one number: 32 buckets, a bit for the first and one for the second letter of each, and how many
bytes there are beyond. Bytes are counted for letters: a letter that two texts share is a byte or more that they share.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.identity.arrays import Flags, Numbers

_BUCKETS = 32
_VALUES_AT_ONCE = 1 << 16
_PREFIX, _PREFIX_WEIGHT = 4, 0.1
_ROUNDING = 1e-9
#: Below this code point each character is one grapheme, but for the line feed after a carriage return.
_PLAIN = r"^[^\r\x{300}-\x{10FFFF}]*$"

Small = npt.NDArray[np.int32]


class Letters:
    """What the bound asks of each of some texts, by their place."""

    def __init__(self, texts: pa.StringArray) -> None:
        self._texts = texts
        self._offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, 4 * texts.offset)
        content = texts.buffers()[2]
        self._bytes = np.frombuffer(content, np.uint8) if content is not None else np.empty(0, np.uint8)

    @cached_property
    def _lengths(self) -> Small:
        """Characters of each text."""
        return np.asarray(pc.utf8_length(self._texts).to_numpy(zero_copy_only=False), np.int32)

    @cached_property
    def _is_plain(self) -> Flags:
        """True where every character of the text is one grapheme, so that all libraries count alike."""
        return np.asarray(pc.match_substring_regex(self._texts, _PLAIN).to_numpy(zero_copy_only=False))

    @cached_property
    def _starts(self) -> npt.NDArray[np.uint32]:
        """The first four bytes of each text in one number, the first one lowest; zeros where there are fewer."""
        found = np.zeros(len(self._texts), dtype=np.uint32)
        for place in range(_PREFIX):
            at = self._offsets[:-1] + np.int32(place)
            is_inside = at < self._offsets[1:]
            found[is_inside] |= self._bytes[at[is_inside]].astype(np.uint32) << np.uint32(8 * place)
        return found

    @cached_property
    def _signatures(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
        """The bits of each text's letters, and how many of its bytes have no bit."""
        signatures = np.empty(len(self._texts), dtype=np.uint64)
        for start in range(0, len(signatures), _VALUES_AT_ONCE):
            offsets = self._offsets[start : start + _VALUES_AT_ONCE + 1]
            sizes = np.diff(offsets)
            place = np.repeat(np.arange(len(sizes), dtype=np.int32) * np.int32(_BUCKETS), sizes)
            place += self._bytes[offsets[0] : offsets[-1]] % np.uint8(_BUCKETS)
            counted = np.bincount(place, minlength=len(sizes) * _BUCKETS).reshape(-1, _BUCKETS)
            bits = np.packbits(np.hstack([counted >= 1, counted >= 2]), axis=1)
            signatures[start : start + len(sizes)] = bits.view(np.uint64).ravel()
        beyond = np.diff(self._offsets) - np.bitwise_count(signatures)
        return signatures, np.minimum(beyond, 255).astype(np.uint8)

    def _shared(self, one: Numbers, other: Numbers) -> Small:
        """Return the most letters that the texts at `one` and at `other` can share."""
        signatures, beyond = self._signatures
        found = np.bitwise_count(signatures[one] & signatures[other]).astype(np.int32)
        return np.asarray(found + np.minimum(beyond[one], beyond[other]))

    def may_be_alike(self, measure: str, one: Numbers, other: Numbers, limit: float) -> Flags:
        """Return which pairs of texts may be at least (jaro_winkler) or at most (edits) `limit`."""
        shared = self._shared(one, other)
        length, other_length = self._lengths[one], self._lengths[other]
        if measure == "edits":
            possible = np.maximum(length, other_length) - shared <= limit
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                jaro = (shared / length + shared / other_length + 1) / 3
            differ = self._starts[one] ^ self._starts[other]
            same = sum(((differ & np.uint32((1 << 8 * n) - 1)) == 0).astype(np.int32) for n in range(1, _PREFIX + 1))
            bound = jaro + same * _PREFIX_WEIGHT * np.maximum(1 - jaro, 0)
            possible = (bound + _ROUNDING >= limit) & (shared > 0)
        beyond = self._signatures[1]
        too_long = (beyond[one] == 255) & (beyond[other] == 255)
        return np.asarray(possible | too_long | ~self._is_plain[one] | ~self._is_plain[other])
