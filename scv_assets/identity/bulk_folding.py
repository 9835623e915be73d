"""The functions of `folding` over whole arrays of texts, in compiled Arrow kernels.

A record base has hundreds of thousands of distinct streets and mailboxes, and a Python call each takes most of a run.
Texts of ASCII characters, nearly all of them, go through kernels; the rest goes to the function itself, one by one.
Both give the same (tests/identity/test_bulk_folding.py), so `folding` stays the place that says what a form is.
"""

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scv_assets.identity import folding
from scv_assets.standardisation.bulk_emails import email_keys
from scv_assets.standardisation.emails import email_key

Fold = Callable[[str], str | None]
Bulk = Callable[[pa.StringArray], pa.StringArray]

_NUMBER = r"\b[0-9]+\b"
_NUMBER_BEFORE = r"^(?P<number>[0-9]+ ?(?:bis|ter|quater|[a-z])?) (?P<street>.*)$"
_NUMBER_BEHIND = r" (?P<number>[0-9]+ ?(?:bis|ter|[a-z])?)$"
_ONE_DIGIT_REPEATED = "^(" + "|".join(f"{digit}+" for digit in range(10)) + ")$"
_PARTICLES = dict.fromkeys(sorted(folding.PARTICLES), "")
_OF_CITY = {word: folding.word_of_city(word) for word in ("cedex", "st", "ste")}


class Plain:
    """Texts of ASCII characters, and what several forms of them begin with, each made once."""

    def __init__(self, texts: pa.StringArray) -> None:
        self.texts = texts

    @cached_property
    def words(self) -> pa.StringArray:
        """`folding.words` of each."""
        plain = pc.ascii_trim(_replaced(pc.ascii_lower(self.texts), "[^0-9a-z]*[^0-9a-z ][^0-9a-z]*|  +", " "), " ")
        nothing = pa.array(sorted(folding.NOTHING))
        return pc.if_else(pc.is_in(plain, nothing), pa.scalar(None, pa.string()), plain)

    @cached_property
    def name_words(self) -> pa.StringArray:
        """`folding.name_words` of each."""
        without_numbers = _replaced(self.words, _NUMBER, "")
        plain = pc.ascii_trim(_replaced(without_numbers, "  +", " "), " ")
        generations = "|".join(folding.GENERATIONS)
        return none_if_empty(_replaced(_replaced(plain, f"( ({generations}))+$", ""), "([aou])e", r"\1"))

    @cached_property
    def number_and_street(self) -> tuple[pa.StringArray, pa.StringArray]:
        """The number that stands before a street, null where there is none, and the words without it."""
        parts = pc.extract_regex(self.words, _NUMBER_BEFORE)
        return pc.struct_field(parts, "number"), pc.coalesce(pc.struct_field(parts, "street"), self.words)


def folded(fold: Fold, texts: pa.StringArray) -> pa.StringArray:
    """Return `fold` of each text; None and an empty text become null."""
    return all_folded({fold.__name__: fold}, texts).field(0)


def all_folded(folds: Mapping[str, Fold], texts: pa.StringArray) -> pa.StructArray:
    """Return each fold of each text, under its name, as `folded` does; what several begin with is done once."""
    is_ascii = pc.string_is_ascii(texts)
    strange = texts.filter(pc.invert(is_ascii)).to_pylist()
    plain = Plain(texts.filter(is_ascii) if strange else texts)
    place = pa.array(np.argsort(np.argsort(~is_ascii.to_numpy(zero_copy_only=False), kind="stable")))

    def form(fold: Fold) -> pa.StringArray:
        found = _BULK[fold](plain)
        if strange:
            found = pa.concat_arrays([found, pa.array([fold(text) for text in strange], pa.string())]).take(place)
        return none_if_empty(found)

    return pa.StructArray.from_arrays([form(fold) for fold in folds.values()], names=list(folds))


