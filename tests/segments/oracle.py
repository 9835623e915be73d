"""The segments again, the slow and obvious way: each customer, each day, every fact looked at anew, no SQL.

Shares nothing with the stage but the names: conditions are run by Python itself, days are counted one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]


class Missing:
    """A trait without a value: no comparison with it holds."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return False

    def __lt__(self, other: object) -> bool:
        return False

    __le__ = __gt__ = __ge__ = __lt__
    __hash__ = None  # type: ignore[assignment]


@dataclass
class Facts:
    """One customer's rows, as given to the stage (instants as texts, in UTC)."""

    orders: list[Row] = field(default_factory=list)
    visits: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    identifiers: list[Row] = field(default_factory=list)
    records: list[Row] = field(default_factory=list)


def on(instant: str) -> date:
    return date.fromisoformat(instant[:10])


def first_seen(facts: Facts) -> date:
    days = [on(o["ordered_at"]) for o in facts.orders] + [on(v["started_at"]) for v in facts.visits]
    days += [on(t["opened_at"]) for t in facts.tickets]
    contacts = [i for i in facts.identifiers if i["namespace"] in {"email", "phone"}]
    days += [on(r["first_seen_at"]) for r in [*contacts, *facts.records]]
    return min(days)


def bought(facts: Facts, day: date) -> list[Row]:
    return [
        o for o in facts.orders if on(o["ordered_at"]) <= day and not o["is_return"] and o.get("status") != "cancelled"
    ]


def spend(facts: Facts, day: date) -> int:
    counted = [o for o in facts.orders if on(o["ordered_at"]) <= day and o.get("status") != "cancelled"]
    return sum((o["gross_cents"] or 0) for o in counted)


def last_order(facts: Facts, day: date) -> date | None:
    return max((on(o["ordered_at"]) for o in bought(facts, day)), default=None)


def traits(customers: Mapping[str, Facts], customer: str, day: date) -> dict[str, Any]:
    facts = customers[customer]
    orders = bought(facts, day)
    priced = [o["gross_cents"] for o in orders if o["gross_cents"] is not None]
    done = [on(o["ordered_at"]) for o in facts.orders] + [on(v["started_at"]) for v in facts.visits]
    done = [d for d in [*done, *(on(t["opened_at"]) for t in facts.tickets)] if d <= day]
    known = {i["namespace"] for i in facts.identifiers if on(i["first_seen_at"]) <= day}
    complaints = [t for t in facts.tickets if t["kind"] == "complaint" and on(t["opened_at"]) <= day]
    recent = [o for o in orders if on(o["ordered_at"]) > day - timedelta(days=5)]
    last = last_order(facts, day)
    found: dict[str, Any] = {
        "orders_count": len(orders),
        "orders_count_5d": len(recent),
        "spend_cents": spend(facts, day),
        "recency_days": (day - last).days if last else Missing(),
        "dormant_days": (day - max(done)).days if done else Missing(),
        "tenure_days": (day - first_seen(facts)).days,
        "open_complaints_count": sum(t.get("closed_at") is None or on(t["closed_at"]) > day for t in complaints),
        "average_basket_cents": rounded(sum(priced), len(priced)) if priced else Missing(),
        "has_email": "email" in known,
        "has_phone": "phone" in known,
        "is_reachable": bool(known & {"email", "phone"}),
    }
    for name, tiles, value in (
        ("spend_decile", 10, spend),
        ("frequency_quintile", 5, lambda f, d: len(bought(f, d))),
        ("recency_quintile", 5, last_order),
    ):
        found[name] = tile(customers, customer, day, tiles, value)
    return found


def rounded(total: int, count: int) -> int:
    whole = abs(Fraction(total, count)) + Fraction(1, 2)
    return (1 if total >= 0 else -1) * (whole.numerator // whole.denominator)


def tile(customers: Mapping[str, Facts], me: str, day: date, tiles: int, value: Callable[[Facts, date], Any]) -> Any:
    buyers = [facts for facts in customers.values() if bought(facts, day)]
    if not bought(customers[me], day):
        return Missing()
    below = sum(value(other, day) < value(customers[me], day) for other in buyers)
    return 1 + tiles * below // len(buyers)


def segments(
    customers: Mapping[str, Facts], rules: Mapping[str, Mapping[str, str]], first_on: date, as_of_on: date
) -> dict[tuple[str, str, date], str]:
    """Return the segment of each (customer, segmentation, day); `rules`: segmentation -> {segment: condition}."""
    found = {}
    for customer, facts in customers.items():
        for day in days_between(first_on, as_of_on):
            if first_seen(facts) <= day:
                known = traits(customers, customer, day)
                for segmentation, conditions in rules.items():
                    held = [name for name, text in conditions.items() if eval(text, {}, known)]
                    found[customer, segmentation, day] = held[0] if held else "rest"
    return found


def expanded(
    rows: Sequence[tuple[str, str, str, date, date | None]], as_of_on: date
) -> list[tuple[str, str, date, str]]:
    """Return intervals (customer, segmentation, segment, valid_from, valid_to) as one row a day."""
    return [
        (customer, segmentation, day, segment)
        for customer, segmentation, segment, begin, end in rows
        for day in days_between(begin, end - timedelta(days=1) if end else as_of_on)
    ]


def days_between(first_on: date, last_on: date) -> list[date]:
    return [first_on + timedelta(days=n) for n in range((last_on - first_on).days + 1)]
