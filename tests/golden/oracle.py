"""Survivorship said a second time, in pandas and plain loops, one customer at a time: slow, and easy to believe.

It shares no code with the stage. A column's values are text here; folding is not looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

import pandas as pd

from scv_assets.golden.policy import SurvivorshipPolicy, Unit


@dataclass(frozen=True)
class Verdict:
    """What the oracle says of one golden field."""

    value: str | None
    source: str
    source_key: str
    rule: str
    losers: tuple[str, ...]


def verdicts(members: pd.DataFrame, policy: SurvivorshipPolicy) -> dict[tuple[str, str], Verdict]:
    """Return the verdict by (customer_id, field); `members` has customer_id, trust and the records' columns."""
    found: dict[tuple[str, str], Verdict] = {}
    for customer, rows in members.groupby("customer_id"):
        speaking = rows[~rows.is_deleted]
        for unit in policy.units:
            for field, verdict in _of_unit(speaking, unit).items():
                found[str(customer), field] = verdict
    return found


def _of_unit(rows: pd.DataFrame, unit: Unit) -> dict[str, Verdict]:
    names = list(unit.fields)
    rows = rows[rows[names].notna().any(axis=1) & ~rows.source.isin(unit.not_from)]
    if rows.empty:
        return {}
    holders = [dict(row) for _, row in rows.iterrows()]
    for holder in holders:
        holder["frequency"] = sum(all(_same(holder[n], other[n]) for n in names) for other in holders)

    def compare(left: dict[str, Any], right: dict[str, Any]) -> int:
        rule = _separating(left, right, unit)
        if rule is not None:
            return -1 if _score(left, rule, unit) > _score(right, rule, unit) else 1
        return -1 if (left["source"], left["source_key"]) < (right["source"], right["source_key"]) else 1

    ranked = sorted(holders, key=cmp_to_key(compare))
    told = {name: _of_field(ranked, name, unit) for name in names}
    return {name: verdict for name, verdict in told.items() if verdict.value is not None or verdict.losers}


def _of_field(ranked: Sequence[dict[str, Any]], name: str, unit: Unit) -> Verdict:
    winner = ranked[0]
    value = None if pd.isna(winner[name]) else winner[name]
    losers: list[str] = []
    rule = "only_value"
    for rival in ranked[1:]:
        if pd.isna(rival[name]) or rival[name] == value or rival[name] in losers:
            continue
        if not losers:
            rule = _separating(winner, rival, unit) or "tie_break"
        losers.append(rival[name])
    return Verdict(value, winner["source"], winner["source_key"], rule, tuple(losers))


def _separating(left: dict[str, Any], right: dict[str, Any], unit: Unit) -> str | None:
    rules = (rule for rule in unit.rules if rule != "stewards_override")
    return next((rule for rule in rules if _score(left, rule, unit) != _score(right, rule, unit)), None)


def _score(row: dict[str, Any], rule: str, unit: Unit) -> float:
    if rule == "most_trusted_source":
        return 0.0 if pd.isna(row["trust"]) else float(row["trust"])
    if rule == "most_recent":
        return -1.0 if pd.isna(row["updated_at"]) else row["updated_at"].timestamp()
    if rule == "most_frequent":
        return float(row["frequency"])
    if len(unit.fields) == 1:
        return float(len(row[unit.fields[0]]))
    return float(sum(not pd.isna(row[name]) for name in unit.fields))


def _same(left: Any, right: Any) -> bool:
    return bool(left == right) or (pd.isna(left) and pd.isna(right))
