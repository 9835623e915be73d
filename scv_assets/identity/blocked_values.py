"""Which identifier values say nothing: a blank, a placeholder, what the policy's lists block."""

import re
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.array_parts import in_parts
from scv_assets.identity.arrays import Flags
from scv_assets.identity.folding import NOTHING, words
from scv_assets.identity.policy import Namespace
from scv_assets.identity.text_bytes import are_all_printable

#: Patterns that Python and Arrow's regular expressions read alike (on ASCII text of one line).
_COMMON = re.compile(r"(?:[A-Za-z0-9@_ ./+*?^$|)\-]|\((?!\?)|\[(?!\[)|\]|\\[d.+\-@/]|\{\d+(?:,\d*)?\})*")

_SIMPLE = "^[ -~]*$"
_BLANK = "[^0-9a-z]"
_NOTHING = f"^{_BLANK}*(?:{'|'.join(word.replace(' ', f'{_BLANK}+') for word in sorted(NOTHING))}){_BLANK}*$"


def blocked(namespace: Namespace, texts: pa.StringArray) -> Flags:
    """Return which values of the namespace say nothing, or are blocked by the policy's lists."""
    return np.asarray(in_parts(partial(_blocked, namespace), texts).to_numpy(zero_copy_only=False))


def _blocked(namespace: Namespace, texts: pa.StringArray) -> pa.BooleanArray:
    found = _matched(namespace, texts)
    if not are_all_printable(texts):
        values = {value.casefold() for value in namespace.blocked_values}
        searches = [re.compile(pattern, re.IGNORECASE).search for pattern in namespace.blocked_patterns]
        for place in np.flatnonzero(~pc.match_substring_regex(texts, _SIMPLE).to_numpy(zero_copy_only=False)):
            text = texts[int(place)].as_py()
            says_nothing = words(text) is None or text.casefold() in values
            found[place] = says_nothing or any(search(text) is not None for search in searches)
    return pa.array(found)


def _matched(namespace: Namespace, texts: pa.StringArray) -> Flags:
    """Return which texts are blocked, in any case of letters; right where all of a text is printable ASCII."""
    values = [f"^{re.escape(value)}$" for value in namespace.blocked_values if value.isascii() and value.isprintable()]
    common = [pattern for pattern in namespace.blocked_patterns if _COMMON.fullmatch(pattern) is not None]
    try:
        found = _match_any([_NOTHING, *values, *common], texts)
    except pa.ArrowInvalid:
        found, common = _match_any([_NOTHING, *values], texts), []
    for pattern in namespace.blocked_patterns:
        if pattern not in common:
            search = re.compile(pattern, re.IGNORECASE).search
            found |= np.fromiter((search(text) is not None for text in texts.to_pylist()), bool, len(texts))
    return found


def _match_any(patterns: list[str], texts: pa.StringArray) -> Flags:
    any_of_them = "|".join(f"(?:{pattern})" for pattern in patterns)
    flags = pc.match_substring_regex(texts, any_of_them, ignore_case=True)
    return np.array(flags.to_numpy(zero_copy_only=False))
