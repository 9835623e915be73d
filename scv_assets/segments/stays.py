"""From the turns of traits to stays in segments: which combination of classes, so which segment, from when to when."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.codes import Names
from scv_assets.segments.policy import Segmentation, SegmentPolicy
from scv_assets.segments.scales import Scale, scales_of
from scv_assets.segments.timelines import (
    DAY_BITS,
    Facts,
    Numbers,
    arrow_days,
    days_of,
    first_of_each,
    last_at_each,
    merged,
    running,
)
from scv_assets.segments.turns import Turns, Values, at_first_day, places, turns
from scv_assets.sql_quoting import literal
from scv_assets.working_tables import keep

#: Customers whose histories are worked out at once: what bounds the memory.
AT_ONCE = 500_000
#: the combinations of classes that one whole number holds
_MOST_STATES = 1 << 62


class _States(NamedTuple):
    """Sorted moments, each once; the state from then on, by number; and the class of each scale in each state."""

    moments: Numbers
    states: Numbers
    classes: list[Numbers]


def ranks(activity: Relation, policy: SegmentPolicy, first_on: date, as_of_on: date) -> dict[str, Values]:
    """Return the places of everybody among the buyers that the rules look at, by trait: `activity` is of everybody."""
    if as_of_on < first_on:
        raise ValueError(f"the days end ({as_of_on}) before they begin ({first_on})")
    return places(Facts(activity, as_of_on), scales_of(policy), first_on)


def stays(
    con: Connection,
    activity: Relation,
    ranked: Mapping[str, Values],
    policy: SegmentPolicy,
    names: Names,
    *,
    first_on: date,
    as_of_on: date,
) -> Relation:
    """Return `membership.membership` of those of whom `activity` tells, in coded form (`codes`), in no order.

    `ranked`: their places (`ranks`), of them alone.
    """
    scales = scales_of(policy)
    last = activity.aggregate("coalesce(max(customer_id), 0)").fetchall()[0][0]
    found: list[Relation] = []
    for begin in range(0, last + 1, AT_ONCE):
        end = begin + AT_ONCE
        some = Facts(activity.filter(f"customer_id >= {begin} AND customer_id < {end}"), as_of_on)
        theirs = {name: _between(values, begin, end) for name, values in ranked.items()}
        states = _states(
            at_first_day(some.first_seen(), first_on),
            scales,
            [turns(some, scale, first_on, theirs) for scale in scales],
        )
        found += _stays(con, states, scales, policy, names)
    together = found[0]
    for part in found[1:]:
        together = together.union(part)
    return together


def _between(values: Values, begin: int, end: int) -> Values:
    """Return the values of the customers from one number up to another."""
    some = slice(*np.searchsorted(values.moments, (begin << DAY_BITS, end << DAY_BITS)))
    return Values(values.moments[some], values.values[some])


def _states(seen: Numbers, scales: Sequence[Scale], found: Sequence[Turns]) -> _States:
    """Put the turns of all traits together; a customer's history begins when it is first `seen`."""
    packed = _packed(scales)
    words = sorted({word for word, _ in packed}) or ["0"]
    nothing = np.zeros(len(seen), dtype=np.int64)
    steps = [(one.moments, {word: one.steps * radix}) for one, (word, radix) in zip(found, packed, strict=True)]
    moments, columns = merged([(seen, dict.fromkeys(words, nothing)), *steps])
    last = last_at_each(moments)
    first = {
        word: sum(scale.at_first * radix for scale, (own, radix) in zip(scales, packed, strict=True) if own == word)
        for word in words
    }
    values = {word: running(moments, columns[word])[last] + first[word] for word in words}
    states = np.zeros(len(values[words[0]]), dtype=np.int64)
    for word in words:
        codes, distinct = pd.factorize(values[word])
        states = pd.factorize(states * len(distinct) + codes)[0]
    examples = np.unique(states, return_index=True)[1]
    classes = [
        values[word][examples] // radix % scale.size for scale, (word, radix) in zip(scales, packed, strict=True)
    ]
    return _States(moments[last], states, classes)


def _packed(scales: Sequence[Scale]) -> list[tuple[str, int]]:
    """Return where each scale's class stands: in which number (most policies fit into one), times how much."""
    places_: list[tuple[str, int]] = []
    word, radix = 0, 1
    for scale in scales:
        if radix * scale.size > _MOST_STATES:
            word, radix = word + 1, 1
        places_.append((str(word), radix))
        radix *= scale.size
    return places_


def _stays(
    con: Connection, states: _States, scales: Sequence[Scale], policy: SegmentPolicy, names: Names
) -> list[Relation]:
    chosen = _chosen(con, states, scales, policy)
    first = first_of_each(states.moments)
    return [_stays_of(con, states, chosen[one.name], first, one, names) for one in policy.segmentations]


def _chosen(con: Connection, states: _States, scales: Sequence[Scale], policy: SegmentPolicy) -> dict[str, Numbers]:
    """Ask the rules once for each state: the place of the segment in each segmentation."""
    values = {scale.trait.name: _sampled(scale, classes) for scale, classes in zip(scales, states.classes, strict=True)}
    count = int(states.states.max(initial=-1)) + 1
    asked = con.from_arrow(pa.table({"state": np.arange(count), **values}))
    columns = ", ".join(f'{_segment(one)} AS "{one.name}"' for one in policy.segmentations)
    answers = asked.project(f"state, {columns}").order("state").to_arrow_table()
    return {one.name: answers[one.name].to_numpy() for one in policy.segmentations}


def _sampled(scale: Scale, classes: Numbers) -> pa.Array:
    samples = [scale.samples[index] for index in classes.tolist()]
    if scale.trait.is_flag:
        return pa.array([value is not None and value > 0 for value in samples], pa.bool_())
    return pa.array(samples, pa.int64())


def _segment(segmentation: Segmentation) -> str:
    cases = " ".join(f"WHEN {s.condition.sql} THEN {place}" for place, s in enumerate(segmentation.segments))
    return f"(CASE {cases} END)::BIGINT"


def _stays_of(
    con: Connection, states: _States, chosen: Numbers, first: np.ndarray, segmentation: Segmentation, names: Names
) -> Relation:
    """Return the stays of one segmentation: from one turn of its own to the next."""
    segments = chosen[states.states]
    turning = first.copy()
    turning[1:] |= segments[1:] != segments[:-1]
    moments, begins = states.moments[turning], days_of(states.moments[turning])
    ends = np.append(begins[1:], 0)
    is_last = np.append(first[turning][1:], True)[: len(moments)]
    rows = con.from_arrow(
        pa.table(
            {
                "code": (moments >> DAY_BITS).astype(np.int32),
                "segment": segments[turning],
                "valid_from": pa.array(arrow_days(begins), pa.date32()),
                "valid_to": pa.array(arrow_days(ends[: len(moments)]), pa.date32(), mask=is_last),
            }
        )
    )
    listed = ", ".join(literal(segment.name) for segment in segmentation.segments)
    return keep(
        con,
        rows.project(f"""
            code AS customer_id, CAST({literal(segmentation.name)} AS {names.segmentation_type}) AS segmentation,
            CAST([{listed}] AS {names.segment_type}[])[segment + 1] AS segment, valid_from, valid_to
        """),
    )
