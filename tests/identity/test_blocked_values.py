"""Blocked values are found at once as Python finds them one by one."""

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity import folding
from scv_assets.identity.blocked_values import blocked
from scv_assets.identity.policy import Namespace
from tests.identity.people import policy

_WORDS = "no ne pas - _ Reply repondre mail test Anonymous 1 @ example .com .fr @mailinator. @yopmail. 0 000000 777777"
PIECES = st.sampled_from([*_WORDS.split(), "+32", "123456789", "\n", "é", "ſ", "{,2}", " ", "aaa"])
TEXTS = st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=6)
PATTERNS = ("^a{,2}$", "(?i:x)", r"(\d)\1", r"\s$", "s+", r"^\+?\d{0,4}0{6,}$", "é", r"\bno\b", "$")


def one_by_one(namespace: Namespace, text: str) -> bool:
    values = {value.casefold() for value in namespace.blocked_values}
    found = (re.search(pattern, text, re.IGNORECASE) for pattern in namespace.blocked_patterns)
    return folding.words(text) is None or text.casefold() in values or any(match is not None for match in found)


@pytest.mark.parametrize("name", ["email", "phone", "odd"])
@given(texts=st.lists(TEXTS, max_size=20))
@settings(deadline=None, max_examples=80)
def test_values_are_blocked_at_once_as_one_by_one(name: str, texts: list[str]) -> None:
    odd = Namespace("odd", "never", blocked_values=("AAA", "test@"), blocked_patterns=PATTERNS[:-1])
    namespace = odd if name == "odd" else policy().namespace(name)
    found = blocked(namespace, pa.array(texts, pa.string()))
    assert found.tolist() == [one_by_one(namespace, text) for text in texts]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_pattern_blocks_as_python_reads_it(pattern: str) -> None:
    texts = ["", "a", "aa", "a{,2}", "x", "X", "11", "b ", "[a", "aab", "S", "+320000000", "é", "no", "know", "no\n"]
    namespace = Namespace("odd", "never", blocked_patterns=(pattern,))
    assert blocked(namespace, pa.array(texts)).tolist() == [one_by_one(namespace, text) for text in texts]
