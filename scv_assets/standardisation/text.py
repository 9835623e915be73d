"""What every value function does first: one clean line of text, or None where a field says nothing.

Systems write an absent value in many ways: blanks, "null", "N/A", "#N/A", a dash. All of them are None here, so that
no later stage takes the word "null" for a name that two people share.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: A field longer than this holds no single value (a pasted document, an attack); its raw text is kept beside.
LONGEST = 500


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set: how this stage writes its vocabularies."""
    return frozenset(text.split())


#: Nothing, in any case of letters.
_NULL_WORDS = words(
    "none n/a #n/a #na n.d. n.c. undefined unknown inconnu inconnue onbekend aucun aucune néant neant (null) (none) "
    "<null> <na> \\n tbd xxx xxxx"
)
#: Nothing where a system writes them, and names where they begin with a capital: Null and Nan are borne.
_NULL_OR_NAME = frozenset(
    form for word in words("null nil nan na nd nc geen vide empty leeg") for form in (word, word.upper())
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_ALIKE = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "ʼ": "'",
        "′": "'",
        "＇": "'",
        "–": "-",
        "—": "-",
        "‐": "-",
        "‑": "-",
        "−": "-",
    }
)
_SAYS_SOMETHING = re.compile(r"\w")


def clean(value: str | None) -> str | None:
    """Return the text on one line, without invisible characters and outer or double blanks; None where it says nothing.

    Compatibility forms (full-width digits, ligatures) become plain ones (Unicode NFKC), typographic apostrophes and
    hyphens the typewriter's. Text past `LONGEST` characters is None.
    """
    if value is None or not value or len(value) > 4 * LONGEST:
        return None
    text = value if value.isascii() and value.isprintable() else _plain(value)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = " ".join(text.split())
    if not text or len(text) > LONGEST or is_null_word(text) or not _SAYS_SOMETHING.search(text):
        return None
    return text


def _plain(text: str) -> str:
    compatible = unicodedata.normalize("NFKC", text.translate(_ALIKE)).translate(_ALIKE)
    return unicodedata.normalize("NFKC", " ".join(_INVISIBLE.sub("", compatible).split()))


def is_null_word(text: str) -> bool:
    """Tell whether the text is one of the words that systems write for an absent value ("null", "N/A", "inconnu")."""
    return text in _NULL_OR_NAME or text.lower() in _NULL_WORDS or text == "NaN"


_EATEN = re.compile(r"'?(\d+)\.0+")
_SCIENTIFIC = re.compile(r"(\d)[.,](\d+)[eE]\+?(\d{1,2})")


def without_spreadsheet_marks(text: str) -> str:
    """Undo what a spreadsheet does to a number kept as text: `'0475`, `475123456.0`, `3.2475123456E+10`.

    A scientific notation that has lost digits (`3.25E+10`) is left alone.
    """
    if eaten := _EATEN.fullmatch(text):
        return eaten[1]
    if (science := _SCIENTIFIC.fullmatch(text)) and len(science[2]) >= int(science[3]) - 1 and int(science[3]) >= 7:
        places = int(science[3])
        if not science[2][places:].strip("0"):
            return (science[1] + science[2]).ljust(places + 1, "0")[: places + 1]
    return text.removeprefix("'") if text[1:2].isdigit() else text


def settled(step: Callable[[_T], _T], value: _T, nothing: _T) -> _T:
    """Repeat a step until it changes nothing any more; `nothing` where three repetitions do not get there."""
    for _ in range(3):
        again = step(value)
        if again == value:
            return value
        value = again
    return nothing


def settling(
    function: Callable[Concatenate[str | None, _P], str | None],
) -> Callable[Concatenate[str | None, _P], str | None]:
    """Make a value function stable: what it returns, it returns unchanged when it is given it again.

    Real values settle in the first pass; odd ones (a label that hides a label, a lone letter of an odd script) in a
    second, and what never settles is no value.
    """

    def stable(value: str | None, /, *args: _P.args, **kwargs: _P.kwargs) -> str | None:
        once = function(value, *args, **kwargs)
        if once is None or once == value:
            return once
        return settled(lambda text: function(text, *args, **kwargs), once, None)

    return update_wrapper(stable, function)
