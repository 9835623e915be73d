"""The words of a name: taken apart, titles off, generation apart, and written in their normal form again."""

import re
import unicodedata

from scv_assets.standardisation.casing import recased
from scv_assets.standardisation.text import clean, words

#: Words that a family name begins with, written small where the delivered case says nothing.
PARTICLES = words(
    "van von vom zu zur der den des de del della dello di da do dos das du d' ter ten te het 't 's in op of y e af"
)
GENERATIONS = {
    "jr": "Jr",
    "junior": "Jr",
    "jnr": "Jr",
    "sr": "Sr",
    "senior": "Sr",
    "snr": "Sr",
    "ii": "II",
    "iii": "III",
    "iv": "IV",
}
_SMALL_WORDS = PARTICLES | words("et en and und")
_TITLES = words(
    "m mm mr mrs ms miss mme mmes mlle mlles monsieur messieurs madame mesdames mademoiselle sir lady "
    "dhr mw mevr mej meneer mijnheer mevrouw juffrouw heer hr herr frau fr dr drs docteur dokter doctor "
    "prof professeur professor me maitre maître ir ing"
)
#: Titles that are given or family names as well: they go only with a full stop (an M also before a longer word).
_TITLES_BY_STOP = words("me fr ing heer lady m")
#: Dutch articles that keep their apostrophe at the beginning of a name.
_ELIDED_ARTICLES = ("'t ", "'s ")
_PLAIN = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*")
_PARENTHESISED = re.compile(r"\([^()]*\)|\"[^\"]*\"|\[[^\[\]]*\]")
_ROUND_HYPHEN = re.compile(r"\s*-[\s-]*")
_ROUND_APOSTROPHE = re.compile(r"(?<=\b[dlnoDLNO])\s*'\s*(?=\w)")
_STOP_BEFORE_WORD = re.compile(r"\.(?=[^\W\d_]{2})")
#: Longer than any name that a register holds; the field holds something else.
LONGEST = 120


def name_words(value: str | None) -> list[str]:
    """Return the words of a name: letters with apostrophes, hyphens and full stops; all else parts words."""
    text = clean(value)
    if text is None or len(text) > LONGEST or "@" in text:
        return []
    if not _PLAIN.fullmatch(text):
        text = _PARENTHESISED.sub(" ", text)
        text = "".join(c if c.isalpha() or c in "-'." or unicodedata.category(c)[0] == "M" else " " for c in text)
        text = _ROUND_APOSTROPHE.sub("'", _ROUND_HYPHEN.sub("-", text))
        text = _STOP_BEFORE_WORD.sub(". ", text)
    return [word for part in text.split() if (word := part.strip("-")) and any(c.isalpha() for c in word)]


def without_titles(parts: list[str]) -> list[str]:
    """Drop titles in front and behind, as long as a name is left."""
    kept = list(parts)
    while len(kept) > 1 and _is_title(kept[0], kept[1:]):
        kept = kept[1:]
        if len(kept) > 1 and kept[0].lower() in {"et", "en", "and"} and _is_title(kept[1], kept[2:]):
            kept = kept[1:]
    if len(kept) > 2 and _is_title(kept[-1], kept[:-1]) and kept[-1].lower().rstrip(".") not in _TITLES_BY_STOP:
        kept = kept[:-1]
    if len(kept) > 1 and [w.lower() for w in kept[:2]] == ["de", "heer"]:
        kept = kept[2:] or kept
    return kept


def _is_title(word: str, rest: list[str]) -> bool:
    bare = word.lower().rstrip(".")
    if bare not in _TITLES or not rest:
        return False
    return bare not in _TITLES_BY_STOP or word.endswith(".") or (bare == "m" and len(rest[0]) > 1)


def without_generation(parts: list[str]) -> tuple[list[str], str | None]:
    """Take a generation suffix (`Jr`, `Sr`, `II`) off the end, as long as a name is left before it."""
    if len(parts) < 2:
        return parts, None
    suffix = GENERATIONS.get(parts[-1].lower().rstrip("."))
    return (parts[:-1], suffix) if suffix else (parts, None)


def written(parts: list[str]) -> str | None:
    """Return the words in normal form, or None where there are none."""
    text = " ".join(word if "." in word[:-1] else word.rstrip(".") for word in parts).strip(" -").rstrip("' -")
    if not text.lower().startswith(_ELIDED_ARTICLES):
        text = text.lstrip("' -")
    return recased(text, _SMALL_WORDS) or None
