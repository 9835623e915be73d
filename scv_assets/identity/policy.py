"""matching.yaml, read strictly: what makes two records one person, as frozen values.

Here: the settings, their types and their defaults. Not here: how YAML is parsed into them (`policy_reading`), how they
are made ready for an engine (`plan`), what they lead to (the modules named for each step).
"""

from dataclasses import dataclass, field
from typing import Literal

Links = Literal["alone", "with_names", "anonymous", "never"]
Verdict = Literal["forbid", "weigh"]

#: Level of a comparison in which one side or both have nothing to compare: no evidence, neither for nor against.
MISSING = "missing"
#: Level of a comparison in which both sides have a value and none of the policy's levels holds.
DIFFERENT = "different"
#: Namespaces of identifiers that are features of a record, too.
CONTACTS: tuple[str, ...] = ("email", "phone")
#: Level that replaces the strongest one where the value is held by several people (`shared_by`).
SHARED = "shared"

#: comparison -> levels: all comparisons of a pair must stand in one of the levels named for them.
LevelPattern = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Namespace:
    """How an identifier may link: by itself, only with names that go together, or never.

    anonymous: it brings a record that nothing else identifies to the one customer who holds the value, and never two
    customers together (a cookie, a device).
    `needs_names`: with_names also asks that both sides tell a name and that they agree; without it silence is no
    disagreement. A value held by more than `max_people` different people or `max_records` records links nobody;
    neither does one that is, or whose text matches, a blocked one. A customer has at most `max_per_customer` values.
    """

    name: str
    links: Links
    needs_names: bool = False
    max_people: int = 1
    max_records: int = 50
    max_per_customer: int | None = None
    blocked_values: tuple[str, ...] = ()
    blocked_patterns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blocking:
    """Which pairs are looked at: those that agree on all features of any one rule.

    A block of more than `max_records` is split by `split_by`, a feature at a time; what stays too big gives no pair
    and is counted.
    """

    rules: tuple[tuple[str, ...], ...]
    max_records: int
    split_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeatureTest:
    """One question on one feature of both records, such as `first_name: {jaro_winkler: 0.9}`."""

    feature: str
    test: str
    parameter: float | None = None


@dataclass(frozen=True)
class Level:
    """A grade of agreement; holds where all tests of any one of `alternatives` do."""

    name: str
    alternatives: tuple[tuple[FeatureTest, ...], ...]


@dataclass(frozen=True)
class Comparison:
    """Several features judged as one witness; levels from the strongest to the weakest.

    `of`: missing unless one of these features is there on both sides. `neutral`: levels that count as no evidence
    (another comparison counts them). `term_frequency`: feature whose rare values say more. `shared_by`: namespace whose
    shared values weigh less.
    """

    name: str
    of: tuple[str, ...]
    levels: tuple[Level, ...]
    neutral: tuple[str, ...] = ()
    term_frequency: str | None = None
    shared_by: str | None = None

    @property
    def level_names(self) -> tuple[str, ...]:
        """Every level by its code: missing, the policy's from strong to weak, shared (where asked for), different."""
        own = [level.name for level in self.levels]
        if self.shared_by is not None:
            own.insert(1, SHARED)
        return (MISSING, *own, DIFFERENT)


@dataclass(frozen=True)
class Lookalikes:
    """A kind of different people who have several comparisons in common: households, namesakes.

    `is_by_chance`: they agree on a value because it is frequent, so a rare one makes them less likely.
    """

    name: str
    share: tuple[str, ...]
    is_by_chance: bool = False


@dataclass(frozen=True)
class Rivals:
    """Share of the bits that count of what a rival says: where it speaks for one person, and where against."""

    agree: float = 1.0
    disagree: float = 0.5


@dataclass(frozen=True)
class NameRules:
    """When two records are told to be different people, or the same, by what they say of the person."""

    disagree: tuple[LevelPattern, ...]
    agree: tuple[LevelPattern, ...]


@dataclass(frozen=True)
class NegativeRule:
    """Evidence against: pairs in this pattern are never one person (forbid), or weigh `bits` less."""

    name: str
    when: LevelPattern
    then: Verdict
    bits: float = 0.0


@dataclass(frozen=True)
class Thresholds:
    """Probability from which a pair is a match, and from which a steward is asked."""

    match: float
    review: float


@dataclass(frozen=True)
class Clustering:
    """Limits of a customer: records in it, and the mean evidence (bits) between two groups that are to be joined."""

    max_records: int = 200
    min_cohesion_bits: float = 0.0
    exact_bits: float = 12.0


@dataclass(frozen=True)
class Training:
    """How the model is estimated: seed and size of the sample of random pairs, rounds of EM, strength of the start."""

    seed: int = 1
    random_pairs: int = 500_000
    rounds: int = 100
    pseudo_pairs: float = 20.0


@dataclass(frozen=True)
class Policy:
    """The whole of matching.yaml."""

    namespaces: dict[str, Namespace]
    blocking: Blocking
    comparisons: tuple[Comparison, ...]
    lookalikes: tuple[Lookalikes, ...]
    names: NameRules
    negative_rules: tuple[NegativeRule, ...]
    thresholds: Thresholds
    rivals: Rivals = field(default_factory=Rivals)
    clustering: Clustering = field(default_factory=Clustering)
    training: Training = field(default_factory=Training)

    def comparison(self, name: str) -> Comparison:
        """Return a comparison by its name."""
        return next(c for c in self.comparisons if c.name == name)

    def namespace(self, name: str) -> Namespace:
        """Return the rules of a namespace; one that the policy does not name never links."""
        return self.namespaces.get(name, Namespace(name, "never"))
