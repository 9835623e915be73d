"""The functions of `folding` over whole arrays of texts, in compiled Arrow kernels.

A record base has hundreds of thousands of distinct streets and mailboxes, and a Python call each takes most of a run.
Texts of ASCII characters, nearly all of them, go through kernels; the rest goes to the function itself, one by one.
Both give the same (tests/identity/test_bulk_folding.py), so `folding` stays the place that says what a form is.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.identity import folding
from scv_assets.standardisation.bulk_emails import email_keys
from scv_assets.standardisation.emails import email_key

Fold = Callable[[str], str | None]
Bulk = Callable[[pa.StringArray], pa.StringArray]

_NUMBER_BEFORE = r"^(?P<number>[0-9]+ ?(?:bis|ter|quater|[a-z])?) "
_NUMBER_BEHIND = r" (?P<number>[0-9]+ ?(?:bis|ter|[a-z])?)$"
_ONE_DIGIT_REPEATED = "^(" + "|".join(f"{digit}+" for digit in range(10)) + ")$"


def folded(fold: Fold, texts: pa.StringArray) -> pa.StringArray:
    """Return `fold` of each text; None and an empty text become null."""
    bulk = _BULK.get(fold)
    if bulk is None:
        return pa.array([fold(text) or None for text in texts.to_pylist()], pa.string())
    is_ascii = pc.string_is_ascii(texts)
    strange = texts.filter(pc.invert(is_ascii))
    if not len(strange):
        return none_if_empty(bulk(texts))
    both = pa.concat_arrays(
        [bulk(texts.filter(is_ascii)), pa.array([fold(text) for text in strange.to_pylist()], pa.string())]
    )
    place = np.empty(len(texts), dtype=np.int64)
    flags = is_ascii.to_numpy(zero_copy_only=False)
    place[flags] = np.arange(len(texts) - len(strange))
    place[~flags] = np.arange(len(texts) - len(strange), len(texts))
    return none_if_empty(both.take(pa.array(place)))


def none_if_empty(texts: pa.StringArray) -> pa.StringArray:
    """Return the texts with null for empty ones."""
    return pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)


def _words(texts: pa.StringArray) -> pa.StringArray:
    plain = pc.ascii_trim(_replaced(pc.ascii_lower(texts), "[^0-9a-z]+", " "), " ")
    nothing = pa.array(sorted(folding.NOTHING))
    return pc.if_else(pc.is_in(plain, nothing), pa.scalar(None, pa.string()), plain)


def _name_words(texts: pa.StringArray) -> pa.StringArray:
    without_numbers = _replaced(_words(texts), r"\b[0-9]+\b", "")
    plain = pc.ascii_trim(_replaced(without_numbers, " +", " "), " ")
    generations = "|".join(folding.GENERATIONS)
    return none_if_empty(_replaced(_replaced(plain, f"( ({generations}))+$", ""), "([aou])e", r"\1"))


def _name(texts: pa.StringArray) -> pa.StringArray:
    return _joined(_name_words(texts))


def _surname_core(texts: pa.StringArray) -> pa.StringArray:
    plain = _name_words(texts)
    core = _by_word(plain, lambda word: "" if word in folding.PARTICLES else word)
    return pc.coalesce(none_if_empty(core), _joined(plain))


def _generation(texts: pa.StringArray) -> pa.StringArray:
    last = pc.struct_field(pc.extract_regex(_words(texts), " (?P<last>[0-9a-z]+)$"), "last").dictionary_encode()
    forms = pa.array([folding.GENERATIONS.get(word) for word in last.dictionary.to_pylist()], pa.string())
    return forms.take(last.indices)


def _street(texts: pa.StringArray) -> pa.StringArray:
    plain = _replaced(_replaced(_words(texts), _NUMBER_BEFORE, "", 1), _NUMBER_BEHIND, "", 1)
    return _by_word(plain, lambda word: folding.STREET_WORDS.get(word, word))


def _number_in_street(texts: pa.StringArray) -> pa.StringArray:
    plain = _words(texts)
    before, behind = (pc.struct_field(pc.extract_regex(plain, p), "number") for p in (_NUMBER_BEFORE, _NUMBER_BEHIND))
    return pc.ascii_ltrim(_joined(pc.coalesce(before, behind)), "0")


def _code(texts: pa.StringArray) -> pa.StringArray:
    return pc.ascii_ltrim(_joined(_words(texts)), "0")


def _city(texts: pa.StringArray) -> pa.StringArray:
    return _by_word(_words(texts), folding.word_of_city)


def _phone(texts: pa.StringArray) -> pa.StringArray:
    digits = _replaced(texts, "[^0-9]+", "")
    national = pc.ascii_ltrim(pc.utf8_slice_codeunits(digits, -folding.NATIONAL_DIGITS), "0")
    says_something = pc.and_not(
        pc.greater_equal(pc.binary_length(national), folding.MIN_PHONE_DIGITS),
        pc.match_substring_regex(national, _ONE_DIGIT_REPEATED),
    )
    return pc.if_else(says_something, national, pa.scalar(None, pa.string()))


def _email_local(texts: pa.StringArray) -> pa.StringArray:
    parts = pc.split_pattern(texts, "@", max_splits=1, reverse=True)
    plain = _replaced(pc.list_element(parts, 0), "[^0-9A-Za-z]+", "")
    says_something = pc.and_(pc.equal(pc.list_value_length(parts), 2), pc.greater(pc.binary_length(plain), 2))
    return pc.if_else(says_something, plain, pa.scalar(None, pa.string()))


def _by_word(texts: pa.StringArray, form: Callable[[str], str]) -> pa.StringArray:
    """Return the texts' words, each in its form, as one word."""
    split = pc.split_pattern(texts, " ")
    words = split.values.dictionary_encode()
    forms = pa.array([form(word) for word in words.dictionary.to_pylist()], pa.string())
    written = pa.ListArray.from_arrays(split.offsets, forms.take(words.indices))
    joined = pc.binary_join(written, "")
    return pc.if_else(pc.is_null(texts), pa.scalar(None, pa.string()), joined)


def _joined(texts: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring(texts, " ", "")


def _replaced(texts: pa.StringArray, pattern: str, by: str, most: int | None = None) -> pa.StringArray:
    return pc.replace_substring_regex(texts, pattern, by, max_replacements=most)


_BULK: dict[Fold, Bulk] = {
    folding.words: _words,
    folding.name_words: _name_words,
    folding.name: _name,
    folding.surname_core: _surname_core,
    folding.generation: _generation,
    folding.street: _street,
    folding.number_in_street: _number_in_street,
    folding.house_number: _code,
    folding.postcode: _code,
    folding.city: _city,
    folding.phone: _phone,
    folding.email_local: _email_local,
    email_key: email_keys,
}
