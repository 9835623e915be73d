"""`emails.email_key` over whole arrays: plain addresses in compiled Arrow kernels, the others one by one."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.standardisation import emails

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = rf"^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:{_LABEL}\.)+[a-z]{{2,24}}$"
_MOST, _MOST_LOCAL, _LEAST = 254, 64, 6
_DOTTED = "@gmail.com"


def email_keys(texts: pa.StringArray) -> pa.StringArray:
    """Return the key of each address; null where there is none."""
    lower = pc.ascii_lower(texts)
    is_plain = pc.fill_null(_is_plain(lower), False).to_numpy(zero_copy_only=False)
    others = [emails.email_key(text) for text in texts.filter(pa.array(~is_plain)).to_pylist()]
    both = pa.concat_arrays([_keys(lower.filter(pa.array(is_plain))), pa.array(others, pa.string())])
    place = np.empty(len(texts), dtype=np.int64)
    place[is_plain] = np.arange(len(texts) - len(others))
    place[~is_plain] = np.arange(len(texts) - len(others), len(texts))
    return both.take(pa.array(place))


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


def _keys(plain: pa.StringArray) -> pa.StringArray:
    base = pc.replace_substring_regex(plain, r"\+[^@]*@", "@")
    local = pc.replace_substring(pc.utf8_slice_codeunits(base, 0, -len(_DOTTED)), ".", "")
    return pc.if_else(pc.ends_with(base, _DOTTED), pc.binary_join_element_wise(local, _DOTTED, ""), base)
