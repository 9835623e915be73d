"""A whole name in one field, parted into given and family name."""

from dataclasses import dataclass

from nameparser import HumanName

from scv_assets.standardisation.name_words import (
    GENERATIONS,
    LONGEST,
    PARTICLES,
    name_words,
    without_generation,
    without_titles,
)
from scv_assets.standardisation.names import BORN, family_name, given_name
from scv_assets.standardisation.text import clean, words

#: Words with which a family name begins behind a given name, whatever their case.
_OPENS_FAMILY_NAME = PARTICLES - words("in op of y e te") | words(
    "la le les vanden vander van't ben ibn bint el al saint sainte st ste mac"
)
#: Particles that no one bears as a given name: where one stands first, the family name does (Van and Ben are borne).
_NEVER_GIVEN = words("de du des der den d' ter ten 't")
#: Prepositions that open a family name only before an article: In 't Veld, Op de Beeck.
_BEFORE_ARTICLE = words("in op uit aan van von")
_ARTICLES = words("'t het de den der dem la")


@dataclass(frozen=True)
class PersonName:
    """A name in its two parts; either may be None."""

    first_name: str | None
    last_name: str | None


def person_name(value: str | None, *, family_first: bool = False) -> PersonName:
    """Part a name that came in one field into given and family name, both in normal form.

    What shows the order, in this order: a comma (`Dupont, Marie`); a family name in capitals beside a given name that
    is not (`DUPONT Marie`, `Jean de LA FONTAINE`); a particle or an initial at one end (`De Wit Johan`, `Dupont M.`).
    Where nothing does, the given name stands first, or the family name if the caller knows so (`family_first`). One
    word alone is a given name, unless a title stands before it (`M. Dupont`).
    """
    text = clean(value)
    if text is None or len(text) > LONGEST or "@" in text:
        return PersonName(None, None)
    before, comma, after = text.partition(",")
    if comma and _is_a_name(before) and _is_a_name(after):
        return PersonName(given_name(after.replace(",", " ")), family_name(before))
    now, *born = BORN.split(text.replace(",", " "), maxsplit=1)
    all_words = name_words(now)
    named = without_titles(all_words)
    core, suffix = without_generation(named)
    given, family = _parted(core, had_title=len(named) < len(all_words), family_first=family_first)
    names = "-".join(part for part in (" ".join(family), *born) if part)
    last_name = family_name(f"{names} {suffix}" if suffix and names else names)
    return PersonName(given_name(" ".join(given)), last_name)


def has_explicit_order(value: str | None) -> bool:
    """Tell whether a field holds a whole name whose parts can be told apart without guessing (comma, capitals)."""
    text = clean(value)
    if text is None:
        return False
    before, comma, after = text.partition(",")
    if comma and _is_a_name(before) and _is_a_name(after):
        return True
    return _capitals(name_words(text)) is not None


def _is_a_name(text: str) -> bool:
    return any(word.lower().rstrip(".") not in GENERATIONS for word in name_words(text))


def _parted(parts: list[str], *, had_title: bool, family_first: bool) -> tuple[list[str], list[str]]:
    """Return the words of the given and of the family name."""
    if len(parts) < 2:
        return ([], parts) if had_title else (parts, [])
    if had_title and _opens_family_name(parts, 0):
        return [], parts
    if (capitals := _capitals(parts)) is not None:
        start, end = capitals
        return parts[:start] + parts[end:], parts[start:end]
    if (by_ends := _parted_by_ends(parts)) is not None:
        return by_ends
    return _family_then_given(parts) if family_first else _given_then_family(parts)


def _parted_by_ends(parts: list[str]) -> tuple[list[str], list[str]] | None:
    """Part a name whose order a particle in front or an initial at one end shows; None where none does."""
    front = parts[0].lower()
    if front in _NEVER_GIVEN or (front in _BEFORE_ARTICLE and parts[1].lower() in _ARTICLES):
        return _family_then_given(parts)
    if _is_initial(parts[-1]) and not _is_initial(parts[0]):
        return parts[-1:], parts[:-1]
    if _is_initial(parts[0]) and (len(parts) == 2 or _opens_family_name(parts, 1)):
        return parts[:1], parts[1:]
    return None


def _given_then_family(parts: list[str]) -> tuple[list[str], list[str]]:
    if len(parts) == 2:
        return parts[:1], parts[1:]
    opening = next((i for i in range(1, len(parts) - 1) if _opens_family_name(parts, i)), None)
    if opening is not None:
        return parts[:opening], parts[opening:]
    return _parsed(" ".join(parts)) or (parts[:-1], parts[-1:])


def _family_then_given(parts: list[str]) -> tuple[list[str], list[str]]:
    """Take the particles in front and the word behind them for the family name, the rest for the given name."""
    end = next((i for i in range(len(parts)) if not _opens_family_name(parts, i)), len(parts) - 1) + 1
    return parts[end:], parts[:end]


def _opens_family_name(parts: list[str], i: int) -> bool:
    word = parts[i].lower()
    following = parts[i + 1].lower() if i + 1 < len(parts) else ""
    return word in _OPENS_FAMILY_NAME or word.startswith("d'") or (word in _BEFORE_ARTICLE and following in _ARTICLES)


def _is_initial(word: str) -> bool:
    return len(word.rstrip(".")) == 1


def _parsed(text: str) -> tuple[list[str], list[str]] | None:
    """Ask nameparser about three words and more without a particle: compound surnames, conjunctions, nicknames."""
    name = HumanName(text)
    given, family = f"{name.first} {name.middle}".split(), name.last.split()
    return (given, family) if given and family and len(given) + len(family) == len(text.split()) else None


def _capitals(parts: list[str]) -> tuple[int, int] | None:
    """Return where a family name in capitals stands, with its particles; None where capitals say nothing."""
    shouted = [_is_shouted(word) for word in parts]
    spoken = [
        i for i, word in enumerate(parts) if not shouted[i] and len(word) > 1 and not _opens_family_name(parts, i)
    ]
    if not any(shouted) or not spoken:
        return None
    start = shouted.index(True)
    end = len(parts) - shouted[::-1].index(True)
    if not all(shouted[i] or _opens_family_name(parts, i) for i in range(start, end)):
        return None
    while start > 0 and _opens_family_name(parts, start - 1):
        start -= 1
    return (start, end) if start == 0 or end == len(parts) else None


def _is_shouted(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return len(letters) > 1 and word.isupper() and "." not in word
