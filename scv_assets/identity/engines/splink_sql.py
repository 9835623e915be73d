"""The tests of `value_tests` as SQL, for the two databases on which Splink runs the plan.

A condition speaks of the two records as Splink does: `first_name_l`, `first_name_r`. What SQL cannot do to a text by
itself stands in a column of its own (`Part`), worked out once a distinct value. A missing value makes a condition
null, which counts as "no".

Databases count Jaro-Winkler in their own way: they round the last digit otherwise, DuckDB takes bytes for letters, and
Spark's counts an odd letter out of place as half a transposition where Winkler's own program drops it (so it says less,
by `slack` at most). `doubt` tells where that could change an answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import FeatureTest, Level
from scv_assets.identity.value_tests import MIN_WORD, NEW_YEAR, SWAPPED_FROM

#: Jaro similarity past which Winkler's bonus for a common beginning is given, and the most that it can be.
BONUS_PAST, MOST_BONUS = 0.7, 0.4
ROUNDING = 1e-9
#: Column that is true where the database counts the letters of all measured values as the reference does.
IS_PLAIN = "is_plain"

_FIRST, _LAST = "first_name", "last_name"


@dataclass(frozen=True)
class Dialect:
    """How a database writes what the two differ in. `plain`: regular expression of texts whose letters it counts."""

    name: str
    jaro: str
    jaro_winkler: str
    edits: str
    list_has: str
    lists_meet: str
    slack: float
    plain: str


DUCKDB = Dialect(
    name="duckdb",
    jaro="jaro_similarity",
    jaro_winkler="jaro_winkler_similarity",
    edits="damerau_levenshtein",
    list_has="list_contains",
    lists_meet="list_has_any",
    slack=0.0,
    plain=r"[\x00-\x7f]*",
)
#: The functions are those of the jar that comes with Splink. An odd letter out of place needs three that match.
SPARK = Dialect(
    name="spark",
    jaro="jaro_sim",
    jaro_winkler="jaro_winkler",
    edits="damerau_levenshtein",
    list_has="array_contains",
    lists_meet="arrays_overlap",
    slack=1 / 18,
    plain="[\x00-\x0c\x0e-\u02ff\u0370-\u0482\u048a-\u058f]*",
)


@dataclass(frozen=True)
class Part:
    """What a test needs of a value beside the value itself: a column of its own."""

    feature: str
    kind: str

    @property
    def column(self) -> str:
        """Name of the column."""
        return f"{self.feature}__{self.kind}"


#: test -> the parts of its feature that it needs
PARTS: dict[str, tuple[str, ...]] = {
    "same_root": ("roots",),
    "shares_word": ("words",),
    "one_digit": ("undashed", "dashes"),
}


def tests_of(plan: Plan) -> Iterator[FeatureTest]:
    """Return every test that any level of the plan asks."""
    for comparison in plan.comparisons:
        for level in comparison.levels:
            for tests in level.alternatives:
                yield from tests


def condition(dialect: Dialect, level: Level) -> str:
    """Return what must hold of a pair for the level."""
    alternatives = [" AND ".join(f"({holds(dialect, test)})" for test in tests) for tests in level.alternatives]
    return " OR ".join(f"({alternative})" for alternative in alternatives)


def holds(dialect: Dialect, test: FeatureTest) -> str:
    """Return where a test says yes."""
    left, right = f"{test.feature}_l", f"{test.feature}_r"
    if test.test in _TESTS:
        return _TESTS[test.test](dialect, left, right)
    limit = test.parameter
    if test.test == "years_apart":
        return f"{left} <> {right} AND abs(CAST({left} AS INT) - CAST({right} AS INT)) >= {limit}"
    if test.test == "edits":
        return f"{left} = {right} OR {dialect.edits}({left}, {right}) <= {limit}"
    return f"{left} = {right} OR {dialect.jaro_winkler}({left}, {right}) >= {limit}"


def doubt(dialect: Dialect, level: Level) -> str | None:
    """Return where the database may say otherwise than the reference whether the level holds; None where it cannot."""
    found = []
    for tests in level.alternatives:
        unsure = [_unsure(dialect, test) for test in tests]
        if any(unsure):
            possible = [
                f"({holds(dialect, test)} OR {near})" if near else f"({holds(dialect, test)})"
                for test, near in zip(tests, unsure, strict=True)
            ]
            found.append(" AND ".join([*possible, f"({' OR '.join(near for near in unsure if near)})"]))
    return " OR ".join(f"({alternative})" for alternative in found) or None


def measured_features(plan: Plan) -> tuple[str, ...]:
    """Return the features whose letters some test counts."""
    measured = {test.feature for test in tests_of(plan) if test.test in ("jaro_winkler", "edits", "one_digit")}
    if any(test.test in _CROSSED for test in tests_of(plan)):
        measured |= {_FIRST, _LAST}
    return tuple(sorted(measured))


def _unsure(dialect: Dialect, test: FeatureTest) -> str | None:
    """Return where the database's answer to a test may not be the reference's."""
    left, right = f"{test.feature}_l", f"{test.feature}_r"
    other_letters = f"NOT ({IS_PLAIN}_l AND {IS_PLAIN}_r)"
    if test.test in _CROSSED:
        near = " OR ".join(_near(dialect, one, other, SWAPPED_FROM) for one, other in _CROSSINGS)
        return f"({other_letters} OR {near})"
    if test.test == "jaro_winkler" and test.parameter is not None:
        return f"({left} <> {right} AND ({other_letters} OR {_near(dialect, left, right, test.parameter)}))"
    return f"({left} <> {right} AND {other_letters})" if test.test in ("edits", "one_digit") else None


def _near(dialect: Dialect, one: str, other: str, limit: float) -> str:
    below = dialect.slack + ROUNDING
    near = f"{dialect.jaro_winkler}({one}, {other}) BETWEEN {limit - below} AND {limit + ROUNDING}"
    most = BONUS_PAST + dialect.slack
    if limit > most + MOST_BONUS * (1 - most) + ROUNDING:
        return near
    bonus = f"{dialect.jaro}({one}, {other}) BETWEEN {BONUS_PAST - below} AND {BONUS_PAST + ROUNDING}"
    return f"{near} OR (substr({one}, 1, 1) = substr({other}, 1, 1) AND {bonus})"


def _equal_day(_: Dialect, left: str, right: str) -> str:
    return f"{left} = {right} AND NOT {_ends_in_new_year(left)}"


def _new_year(_: Dialect, left: str, right: str) -> str:
    either = f"({_ends_in_new_year(left)} OR {_ends_in_new_year(right)})"
    return f"substr({left}, 1, 4) = substr({right}, 1, 4) AND {either}"


def _ends_in_new_year(column: str) -> str:
    return f"(substr({column}, length({column}) - {len(NEW_YEAR) - 1}) = '{NEW_YEAR}')"


def _transposed(_: Dialect, left: str, right: str) -> str:
    places = [(1, 4, 1, 4), (6, 2, 9, 2), (9, 2, 6, 2)]
    same = [f"substr({left}, {a}, {b}) = substr({right}, {c}, {d})" for a, b, c, d in places]
    return f"{left} = {right} OR ({' AND '.join(same)})"


def _one_digit(dialect: Dialect, left: str, right: str) -> str:
    """Texts of one length and one edit apart: another letter, or neighbours (but for a dash) that change places."""
    plain, dashes = _parts(left, right, "undashed"), _parts(left, right, "dashes")
    beside = f"{dialect.edits}({left}, {right}) <= 1"
    across = f"{dashes[0]} = {dashes[1]} AND {dialect.edits}({plain[0]}, {plain[1]}) <= 1"
    return f"length({left}) = length({right}) AND ({beside} OR ({across}))"


def _same_root(dialect: Dialect, left: str, right: str) -> str:
    roots, other_roots = _parts(left, right, "roots")
    among = f"{dialect.list_has}({other_roots}, {left}) OR {dialect.list_has}({roots}, {right})"
    return f"{left} = {right} OR {among}"


def _shares_word(dialect: Dialect, left: str, right: str) -> str:
    words, other_words = _parts(left, right, "words")
    return f"{left} = {right} OR {dialect.lists_meet}({words}, {other_words})"


def _initial(_: Dialect, left: str, right: str) -> str:
    begins = f"substr({left}, 1, 1) = substr({right}, 1, 1)"
    return f"{left} = {right} OR ({begins} AND (length({left}) = 1 OR length({right}) = 1))"


def _contains(_: Dialect, left: str, right: str) -> str:
    stands_in = [
        f"substr({long}, 1, length({short})) = {short} OR "
        f"substr({long}, length({long}) - length({short}) + 1) = {short}"
        for long, short in ((left, right), (right, left))
    ]
    enough = f"length({left}) >= {MIN_WORD} AND length({right}) >= {MIN_WORD}"
    return f"{left} = {right} OR ({enough} AND ({' OR '.join(stands_in)}))"


def _swapped(dialect: Dialect, left: str, right: str) -> str:
    return " AND ".join(_crossing(dialect, one, other) for one, other in _CROSSINGS)


def _crossed(dialect: Dialect, left: str, right: str) -> str:
    either = " OR ".join(_crossing(dialect, one, other) for one, other in _CROSSINGS)
    return f"{left} IS NOT NULL AND {right} IS NOT NULL AND ({either})"


def _crossing(dialect: Dialect, one: str, other: str) -> str:
    begins = f"substr({one}, 1, 1) = substr({other}, 1, 1)"
    return f"({begins} AND {dialect.jaro_winkler}({one}, {other}) >= {SWAPPED_FROM})"


def _parts(left: str, right: str, kind: str) -> tuple[str, str]:
    return f"{Part(left[:-2], kind).column}_l", f"{Part(right[:-2], kind).column}_r"


_CROSSINGS = ((f"{_FIRST}_l", f"{_LAST}_r"), (f"{_FIRST}_r", f"{_LAST}_l"))
_CROSSED = ("swapped_with_last_name", "crossed_with_last_name")
_TESTS: dict[str, Callable[[Dialect, str, str], str]] = {
    "equal": lambda _, left, right: f"{left} = {right}",
    "equal_day": _equal_day,
    "new_year": _new_year,
    "transposed": _transposed,
    "one_digit": _one_digit,
    "same_root": _same_root,
    "initial": _initial,
    "shares_word": _shares_word,
    "contains": _contains,
    "swapped_with_last_name": _swapped,
    "crossed_with_last_name": _crossed,
}
