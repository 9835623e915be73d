"""Customer ids from run to run, over any sequence of clusterings."""

from datetime import datetime, timedelta
from unittest import mock

import networkx as nx
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity import customer_ids
from scv_assets.identity.customer_ids import Assignment, PreviousIdentity, assign
from scv_assets.identity.identity_events import events
from tests.in_memory import connected

DAY_1 = datetime(2026, 9, 1)  # noqa: DTZ001
RECORDS = 7
Partition = list[int]
PARTITIONS = st.lists(st.integers(0, 3), min_size=RECORDS, max_size=RECORDS)
_INSTANT = pa.timestamp("us")


def nothing() -> PreviousIdentity:
    text = pa.string()
    crosswalk = {"source": text, "source_key": text, "customer_id": text, "since_at": _INSTANT, "via": text}
    redirects = {"old_customer_id": text, "customer_id": text, "merged_at": _INSTANT}
    return PreviousIdentity(*(pa.schema(columns).empty_table() for columns in (crosswalk, redirects)))


def run(
    con: Connection, groups: Partition, before: PreviousIdentity, day: int, deleted: tuple[int, ...] = ()
) -> Assignment:
    alive = [n for n in range(len(groups)) if n not in deleted]
    clusters = pa.table(
        {
            "source": ["crm"] * len(alive),
            "source_key": [str(n) for n in alive],
            "first_seen_at": pa.array([DAY_1 + timedelta(days=n) for n in alive], _INSTANT),
            "is_deleted": [False] * len(alive),
            "cluster": [groups.index(groups[n]) for n in alive],
            "via": ["exact"] * len(alive),
        }
    )
    settled = pa.table(
        {"source": ["crm"] * len(deleted), "source_key": pa.array([str(n) for n in deleted], pa.string())}
    )
    return assign(con, clusters, settled, before, DAY_1 + timedelta(days=100 + day))


def after(found: Assignment) -> PreviousIdentity:
    return PreviousIdentity(found.crosswalk, found.redirects)


def ids(found: Assignment) -> dict[str, str]:
    return dict(zip(found.crosswalk["source_key"].to_pylist(), found.crosswalk["customer_id"].to_pylist(), strict=True))


def redirects(found: Assignment) -> dict[str, str]:
    return dict(
        zip(found.redirects["old_customer_id"].to_pylist(), found.redirects["customer_id"].to_pylist(), strict=True)
    )


def told(con: Connection, found: Assignment, before: PreviousIdentity, day: int = 1) -> list[str]:
    return sorted(told_events(con, found, before, day)["kind"].to_pylist())


def told_events(con: Connection, found: Assignment, before: PreviousIdentity, day: int = 1) -> pa.Table:
    nobody = pa.table({n: pa.array([], pa.string()) for n in ("left_source", "left_key", "right_source", "right_key")})
    ranked = nobody.append_column("rank", pa.array([], pa.int8())).append_column("cause", pa.array([], pa.string()))
    return events(con, found, before, ranked, nobody, DAY_1 + timedelta(days=100 + day), "run")


@given(st.lists(PARTITIONS, min_size=1, max_size=5))
@settings(deadline=None, max_examples=25)
def test_whatever_happens_ids_stay_whole(days: list[Partition]) -> None:
    """One id a cluster, no id for two, redirects lead to living ids only, unchanged days change nothing."""
    with connected() as con:
        check_days(con, days)


def check_days(con: Connection, days: list[Partition]) -> None:
    state = nothing()
    for day, groups in enumerate(days):
        found = run(con, groups, state, day)
        by_cluster: dict[int, set[str]] = {}
        for key, customer in ids(found).items():
            by_cluster.setdefault(groups[int(key)], set()).add(customer)
        assert all(len(customers) == 1 for customers in by_cluster.values())
        living = set(ids(found).values())
        assert len(living) == len(by_cluster)
        assert set(redirects(found).values()) <= living
        assert not set(redirects(found)) & living
        again = run(con, groups, after(found), day + 50)
        assert again.crosswalk.equals(found.crosswalk)
        assert again.redirects.equals(found.redirects)
        assert told(con, again, after(found)) == []
        state = after(found)


@given(st.lists(PARTITIONS, min_size=2, max_size=3), st.sets(st.integers(0, RECORDS - 1), max_size=2))
@settings(deadline=None, max_examples=15)
def test_a_look_at_untouched_customers_too_would_change_nothing(days: list[Partition], deleted: set[int]) -> None:
    with connected() as con:
        state = nothing()
        for day, groups in enumerate(days):
            gone = tuple(deleted) if day else ()
            found = run(con, groups, state, day, gone)
            with mock.patch.object(customer_ids, "_seen", all_touched):
                thorough = run(con, groups, state, day, gone)
            assert after(found) == after(thorough)
            assert told_events(con, found, state) == told_events(con, thorough, state)
            state = after(found)


SEEN = customer_ids._seen


def all_touched(con: Connection, clusters: pa.Table, previous: PreviousIdentity) -> pa.Table:
    seen = SEEN(con, clusters, previous).drop_columns(["is_touched"])
    return seen.append_column("is_touched", pa.array([True] * len(seen), pa.bool_()))


