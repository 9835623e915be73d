"""Identifiers: how many different people hold each value, and which values may therefore link.

In: who holds what (`holdings`) and the records themselves. Out: the counts and blocks of each value, and the pairs of
records that share a value which may link. What the names say of a pair is asked of the engine, through the
same levels as everything else.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from scv_assets.identity import folding
from scv_assets.identity.arrays import NULL, Codes, Flags, Numbers
from scv_assets.identity.blocked_values import blocked
from scv_assets.identity.bulk_folding import folded
from scv_assets.identity.context import SharedValues
from scv_assets.identity.distinct_numbers import combined, distinct
from scv_assets.identity.engines import Levels
from scv_assets.identity.holdings import Holdings
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import CONTACTS, Links, Policy
from scv_assets.identity.records import Pairs, Records, pairs_within
from scv_assets.identity.scoring import holds_any

#: With more different names on one value than this each counts as a person, without comparing them all.
MOST_NAMES_COMPARED = 40

_OF_A_PERSON = ("first_name", "last_name", "birth_on", "generation")

Compare = Callable[[Pairs], Levels]


@dataclass(frozen=True)
class Counts:
    """One entry a value: records that hold it, different people among them, why it is blocked ("": it is not)."""

    holders: Numbers
    people: Numbers
    reasons: npt.NDArray[np.object_]

    @property
    def is_blocked(self) -> Flags:
        """True where the value links nobody."""
        return np.asarray(self.reasons != "")


def count(policy: Policy, plan: Plan, records: Records, held: Holdings, compare: Compare) -> Counts:
    """Return the counts of every value, over records that are not deleted."""
    alive = ~records.is_deleted[held.record]
    size = held.values.num_rows
    holders = np.bincount(held.value[alive], minlength=size).astype(np.int64)
    people = _people(policy, plan, records, held.value[alive], held.record[alive], size, compare)
    return Counts(holders, people, _reasons(policy, held, holders, people))


def _reasons(policy: Policy, held: Holdings, holders: Numbers, people: Numbers) -> npt.NDArray[np.object_]:
    reasons = np.full(len(holders), "", dtype=object)
    spaces = held.namespaces
    records = np.bincount(held.value, minlength=len(holders))
    for code, name in enumerate(spaces.values):
        namespace = policy.namespace(str(name))
        of_space = np.flatnonzero(spaces.codes == code)
        for place in of_space[records[of_space] > namespace.max_records]:
            reasons[place] = f"on {records[place]} records"
        for place in of_space[people[of_space] > namespace.max_people]:
            reasons[place] = f"held by {people[place]} different people"
        texts = held.values["value"].take(of_space).combine_chunks()
        reasons[of_space[blocked(namespace, texts)]] = "placeholder"
    return reasons


def _people(
    policy: Policy, plan: Plan, records: Records, value: Numbers, record: Numbers, size: int, compare: Compare
) -> Numbers:
    """Count the people on each value: a record counts as another one only where what it says of itself disagrees."""
    told = np.sum([records.columns[feature].is_there for feature in _OF_A_PERSON], axis=0)
    known = told[record] > 0
    value, record = value[known], record[known]
    holders = np.bincount(value, minlength=size)
    people = np.minimum(holders, 1).astype(np.int64)
    value, record = (column[holders[value] > 1] for column in (value, record))
    person = combined([(value, size), *_said(records, record)])
    order = np.argsort(person, kind="stable")
    first = order[np.flatnonzero(np.diff(person[order], prepend=-1))]
    value, record, person = value[first], record[first], person[first]
    names = np.bincount(value, minlength=size)
    people[names > MOST_NAMES_COMPARED] = names[names > MOST_NAMES_COMPARED]
    several = np.flatnonzero((names[value] > 1) & (names[value] <= MOST_NAMES_COMPARED))
    several = several[np.lexsort((person[several], -told[record[several]], value[several]))]
    value, record = value[several], record[several]
    one, other = pairs_within(value)
    pairs = Pairs.of(record[one], record[other], records.count)
    disagree = holds_any(plan, compare(pairs), policy.names.disagree)
    low, high = np.minimum(record[one], record[other]), np.maximum(record[one], record[other])
    place = np.searchsorted(pairs.keys(records.count), low * np.int64(records.count) + high)
    differs = disagree[place] if len(place) else np.zeros(0, bool)
    people[value] = 0
    people += _mutually_different(value, one, other, differs, size)
    return people


def _mutually_different(value: Numbers, one: Numbers, other: Numbers, differs: Flags, size: int) -> Numbers:
    """Count, for each value, rows that all differ from each other: the row that differs from most first, and so on.

    A bare initial goes with every name that begins with it and so comes last. `one`, `other`: pairs of rows of the same
    value; `differs`: whether they do.
    """
    people = np.zeros(size, dtype=np.int64)
    against = np.bincount(one[differs], minlength=len(value)) + np.bincount(other[differs], minlength=len(value))
    order = np.lexsort((np.arange(len(value)), -against, value))
    remaining = np.ones(len(value), dtype=bool)
    while remaining.any():
        left = order[remaining[order]]
        chosen = left[np.flatnonzero(np.diff(value[left], prepend=-1))]
        people[value[chosen]] += 1
        is_chosen = np.zeros(len(value), dtype=bool)
        is_chosen[chosen] = True
        remaining[chosen] = False
        remaining[other[~differs & is_chosen[one]]] = False
        remaining[one[~differs & is_chosen[other]]] = False
    return people


def _said(records: Records, record: Numbers) -> Iterator[tuple[Codes, int]]:
    """Yield what each of some records says of the person, feature by feature: its rank among the texts, 0 for none."""
    for feature in _OF_A_PERSON:
        column = records.columns[feature]
        yield np.append(column.ranks, np.int32(NULL))[column.codes[record]] + np.int32(1), len(column.texts) + 1


def links_anonymous(policy: Policy, held: Holdings) -> bool:
    """Return whether any identifier may bring an anonymous record to a customer."""
    return any(policy.namespace(str(name)).links == "anonymous" for name in held.namespaces.values)


def count_customers(policy: Policy, records: Records, held: Holdings, counts: Counts, label: Numbers) -> Counts:
    """Return the counts with the customers of `label` counted as people, for namespaces that bring anonymous records.

    Only records that say who they are count: by a name, a birth date, or an unblocked identifier that may link.
    """
    spaces = held.namespaces
    modes = np.array([policy.namespace(str(name)).links for name in spaces.values], dtype=object)
    mode = modes[spaces.codes]
    is_known = records.is_scored.copy()
    names_somebody = np.isin(mode, ("alone", "with_names")) & ~counts.is_blocked
    is_known[held.record[names_somebody[held.value]]] = True
    rows = (mode == "anonymous")[held.value] & (is_known & ~records.is_deleted)[held.record]
    customers = distinct(held.value[rows] * np.int64(records.count) + label[held.record[rows]]) // records.count
    people = np.maximum(counts.people, np.bincount(customers, minlength=len(counts.people)))
    return Counts(counts.holders, people, _reasons(policy, held, counts.holders, people))


def shared_values(records: Records, held: Holdings, counts: Counts) -> SharedValues:
    """Return which e-mail addresses and phones several different people hold, by feature value."""
    spaces = held.namespaces
    found = {}
    for name in CONTACTS:
        column = records.columns[name]
        code = list(spaces.values).index(name) if name in spaces.values else -2
        which = np.flatnonzero((spaces.codes == code) & (counts.people > 1))
        texts = held.values["value"].take(which).combine_chunks()
        several = texts if name == "email" else folded(folding.phone, texts)
        found[name] = pc.is_in(column.texts, several, skip_nulls=True).to_numpy(zero_copy_only=False)
    return found


@dataclass(frozen=True)
class SharedIdentifiers:
    """Pairs of records that share a value which may link; `namespace` and `pair` say which pair shares what kind."""

    pairs: Pairs
    namespace: Codes
    pair: Numbers
    names: tuple[str, ...]


def shared_identifiers(
    policy: Policy, records: Records, held: Holdings, counts: Counts, modes: Collection[Links]
) -> SharedIdentifiers:
    """Return the pairs that share an identifier that is not blocked, in namespaces that link in one of the ways."""
    spaces = held.namespaces
    names = tuple(str(name) for name in spaces.values)
    may_link = np.array([policy.namespace(name).links in modes for name in names], dtype=bool)
    usable = may_link[spaces.codes] & ~counts.is_blocked if names else np.zeros(0, bool)
    size = np.bincount(held.value, minlength=held.values.num_rows)
    rows = np.flatnonzero(usable[held.value] & (size[held.value] > 1)) if len(usable) else np.empty(0, np.int64)
    one, other = pairs_within(held.value[rows])
    left, right = held.record[rows][one], held.record[rows][other]
    pairs = Pairs.of(left, right, records.count)
    width = np.int64(records.count)
    pair = np.searchsorted(pairs.keys(records.count), np.minimum(left, right) * width + np.maximum(left, right))
    kinds = distinct(pair * np.int64(max(len(names), 1)) + spaces.codes[held.value[rows][one]])
    return SharedIdentifiers(pairs, (kinds % max(len(names), 1)).astype(np.int32), kinds // max(len(names), 1), names)


def exact_links(policy: Policy, shared: SharedIdentifiers, disagrees: Flags, agrees: Flags) -> Flags:
    """Return which of the sharing pairs are linked by their identifiers; what the names say is given a pair."""
    links = np.zeros(len(shared.pairs), dtype=bool)
    for code, name in enumerate(shared.names):
        namespace = policy.namespace(name)
        pair = shared.pair[shared.namespace == code]
        if namespace.links in ("alone", "anonymous"):
            links[pair] = True
        elif namespace.links == "with_names":
            links[pair[agrees[pair] if namespace.needs_names else ~disagrees[pair]]] = True
    return links
