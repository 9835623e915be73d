from hypothesis import given, settings

from scv_assets.segments.activity import activity
from scv_assets.segments.membership import membership
from scv_assets.segments.policy import Segmentation
from scv_assets.segments.states import TraitNeeds, states
from tests.in_memory import connected
from tests.segments import oracle
from tests.segments.company import policy
from tests.segments.histories import AS_OF_ON, CUSTOMERS, FIRST_ON, HISTORIES, RULES, History


def chosen(segmentation: Segmentation) -> str:
    cases = " ".join(f"WHEN {one.condition.sql} THEN '{one.name}'" for one in segmentation.segments)
    return f"CASE {cases} END"


@settings(deadline=None, max_examples=20)
@given(history=HISTORIES)
def test_the_values_of_traits_over_time_and_the_segments_tell_the_same(history: History) -> None:
    con = connected()
    rules = policy(*RULES.values())
    facts = activity(con, history.inputs(con, {person: person for person in CUSTOMERS}), rules, "UTC")
    values = states(con, facts, TraitNeeds(tuple(rules.traits), tuple(rules.numbers)), FIRST_ON, AS_OF_ON)
    days = f"greatest(from_on, DATE '{FIRST_ON}') AS valid_from, to_on AS valid_to"
    told = [
        row
        for one in rules.segmentations
        for row in values.filter(f"to_on IS NULL OR to_on > DATE '{FIRST_ON}'")
        .project(f"customer_id, '{one.name}', {chosen(one)}, {days}")
        .fetchall()
    ]
    stays = membership(con, facts, rules, first_on=FIRST_ON, as_of_on=AS_OF_ON).fetchall()
    assert sorted(oracle.expanded(told, AS_OF_ON)) == sorted(oracle.expanded(stays, AS_OF_ON))
