"""Clusters against networkx where nothing constrains them, and the constraints one by one."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity.clustering import (
    EXACT,
    PROBABILISTIC,
    STEWARD,
    Clusters,
    Contradictions,
    Limited,
    Links,
    cluster,
    components,
    inside_pairs,
)
from scv_assets.identity.policy import Clustering
from scv_assets.identity.records import Pairs

Edge = tuple[int, int]
COUNT = 12
EDGES = st.lists(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda e: e[0] != e[1]), max_size=25
)


def pairs(edges: list[Edge]) -> Pairs:
    left, right = np.array([e[0] for e in edges], np.int64), np.array([e[1] for e in edges], np.int64)
    return Pairs.of(left, right, COUNT)


def solve(
    linked: dict[Edge, float],
    evidence: dict[Edge, float] | None = None,
    forbidden: dict[Edge, int] | None = None,
    tier: int = PROBABILISTIC,
    deleted: tuple[int, ...] = (),
    limited: tuple[Limited, ...] = (),
    musts: tuple[Edge, ...] = (),
) -> Clusters:
    known = {**linked, **(evidence or {}), **dict.fromkeys(forbidden or {}, -5.0), **dict.fromkeys(musts, 0.0)}
    links, every = pairs([*linked, *musts]), pairs(list(known))
    tiers = [STEWARD if edge in musts else tier for edge in edges_of(links)]
    return cluster(
        Clustering(max_records=8),
        COUNT,
        Links(links, np.array(tiers, np.int8), np.array([linked.get(e, 99.0) for e in edges_of(links)])),
        Contradictions(
            every,
            np.array([known[e] for e in edges_of(every)]),
            np.array([(forbidden or {}).get(e, 0) for e in edges_of(every)], np.int8),
        ),
        np.isin(np.arange(COUNT), deleted),
        limited,
    )


def edges_of(found: Pairs) -> list[Edge]:
    return list(zip(found.left.tolist(), found.right.tolist(), strict=True))


def label_sets(label: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(label == name).tolist()) for name in np.unique(label)}


def connected(edges: list[Edge]) -> set[frozenset[int]]:
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(COUNT))
    return {frozenset(part) for part in nx.connected_components(graph)}


@given(EDGES)
@settings(deadline=None)
def test_components_are_those_of_networkx(edges: list[Edge]) -> None:
    label = components(COUNT, pairs(edges))
    assert label_sets(label) == connected(edges)
    assert all(label[record] == min(part) for part in connected(edges) for record in part)


@given(EDGES)
@settings(deadline=None)
def test_without_contradiction_clusters_are_the_components(edges: list[Edge]) -> None:
    linked = dict.fromkeys(edges_of(pairs(edges)), 10.0)
    large = [part for part in connected(edges) if len(part) > 8]
    if not large:
        assert label_sets(solve(linked).label) == connected(edges)


@given(EDGES, EDGES, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_no_constraint_is_ever_broken(edges: list[Edge], apart: list[Edge], draw: "object") -> None:
    linked = {edge: float(place % 7) for place, edge in enumerate(edges_of(pairs(edges)))}
    forbidden = dict.fromkeys(edges_of(pairs(apart)), 1)
    linked = {edge: weight for edge, weight in linked.items() if edge not in forbidden}
    found = solve(linked, forbidden=forbidden)
    assert all(found.label[left] != found.label[right] for left, right in forbidden)
    assert max(len(part) for part in label_sets(found.label)) <= 8
    assert all(any(part <= whole for whole in connected(list(linked))) for part in label_sets(found.label))
    assert all(found.label[left] != found.label[right] for left, right in edges_of(found.cuts))


def test_the_strongest_link_wins_where_two_contradict() -> None:
    found = solve({(0, 1): 9.0, (1, 2): 6.0}, forbidden={(0, 2): 1})
    assert found.label[:3].tolist() == [0, 0, 2]
    assert (edges_of(found.cuts), found.reasons) == ([(1, 2)], ("cannot_link",))


def test_a_tie_goes_to_the_lower_record() -> None:
    assert solve({(0, 1): 6.0, (1, 2): 6.0}, forbidden={(0, 2): 1}).label[:3].tolist() == [0, 0, 2]


def test_a_weak_bridge_between_two_that_do_not_look_alike_is_cut() -> None:
    strong = {(0, 1): 20.0, (2, 3): 20.0}
    against = {(0, 2): -15.0, (0, 3): -15.0, (1, 3): -15.0}
    found = solve({**strong, (1, 2): 6.0}, evidence=against)
    assert label_sets(found.label) >= {frozenset({0, 1}), frozenset({2, 3})}
    assert found.reasons == ("cohesion",)


def test_a_bridge_that_nothing_speaks_against_holds() -> None:
    found = solve({(0, 1): 20.0, (2, 3): 20.0, (1, 2): 6.0}, evidence={(0, 2): 0.0, (0, 3): 2.0, (1, 3): -1.0})
    assert frozenset({0, 1, 2, 3}) in label_sets(found.label)


def test_a_must_link_passes_over_a_rule_and_not_over_a_steward() -> None:
    assert solve({}, forbidden={(0, 1): 1}, musts=((0, 1),)).label[1] == 0
    refused = solve({}, forbidden={(0, 2): 2}, musts=((0, 1), (1, 2)))
    assert refused.label[:3].tolist() == [0, 0, 2]
    assert refused.reasons == ("cannot_link",)


def test_a_deleted_record_never_joins_two_living_ones() -> None:
    found = solve({(0, 1): 9.0, (1, 2): 8.0}, deleted=(1,), tier=EXACT)
    assert found.label[:3].tolist() == [0, 0, 2]
    assert found.reasons == ("deleted",)


def test_a_cluster_past_its_limit_of_values_is_cut_at_its_weakest() -> None:
    held = Limited("email", 2, np.array([0, 1, 2]), np.array([10, 11, 12]))
    found = solve({(0, 1): 9.0, (1, 2): 8.0}, evidence={(0, 2): 3.0}, limited=(held,))
    assert found.label[:3].tolist() == [0, 0, 2]
    assert found.reasons == ("limit",)


def test_a_cluster_grows_no_larger_than_allowed() -> None:
    chain = {(n, n + 1): 20.0 - n for n in range(COUNT - 1)}
    assert sorted(len(part) for part in label_sets(solve(chain).label)) == [4, 8]


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=COUNT, max_size=COUNT))
def test_inside_pairs_are_all_pairs_of_clusters(groups: list[int]) -> None:
    label = np.array([groups.index(group) for group in groups], np.int64)
    which = np.arange(COUNT) % 5 != 0
    wanted = {
        (a, b) for a in range(COUNT) for b in range(a + 1, COUNT) if groups[a] == groups[b] and which[a] and which[b]
    }
    assert set(edges_of(inside_pairs(label, which, COUNT))) == wanted
