"""What holds of survivorship for all inputs: against an independent oracle, and against itself."""

import random
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import GOLDEN_FIELDS
from scv_assets.golden.policy import SurvivorshipPolicy, Unit
from scv_assets.golden.survivorship import survive
from tests.golden.oracle import verdicts
from tests.golden.tables import ADDRESS, TRUST, crosswalk, day, overrides, records, rows_of, trust
from tests.in_memory import connected

Rows = list[dict[str, Any]]
Key = tuple[str, str]

CUSTOMERS = ("C1", "C2", "C3")
MACHINE = ("most_trusted_source", "most_recent", "most_frequent", "most_complete")
LOOKED_AT = ("first_name", "language", *ADDRESS)
#: Fields on which these properties say nothing take no part (their values are always missing).
IDLE = tuple(Unit(name, (name,), ("most_recent",)) for name in GOLDEN_FIELDS if name not in LOOKED_AT)

values = st.sampled_from([None, "a", "b", "bb"])
record = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["crm", "erp", "pos", "web", "unheard"]),
        "updated_at": st.sampled_from([None, day(1), day(2)]),
        "is_deleted": st.sampled_from([False, False, False, True]),
        **dict.fromkeys(LOOKED_AT, values),
    }
)
rules = st.permutations(MACHINE).flatmap(lambda order: st.integers(1, 4).map(lambda n: tuple(order[:n])))
held_by = st.lists(st.tuples(record, st.sampled_from(CUSTOMERS)), min_size=1, max_size=14)


@st.composite
def policies(draw: st.DrawFn) -> SurvivorshipPolicy:
    units = (
        Unit("first_name", ("first_name",), draw(rules), not_from=draw(st.sampled_from([(), ("web",)]))),
        Unit("language", ("language",), draw(rules)),
        Unit("address", ADDRESS, draw(rules)),
    )
    return SurvivorshipPolicy((*units, *IDLE))


def run(
    rows: Rows, owners: Mapping[Key, str], by: SurvivorshipPolicy
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with connected() as con:
        held = records(con, rows)
        survivors = survive(
            con,
            records=held,
            crosswalk=crosswalk(con, held, owners),
            trust=trust(con),
            overrides=overrides(con),
            policy=by,
        )
        return rows_of(survivors.fields), rows_of(survivors.provenance)


def keyed(drawn: list[tuple[dict[str, Any], str]]) -> tuple[Rows, dict[Key, str]]:
    rows = [{**row, "source_key": str(number)} for number, (row, _) in enumerate(drawn)]
    return rows, {(row["source"], row["source_key"]): owner for row, (_, owner) in zip(rows, drawn, strict=True)}


@settings(max_examples=25, deadline=None)
@given(held_by, policies())
def test_the_oracle_agrees_on_every_field(drawn: list[tuple[dict[str, Any], str]], by: SurvivorshipPolicy) -> None:
    rows, owners = keyed(drawn)
    frame = pd.DataFrame(rows, columns=["source", "source_key", "updated_at", "is_deleted", *GOLDEN_FIELDS])
    frame["updated_at"] = pd.to_datetime(frame["updated_at"])
    frame["customer_id"] = [owners[row["source"], row["source_key"]] for row in rows]
    frame["trust"] = frame.source.map(TRUST)
    expected = verdicts(frame, by)
    fields, provenance = run(rows, owners, by)
    found = {(row["customer_id"], row["field"]): row for row in provenance}
    assert found.keys() == expected.keys()
    for key, verdict in expected.items():
        row = found[key]
        told = (row["value"], row["source"], row["source_key"], row["rule"])
        assert told == (verdict.value, verdict.source, verdict.source_key, verdict.rule)
        assert tuple(loser["value"] for loser in row["candidates"]) == verdict.losers
    assert {row["customer_id"] for row in fields} == set(frame.customer_id[~frame.is_deleted.astype(bool)])


@settings(max_examples=10, deadline=None)
@given(held_by, policies())
def test_a_profile_says_what_its_provenance_says_and_what_a_record_of_the_customer_says(
    drawn: list[tuple[dict[str, Any], str]], by: SurvivorshipPolicy
) -> None:
    rows, owners = keyed(drawn)
    fields, provenance = run(rows, owners, by)
    told = {(row["customer_id"], row["field"]): row for row in provenance}
    known = {(row["source"], row["source_key"]): row for row in rows}
    for profile in fields:
        for name in LOOKED_AT:
            row = told.get((profile["customer_id"], name))
            assert profile[name] == (row["value"] if row else None)
            if row:
                key = (row["source"], row["source_key"])
                assert owners[key] == profile["customer_id"]
                assert known[key][name] == row["value"]
    of_address = {
        (row["customer_id"], row["source"], row["source_key"]) for row in provenance if row["field"] in ADDRESS
    }
    assert len(of_address) == len({customer for customer, _, _ in of_address})


@settings(max_examples=8, deadline=None)
@given(held_by, policies(), st.randoms(use_true_random=False))
def test_shuffling_the_records_changes_nothing(
    drawn: list[tuple[dict[str, Any], str]], by: SurvivorshipPolicy, chance: random.Random
) -> None:
    rows, owners = keyed(drawn)
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    assert run(rows, owners, by) == run(shuffled, owners, by)


@settings(max_examples=8, deadline=None)
@given(held_by, policies())
def test_splitting_what_was_merged_gives_the_same_profiles(
    drawn: list[tuple[dict[str, Any], str]], by: SurvivorshipPolicy
) -> None:
    rows, owners = keyed(drawn)
    merged = dict.fromkeys(owners, "C1")
    before = run(rows, owners, by)
    together = run(rows, merged, by)
    assert [row["customer_id"] for row in together[0]] == ["C1"]
    assert run(rows, owners, by) == before


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_customer_is_decided_by_its_own_records_alone(count: int) -> None:
    rows = [{"source": "crm", "source_key": str(n), "updated_at": day(n), "language": f"l{n}"} for n in range(6)]
    owners = {("crm", str(n)): f"C{n % count}" for n in range(6)}
    by = SurvivorshipPolicy((Unit("language", ("language",), ("most_recent",)), *_idle_but("language")))
    fields, _ = run(rows, owners, by)
    assert {row["customer_id"]: row["language"] for row in fields} == {
        f"C{c}": f"l{max(n for n in range(6) if n % count == c)}" for c in range(count)
    }


def _idle_but(field: str) -> tuple[Unit, ...]:
    return tuple(Unit(name, (name,), ("most_recent",)) for name in GOLDEN_FIELDS if name != field)
