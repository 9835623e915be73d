"""Upper and lower case of names and streets: what a system shouted or whispered is written as people write it.

A word in mixed case is someone's choice ("McDonald", "Van den Broeck", "D'hondt") and stays. Only words that are all
upper-case or all lower-case carry no choice and are recased.
"""

import re

_WORDS = re.compile(r"([ \-/])")
_ROMAN = frozenset({"ii", "iii", "iv"})
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+")
_MAC = re.compile(r"Mc([a-z])([a-z]{2,})")
_VOWELS = frozenset("aeiouyàâäéèêëîïôöùûü")


def recased(text: str, small_words: frozenset[str]) -> str:
    """Return the text with shouted and whispered words in title case, `small_words` in lower case.

    A small word keeps its capital where nothing follows it: the surname "Le" is a name, "le" of "Le Havre" an article.
    """
    parts = _WORDS.split(text)
    last = max((i for i, part in enumerate(parts) if part and i % 2 == 0), default=-1)
    return "".join(
        part if i % 2 or not part else _after(parts[i - 2] if i > 1 else "", part, small_words, is_last=i == last)
        for i, part in enumerate(parts)
    )


def _after(previous: str, word: str, small_words: frozenset[str], *, is_last: bool) -> str:
    """Recase one word; `la` is an article behind `de` (de la Fontaine) and part of the name elsewhere (La Rue)."""
    if word in {"la", "LA"} and previous.lower() == "de" and not is_last:
        return "la"
    return _recased_word(word, small_words, is_last=is_last)


def _recased_word(word: str, small_words: frozenset[str], *, is_last: bool) -> str:
    lower = word.lower()
    if _DOTTED.fullmatch(word):
        return word.upper()
    if "'" in word[1:]:
        return _recased_elision(word, small_words)
    if word[0] == "'":
        return (
            lower
            if lower in small_words
            else word[0] + _recased_word(word[1:], small_words, is_last=True)
            if word[1:]
            else word
        )
    if len(word) > 2 and word[0].islower() and word[1:].isupper():
        return _title(word)
    if not (word.isupper() or word.islower()):
        return word
    if lower in small_words and not is_last:
        return lower
    if lower in _ROMAN or (len(word) == 2 and word.isupper() and not set(lower) & _VOWELS):
        return word.upper()
    return _title(word)


def _recased_elision(word: str, small_words: frozenset[str]) -> str:
    elided, _, rest = word.partition("'")
    if not (word.islower() or word.isupper() or (len(rest) > 1 and rest.isupper())):
        return word
    article = f"{elided.lower()}'"
    head = article if article in small_words else f"{_title(elided)}'"
    return head + (_recased_word(rest, small_words, is_last=True) if rest else "")


def _title(word: str) -> str:
    written = word[:1].upper() + word[1:].lower()
    return _MAC.sub(lambda m: f"Mc{m[1].upper()}{m[2]}", written)
