"""Records as the table that Splink reads: features, parts of them that tests need, and keys of blocks.

One row a record, `unique_id` its number. A column is built once a distinct value and spread over the records.
"""

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from scv_assets.identity.arrays import Flags
from scv_assets.identity.blocking import BlockKeys
from scv_assets.identity.columns import Column
from scv_assets.identity.context import SharedValues
from scv_assets.identity.engines.splink_sql import IS_PLAIN, PARTS, Dialect, Part, measured_features, tests_of
from scv_assets.identity.nicknames import roots
from scv_assets.identity.plan import Plan
from scv_assets.identity.policy import Comparison
from scv_assets.identity.records import Records
from scv_assets.identity.value_tests import MIN_WORD

UNIQUE_ID = "unique_id"

_SINGLE_DASH = re.compile(r"(?<!-)-(?!-)")
_NO_DASH = re.compile(r"[^-]")


def block_column(place: int) -> str:
    """Return the column of a blocking rule's keys."""
    return f"block_{place}"


def shared_column(comparison: Comparison) -> str:
    """Return the column that is true where several people hold the record's value."""
    return f"{comparison.shared_by}__is_shared"


def records_table(
    dialect: Dialect, plan: Plan, records: Records, blocks: tuple[BlockKeys, ...], shared: SharedValues | None = None
) -> pa.Table:
    """Return the table; with `shared`, it also says whose values several people hold."""
    columns: dict[str, pa.Array] = {UNIQUE_ID: pa.array(np.arange(records.count, dtype=np.int64))}
    for feature in _features(plan):
        columns[feature] = _spread(records.columns[feature], pa.array(records.columns[feature].values, pa.string()))
    for part in _parts(plan):
        columns[part.column] = _spread(records.columns[part.feature], _PARTS[part.kind](records.columns[part.feature]))
    columns[IS_PLAIN] = pa.array(_are_plain(dialect, plan, records))
    for place, block in enumerate(blocks):
        columns[block_column(place)] = pa.array(block.keys, mask=block.keys < 0)
    for comparison in plan.comparisons if shared is not None else ():
        if comparison.shared_by is not None:
            columns[shared_column(comparison)] = _are_shared(records, comparison, shared or {})
    return pa.table(columns)


def _features(plan: Plan) -> tuple[str, ...]:
    compared = {feature for comparison in plan.comparisons for feature in comparison.of}
    counted = {c.term_frequency for c in plan.comparisons if c.term_frequency is not None}
    return tuple(sorted(compared | counted | {test.feature for test in tests_of(plan)} | set(measured_features(plan))))


def _parts(plan: Plan) -> tuple[Part, ...]:
    found = {Part(test.feature, kind) for test in tests_of(plan) for kind in PARTS.get(test.test, ())}
    return tuple(sorted(found, key=lambda part: part.column))


def _are_plain(dialect: Dialect, plan: Plan, records: Records) -> Flags:
    plain = re.compile(dialect.plain)
    found = np.ones(records.count, dtype=bool)
    for feature in measured_features(plan):
        column = records.columns[feature]
        flags = [plain.fullmatch(value) is not None for value in column.values]
        found &= np.array([*flags, True])[column.codes]
    return found


def _are_shared(records: Records, comparison: Comparison, shared: SharedValues) -> pa.Array:
    name = comparison.shared_by or ""
    if name not in shared:
        return pa.array(np.zeros(records.count, dtype=bool))
    return pa.array(np.append(shared[name], False)[records.columns[name].codes])


def _spread(column: Column, of_values: pa.Array) -> pa.Array:
    return of_values.take(pa.array(column.codes, mask=column.codes < 0))


def _roots(column: Column) -> pa.Array:
    """Return the other names that a given name may stand for; null where the table knows none."""
    found = [sorted(roots(value) - {value}) or None for value in column.values]
    return pa.array(found, pa.list_(pa.string()))


def _words(column: Column) -> pa.Array:
    found = [[word for word in value.split() if len(word) >= MIN_WORD] or None for value in column.values]
    return pa.array(found, pa.list_(pa.string()))


def _undashed(column: Column) -> pa.Array:
    return pa.array([_SINGLE_DASH.sub("", value) for value in column.values], pa.string())


def _dashes(column: Column) -> pa.Array:
    return pa.array([_NO_DASH.sub(".", value) for value in column.values], pa.string())


_PARTS: dict[str, Callable[[Column], pa.Array]] = {
    "roots": _roots,
    "words": _words,
    "undashed": _undashed,
    "dashes": _dashes,
}