def none_if_empty(texts: pa.StringArray) -> pa.StringArray:
    """Return the texts with null for empty ones."""
    return pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)


def _name(plain: Plain) -> pa.StringArray:
    return _joined(plain.name_words)


def _surname_core(plain: Plain) -> pa.StringArray:
    core = _by_word(plain.name_words, _PARTICLES)
    return pc.coalesce(none_if_empty(core), _joined(plain.name_words))


def _generation(plain: Plain) -> pa.StringArray:
    last = pc.struct_field(pc.extract_regex(plain.words, " (?P<last>[0-9a-z]+)$"), "last").dictionary_encode()
    forms = pa.array([folding.GENERATIONS.get(word) for word in last.dictionary.to_pylist()], pa.string())
    return forms.take(last.indices)


def _street(plain: Plain) -> pa.StringArray:
    _, street = plain.number_and_street
    return _by_word(_replaced(street, _NUMBER_BEHIND, ""), folding.STREET_WORDS)


def _number_in_street(plain: Plain) -> pa.StringArray:
    before, street = plain.number_and_street
    behind = pc.struct_field(pc.extract_regex(street, _NUMBER_BEHIND), "number")
    return pc.ascii_ltrim(_joined(pc.coalesce(before, behind)), "0")


def _code(plain: Plain) -> pa.StringArray:
    return pc.ascii_ltrim(_joined(plain.words), "0")


def _city(plain: Plain) -> pa.StringArray:
    return _by_word(_replaced(plain.words, _NUMBER, ""), _OF_CITY)


def _phone(plain: Plain) -> pa.StringArray:
    digits = _replaced(plain.texts, "[^0-9]+", "")
    national = pc.ascii_ltrim(pc.utf8_slice_codeunits(digits, -folding.NATIONAL_DIGITS), "0")
    says_something = pc.and_not(
        pc.greater_equal(pc.binary_length(national), folding.MIN_PHONE_DIGITS),
        pc.match_substring_regex(national, _ONE_DIGIT_REPEATED),
    )
    return pc.if_else(says_something, national, pa.scalar(None, pa.string()))


def _email_local(plain: Plain) -> pa.StringArray:
    parts = pc.split_pattern(plain.texts, "@", max_splits=1, reverse=True)
    plain = _replaced(pc.list_element(parts, 0), "[^0-9A-Za-z]+", "")
    says_something = pc.and_(pc.equal(pc.list_value_length(parts), 2), pc.greater(pc.binary_length(plain), 2))
    return pc.if_else(says_something, plain, pa.scalar(None, pa.string()))


def _by_word(texts: pa.StringArray, forms: Mapping[str, str]) -> pa.StringArray:
    """Return the texts' words, those that have a form in it, as one word."""
    distinct = texts.dictionary_encode()
    split = pc.split_pattern(distinct.dictionary, " ")
    known = pc.index_in(split.values, pa.array(list(forms)))
    words = pc.coalesce(pa.array(list(forms.values())).take(known), split.values)
    return pc.binary_join(pa.ListArray.from_arrays(split.offsets, words), "").take(distinct.indices)


def _joined(texts: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring(texts, " ", "")


def _replaced(texts: pa.StringArray, pattern: str, by: str) -> pa.StringArray:
    """Return the texts with `by` for what matches; to look whether anything does costs a third of replacing it."""
    is_found = pc.match_substring_regex(texts, pattern)
    if 2 * is_found.true_count > len(texts):
        return pc.replace_substring_regex(texts, pattern, by)
    replaced = pc.replace_substring_regex(texts.filter(is_found), pattern, by)
    return pc.replace_with_mask(texts, pc.fill_null(is_found, False), replaced)


_BULK: dict[Fold, Callable[[Plain], pa.StringArray]] = {
    folding.words: lambda plain: plain.words,
    folding.name_words: lambda plain: plain.name_words,
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
    email_key: lambda plain: email_keys(plain.texts),
}
