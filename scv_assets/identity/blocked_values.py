"""Which identifier values say nothing: a blank, a placeholder, what the policy's lists block."""

import re
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.array_parts import in_parts
from scv_assets.identity.bulk_folding import are_nothing
from scv_assets.identity.policy import Namespace
from scv_assets.identity.records import Flags

#: Patterns that Python and Arrow's regular expressions read alike (on ASCII text of one line).
_COMMON = re.compile(r"(?:[A-Za-z0-9@_ ./+*?^$|)\-]|\((?!\?)|\[(?!\[)|\]|\\[d.+\-@/]|\{\d+(?:,\d*)?\})*")


def blocked(namespace: Namespace, texts: pa.StringArray) -> Flags:
    """Return which values of the namespace say nothing, or are blocked by the policy's lists."""
    return np.asarray(in_parts(partial(_blocked, namespace), texts).to_numpy(zero_copy_only=False))


def _blocked(namespace: Namespace, texts: pa.StringArray) -> pa.BooleanArray:
    found = np.array(are_nothing(texts).to_numpy(zero_copy_only=False))
    values = {value.casefold() for value in namespace.blocked_values}
    is_simple = pc.match_substring_regex(texts, r"^[ -~]*$").to_numpy(zero_copy_only=False)
    simple = texts.filter(pa.array(is_simple))
    within = pc.is_in(pc.ascii_lower(simple), pa.array(sorted(values), pa.string())).to_numpy(zero_copy_only=False)
    found[is_simple] |= within | _matched(namespace.blocked_patterns, simple)
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in namespace.blocked_patterns]
    for place in np.flatnonzero(~is_simple):
        text = texts[int(place)].as_py()
        found[place] |= text.casefold() in values or any(pattern.search(text) is not None for pattern in patterns)
    return pa.array(found)


def _matched(patterns: tuple[str, ...], texts: pa.StringArray) -> Flags:
    """Return which texts, printable ASCII all, hold any of the patterns in any case of letters."""
    found = np.zeros(len(texts), dtype=bool)
    rest = list(patterns)
    if common := [pattern for pattern in patterns if _COMMON.fullmatch(pattern) is not None]:
        any_of_them = "|".join(f"(?:{pattern})" for pattern in common)
        try:
            flags = pc.match_substring_regex(texts, any_of_them, ignore_case=True)
            found |= flags.to_numpy(zero_copy_only=False)
            rest = [pattern for pattern in patterns if pattern not in common]
        except pa.ArrowInvalid:
            pass
    for pattern in rest:
        search = re.compile(pattern, re.IGNORECASE).search
        found |= np.fromiter((search(text) is not None for text in texts.to_pylist()), bool, len(texts))
    return found
