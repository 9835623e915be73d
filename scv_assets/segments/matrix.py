"""The transition matrix (*matrice de passage*): where those who began a period in a segment ended it.

Worked from the moves alone: who did not move in a period is the stock of its first day less those who moved.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import TRANSITION_MATRIX, duckdb_schema
from scv_assets.segments.codes import NEW, Names, coded, numbered
from scv_assets.segments.timelines import DAY_BITS, Numbers, arrow_days, number_of
from scv_assets.working_tables import keep

#: A first and a last day.
Period = tuple[date, date]


class _Moves(NamedTuple):
    """Moves by segmentation, customer and day: `story` is the first two in one number, segments go by their place."""

    story: Numbers
    segmentation: Numbers
    day: Numbers
    from_segment: Numbers
    to_segment: Numbers


class _Cells(NamedTuple):
    """Customers by segmentation, period (its first and last day) and segments, by place; a cell may come twice."""

    segmentation: Numbers
    period_start: Numbers
    period_end: Numbers
    from_segment: Numbers
    to_segment: Numbers
    customers: Numbers


def transition_matrix(con: Connection, transitions: Relation, first_on: date, as_of_on: date) -> Relation:
    """Return the matrix of every day, ISO week and month of [first_on, as_of_on], and of the whole time; as published.

    Weeks and months that the range cuts are shortened to it. The whole time is `whole_time`. One row a (segmentation,
    period_start, period_end, from_segment, to_segment) in which there is anyone, sorted; `from_segment` `(new)`: not
    known before the period. The customers of a period add up to the population at its end, the shares of a
    `from_segment` to 1.
    """
    days = [first_on + timedelta(days=n) for n in range((as_of_on - first_on).days + 1)]
    months = _stretches(days, [(day.year, day.month) for day in days])
    weeks = _stretches(days, [day.isocalendar()[:2] for day in days])
    return matrix_of(con, transitions, {*((day, day) for day in days), *weeks, *months, whole_time(first_on, as_of_on)})


def whole_time(first_on: date, last_on: date) -> Period:
    """Return the period that tells where those whom the history began with are at its end: all days but its first.

    Before its first day the history knows nobody: a period with that day in it would have none but `(new)`. A history
    of one day is its own whole.
    """
    return min(first_on + timedelta(days=1), last_on), last_on


def _stretches(days: Sequence[date], names: Sequence[tuple[int, int]]) -> list[Period]:
    """Return the first and the last day of each name."""
    lasts = dict(zip(names, days, strict=True))
    firsts = dict(zip(reversed(names), reversed(days), strict=True))
    return [(firsts[name], lasts[name]) for name in lasts]


def matrix_of(con: Connection, transitions: Relation, periods: Iterable[Period]) -> Relation:
    """Return the matrix of any periods; see `transition_matrix`."""
    names, moves = _moves(con, transitions)
    layers = _layers(periods)
    cells = [_moved(moves, layer, names) for layer in layers]
    cells += [_left(moved) for moved in cells] + [_stock(moves, layer, names) for layer in layers]
    return _published(con, names, _Cells(*(np.concatenate(columns) for columns in zip(*cells, strict=True))))


def _moves(con: Connection, transitions: Relation) -> tuple[Names, _Moves]:
    if str(transitions.types[transitions.columns.index("customer_id")]) == "VARCHAR":
        transitions = coded(con, transitions, keep(con, numbered(con, transitions.project("customer_id"))))
    found = con.sql("""
        SELECT DISTINCT segmentation::VARCHAR, from_segment::VARCHAR, to_segment::VARCHAR FROM transitions
    """).fetchall()
    names = Names.of(
        (row[0] for row in found), (segment for row in found for segment in row[1:] if segment is not None)
    )
    type_ = names.segment_type
    rows = con.sql(f"""
        SELECT customer_id::BIGINT AS customer,
            enum_code(segmentation::{names.segmentation_type})::BIGINT AS segmentation,
            moved_on - DATE '0001-01-01' AS day, coalesce(enum_code(from_segment::{type_}), -1)::BIGINT AS from_segment,
            enum_code(to_segment::{type_})::BIGINT AS to_segment
        FROM transitions
    """).to_arrow_table()
    columns = {name: rows[name].to_numpy() for name in rows.column_names}
    story = columns.pop("customer") * max(len(names.segmentations), 1) + columns["segmentation"]
    order = np.argsort((story << DAY_BITS) + columns["day"])
    return names, _Moves(story[order], *(columns[name][order] for name in _Moves._fields[1:]))


def _layers(periods: Iterable[Period]) -> list[list[Period]]:
    """Part the periods into as few lists as go, in none of which two overlap, each sorted."""
    layers: list[list[Period]] = []
    for period in sorted(periods):
        free = next((layer for layer in layers if layer[-1][1] < period[0]), None)
        if free is None:
            layers.append([period])
        else:
            free.append(period)
    return layers


def _bounds(layer: Sequence[Period]) -> tuple[Numbers, Numbers]:
    starts = np.array([number_of(start) for start, _ in layer])
    return starts, np.array([number_of(end) for _, end in layer])


def _moved(moves: _Moves, layer: Sequence[Period], names: Names) -> _Cells:
    """Count those who moved in a period, by where they were before their first move and after their last."""
    starts, ends = _bounds(layer)
    period = np.searchsorted(starts, moves.day, side="right") - 1
    inside = (period >= 0) & (moves.day <= ends[period])
    some, period = _Moves(*(column[inside] for column in moves)), period[inside]
    first = np.ones(len(period), dtype=bool)
    first[1:] = (some.story[1:] != some.story[:-1]) | (period[1:] != period[:-1])
    last = np.append(first[1:], True)[: len(first)]
    places = len(names.segments) + 1
    cell = (period[first] * len(names.segmentations) + some.segmentation[first]) * places + some.from_segment[first] + 1
    cell, customers = np.unique(cell * places + some.to_segment[last], return_counts=True)
    rest, to_segment = np.divmod(cell, places)
    rest, from_segment = np.divmod(rest, places)
    period, segmentation = np.divmod(rest, max(len(names.segmentations), 1))
    return _Cells(segmentation, starts[period], ends[period], from_segment - 1, to_segment, customers)


def _left(moved: _Cells) -> _Cells:
    """Take those who moved, and were there before, from those who stayed."""
    some = _Cells(*(column[moved.from_segment >= 0] for column in moved))
    return some._replace(to_segment=some.from_segment, customers=-some.customers)


def _stock(moves: _Moves, layer: Sequence[Period], names: Names) -> _Cells:
    """Count who was in each segment at the end of the day before each period: in one segment before and after."""
    starts, ends = _bounds(layer)
    shape = len(layer), len(names.segmentations), len(names.segments)
    period = np.searchsorted(starts, moves.day, side="right")
    change = np.zeros((shape[0] + 1, *shape[1:]), dtype=np.int64)
    np.add.at(change, (period, moves.segmentation, moves.to_segment), 1)
    known = moves.from_segment >= 0
    np.add.at(change, (period[known], moves.segmentation[known], moves.from_segment[known]), -1)
    stock = np.cumsum(change, axis=0)[:-1]
    at, segmentation, segment = np.nonzero(stock)
    return _Cells(segmentation, starts[at], ends[at], segment, segment, stock[at, segmentation, segment])


def _published(con: Connection, names: Names, cells: _Cells) -> Relation:
    segments = pa.array([*names.segments, NEW])
    found = con.from_arrow(
        pa.table(
            {
                "segmentation": pa.array(names.segmentations, pa.string()).take(pa.array(cells.segmentation)),
                "period_start": pa.array(arrow_days(cells.period_start), pa.date32()),
                "period_end": pa.array(arrow_days(cells.period_end), pa.date32()),
                "from_segment": segments.take(pa.array(cells.from_segment % len(segments))),
                "to_segment": segments.take(pa.array(cells.to_segment)),
                "customers": cells.customers,
            }
        )
    )
    columns = ", ".join(
        f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in duckdb_schema(TRANSITION_MATRIX).items()
    )
    return con.sql(
        f"""
        WITH summed AS (
          SELECT segmentation, period_start, period_end, from_segment, to_segment, sum(customers) AS customers
          FROM found GROUP BY ALL HAVING sum(customers) > 0
        )
        SELECT {columns} FROM (
          SELECT *, customers / sum(customers)
                      OVER (PARTITION BY segmentation, period_start, period_end, from_segment) AS share
          FROM summed
        ) ORDER BY segmentation, period_start, period_end, from_segment, to_segment
        """
    )
