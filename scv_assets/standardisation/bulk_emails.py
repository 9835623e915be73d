"""`emails.email_key` over whole arrays: plain addresses in compiled Arrow kernels, the others one by one."""

import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.array_parts import Bulk
from scv_assets.standardisation import emails

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = rf"^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:{_LABEL}\.)+[a-z]{{2,24}}$"
_MOST, _MOST_LOCAL, _LEAST = 254, 64, 6
_DOTTED = "@gmail.com"


def email_keys(texts: pa.StringArray) -> pa.StringArray:
    """Return the key of each address; null where there is none."""
    lower = pc.ascii_lower(texts)
    keys = _rewritten(lower, pc.match_substring(lower, "+"), _without_tag)
    keys = _rewritten(keys, pc.ends_with(keys, _DOTTED), _without_dots)
    is_other = pc.invert(pc.fill_null(_is_plain(lower), False))
    others = [emails.email_key(text) for text in texts.filter(is_other).to_pylist()]
    return pc.replace_with_mask(keys, is_other, pa.array(others, pa.string()))


def _is_plain(lower: pa.StringArray) -> pa.BooleanArray:
    """Return which texts are addresses by `emails._PLAIN`, at a provider that takes its local parts as they are."""
    length = pc.binary_length(lower)
    special = "|".join(name.replace(".", r"\.") for name in emails.SPECIAL_USE)
    ignoring = "|".join(name.replace(".", r"\.") for name in emails.IGNORED if f"@{name}" != _DOTTED)
    renamed = "|".join(name.replace(".", r"\.") for name in emails.SAME_PROVIDER)
    judged = rf"(?:[@.][a-z0-9-]{{2}}--)|(?:{special})$|@(?:{ignoring}|{renamed})$|^\+"
    found = pc.and_(pc.match_substring_regex(lower, _PLAIN), pc.invert(pc.match_substring_regex(lower, judged)))
    found = pc.and_(found, pc.less_equal(pc.find_substring(lower, "@"), _MOST_LOCAL))
    return pc.and_(found, pc.and_(pc.less_equal(length, _MOST), pc.greater_equal(length, _LEAST)))


def _rewritten(texts: pa.StringArray, which: pa.BooleanArray, rewrite: Bulk) -> pa.StringArray:
    return pc.replace_with_mask(texts, which, rewrite(texts.filter(which)))


def _without_tag(addresses: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring_regex(addresses, r"\+[^@]*@", "@")


def _without_dots(addresses: pa.StringArray) -> pa.StringArray:
    local = pc.replace_substring(pc.utf8_slice_codeunits(addresses, 0, -len(_DOTTED)), ".", "")
    return pc.binary_join_element_wise(local, _DOTTED, "")