@given(PARTITIONS, PARTITIONS)
@settings(deadline=None, max_examples=25)
def test_split_undoes_any_merge(groups: Partition, joined: Partition) -> None:
    """Merge some customers by a second partition, then take it back: ids and redirects are what they were."""
    with connected() as con:
        first = run(con, groups, nothing(), 0)
        merged = run(con, components_of(groups, joined), after(first), 1)
        back = run(con, groups, after(merged), 2)
    assert ids(back) == ids(first)
    assert redirects(back) == {}


def components_of(one: Partition, other: Partition) -> Partition:
    graph: nx.Graph[object] = nx.Graph()
    for record in range(RECORDS):
        graph.add_edge(record, ("one", one[record]))
        graph.add_edge(record, ("other", other[record]))
    found = [0] * RECORDS
    for number, part in enumerate(nx.connected_components(graph)):
        for node in part:
            if isinstance(node, int):
                found[node] = number
    return found


def test_a_merge_keeps_the_oldest_id(con: Connection) -> None:
    first = run(con, [0, 1], nothing(), 0)
    merged = run(con, [0, 0], after(first), 1)
    assert set(ids(merged).values()) == {ids(first)["0"]}
    assert redirects(merged) == {ids(first)["1"]: ids(first)["0"]}
    assert told(con, merged, after(first)) == ["merged"]


def test_an_older_customer_keeps_its_id_against_an_older_record(con: Connection) -> None:
    """Record 0 is the oldest, and its customer is younger: it was unknown on the first day."""
    first = run(con, [0, 1, 1], nothing(), 0, deleted=())
    youngest = PreviousIdentity(
        first.crosswalk.filter(pa.compute.not_equal(first.crosswalk["source_key"], "0")), first.redirects
    )
    second = run(con, [0, 1, 1], youngest, 1)
    merged = run(con, [0, 0, 0], after(second), 2)
    assert set(ids(merged).values()) == {ids(first)["1"]}


def test_a_split_keeps_the_id_with_the_founding_record(con: Connection) -> None:
    first = run(con, [0, 0, 0, 0], nothing(), 0)
    split = run(con, [0, 1, 1, 1], after(first), 1)
    assert ids(split)["0"] == ids(first)["0"]
    assert ids(split)["1"] != ids(first)["0"]
    assert told(con, split, after(first)) == ["split"]


def test_a_customer_whose_founding_record_is_gone_goes_with_most_of_its_records(con: Connection) -> None:
    first = run(con, [0, 0, 0, 0], nothing(), 0)
    left = PreviousIdentity(first.crosswalk, first.redirects)
    second = run(con, [9, 1, 2, 2], left, 1, deleted=(0,))
    assert ids(second)["2"] == ids(second)["3"] == ids(second)["0"] == ids(first)["0"]
    assert ids(second)["1"] != ids(first)["0"]


def test_an_id_that_lives_on_elsewhere_is_not_given_again(con: Connection) -> None:
    """Record 0 founds a customer, leaves it to join 2, and later stands alone: its first id is still in use."""
    first = run(con, [0, 0, 1, 2], nothing(), 0)
    without_0 = run(con, [5, 0, 1, 2], after(first), 1, deleted=(0,))
    assert ids(without_0)["1"] == ids(first)["0"]
    forgotten = without_0.crosswalk.filter(pa.compute.not_equal(without_0.crosswalk["source_key"], "0"))
    back = run(con, [5, 0, 1, 2], PreviousIdentity(forgotten, without_0.redirects), 2)
    assert ids(back)["1"] == ids(first)["0"]
    assert ids(back)["0"] not in set(ids(first).values())
    again = run(con, [5, 0, 1, 2], after(back), 3)
    assert ids(again) == ids(back)


def test_a_record_that_moves_to_another_customer_is_detached_and_attached(con: Connection) -> None:
    first = run(con, [0, 0, 1], nothing(), 0)
    moved = run(con, [0, 1, 1], after(first), 1)
    assert ids(moved)["1"] == ids(first)["2"]
    assert told(con, moved, after(first)) == ["attached", "detached"]


def test_an_id_tells_nothing_of_the_record(con: Connection) -> None:
    found = ids(run(con, [0], nothing(), 0))["0"]
    assert len(found) == 25
    assert found[0] == "C"
    assert set(found[1:]) <= set("0123456789abcdef")


def test_events_have_the_same_ids_when_they_are_told_twice(con: Connection) -> None:
    found = run(con, [0, 1], nothing(), 0)
    nobody = pa.table({n: pa.array([], pa.string()) for n in ("left_source", "left_key", "right_source", "right_key")})
    ranked = nobody.append_column("rank", pa.array([], pa.int8())).append_column("cause", pa.array([], pa.string()))
    one, two = (events(con, found, nothing(), ranked, nobody, DAY_1, run_id) for run_id in ("a", "b"))
    assert one["event_id"].to_pylist() == two["event_id"].to_pylist()
