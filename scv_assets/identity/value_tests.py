"""The questions that a level may ask of two values of one feature, and what each means.

A test says yes or no; a measure says how alike two texts are and takes a parameter in matching.yaml. Each is defined
here for two texts that differ (equal codes are settled without looking at the texts), so every engine has the same
oracle; an engine may compute it in another way.
"""

from collections.abc import Callable
from functools import cache

from scv_assets.identity.nicknames import roots

#: `swapped_with_last_name`: each first name is the other record's last name; `crossed_with_last_name`: one of them is.
#: The other tests look at the two texts of their feature alone.
TESTS: tuple[str, ...] = (
    "equal",
    "equal_day",
    "new_year",
    "transposed",
    "one_digit",
    "same_root",
    "initial",
    "shares_word",
    "contains",
    "swapped_with_last_name",
    "crossed_with_last_name",
)
#: Measures: jaro_winkler (at least), edits (Damerau-Levenshtein distance at most), years_apart (at least).
MEASURES: tuple[str, ...] = ("jaro_winkler", "edits", "years_apart")

#: Jaro-Winkler similarity from which a first name counts as the other record's last name.
SWAPPED_FROM = 0.9

#: How 1 January ends; letters from which a word tells something.
NEW_YEAR = "-01-01"
MIN_WORD = 3


def transposed(one: str, other: str) -> bool:
    """Day and month change places: 1980-04-12, 1980-12-04."""
    return one[:4] == other[:4] and one[5:7] == other[8:10] and one[8:10] == other[5:7]


def one_digit(one: str, other: str) -> bool:
    """One digit of a day differs, or two that stand side by side change places."""
    places = [place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    if len(one) != len(other) or not 1 <= len(places) <= 2:
        return False
    if len(places) == 1:
        return True
    first, second = places
    beside = second == first + 1 or (second == first + 2 and one[first + 1] == "-")
    return beside and one[first] == other[second] and one[second] == other[first]


def new_year(one: str, other: str) -> bool:
    """One of the days is 1 January, which forms put in for an unknown day, and the years are the same."""
    return one[:4] == other[:4] and (one.endswith(NEW_YEAR) or other.endswith(NEW_YEAR))


def same_root(one: str, other: str) -> bool:
    """One is a form of the other: Bob and Robert, Jef and Jozef; not Jan and Johan, two forms of a third."""
    return one in roots(other) or other in roots(one)


def initial(one: str, other: str) -> bool:
    """One is the first letter of the other."""
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def shares_word(one: str, other: str) -> bool:
    """A whole word of three letters or more stands in both: Jean-Pierre and Jean, Dupont-Martin and Martin."""
    return any(len(word) >= MIN_WORD for word in set(one.split()) & set(other.split()))


def contains(one: str, other: str) -> bool:
    """One begins or ends with the other, of three letters or more: Alex, Alexander; Dupontmartin, Martin."""
    short, long = sorted((one, other), key=lambda text: (len(text), text))
    return len(short) >= MIN_WORD and (long.startswith(short) or long.endswith(short))


@cache
def pair_tests() -> dict[str, Callable[[str, str], bool]]:
    """Return the tests that look at two different texts, by name."""
    return {
        "transposed": transposed,
        "one_digit": one_digit,
        "new_year": new_year,
        "same_root": same_root,
        "initial": initial,
        "shares_word": shares_word,
        "contains": contains,
    }
