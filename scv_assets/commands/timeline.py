"""A customer's timeline in the terminal: what happened, in words, in the company's own time.

Takes the items of `resources.store.profile.profile`. What happened to the customer's id is told once a run: how many
records joined it, and every merge and split by itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Column, Table

from scv_assets.commands.listing import amount, folded, listing, local_minute, shown, whole
from scv_assets.numbers_told import counted

Row = dict[str, Any]

_NAMES = {
    "customer_order": "order",
    "segment_transition": "segment",
    "message_event": "message",
    "identity_event": "identity",
}
#: what stands on the timeline with a day, not with an instant
_DAYS = "segment_transition"
_IDENTITY = "identity_event"
_JOINED = ("created", "attached")
_PRODUCTS_SHOWN = 3
#: where an item without a date stands: before all others
_NO_DATE = datetime.combine(date.min, time.min)


@dataclass(frozen=True)
class _Entry:
    at: datetime
    what: str
    told: str
    amount: str = ""
    has_time: bool = True


def timeline(items: list[Row], time_zone: str, days: int) -> Table:
    """Return what happened in the last `days` days before the newest thing that the customer did."""
    newest = max((item["at"] for item in items if item["what"] != _IDENTITY), default=_NO_DATE)
    since = newest - min(timedelta(days=days), newest - _NO_DATE)
    entries = [_entry(item) for item in items if item["what"] != _IDENTITY]
    entries += _identity([item for item in items if item["what"] == _IDENTITY])
    table = listing(
        f"Timeline ({time_zone})",
        whole("when"),
        whole("what"),
        folded(""),
        Column("amount", justify="right", no_wrap=True),
    )
    for entry in sorted(entries, key=lambda entry: (entry.at, entry.what, entry.told)):
        if entry.at >= since:
            table.add_row(_when(entry, ZoneInfo(time_zone)), entry.what, shown(entry.told), entry.amount)
    return table


def _entry(item: Row) -> _Entry:
    what = str(item["what"])
    total = amount(item["gross_cents"], item["currency"] or "") if item.get("gross_cents") is not None else ""
    return _Entry(item["at"], _NAMES.get(what, what), _TOLD[what](item), total, what != _DAYS)


def _when(entry: _Entry, zone: ZoneInfo) -> str:
    if entry.at == _NO_DATE:
        return "–"
    if not entry.has_time:
        return f"{entry.at:%Y-%m-%d}"
    return local_minute(entry.at, zone)


def _words(*parts: object) -> str:
    return " · ".join(str(part).replace("_", " ") for part in parts if part not in (None, ""))


def _order(item: Row) -> str:
    place = _words("return" if item["is_return"] else None, item["channel"], item["status"])
    bought = [str(line["product_name"] or line["product_id"]) for line in item["lines"] if line["quantity"] is not None]
    shown = list(dict.fromkeys(bought))
    more = f" and {len(shown) - _PRODUCTS_SHOWN} more" if len(shown) > _PRODUCTS_SHOWN else ""
    return f"{place} · {item['source']}/{item['order_id']}" + (
        f"\n{', '.join(shown[:_PRODUCTS_SHOWN])}{more}" if shown else ""
    )


def _visit(item: Row) -> str:
    pages = None if item["pages"] is None else counted(item["pages"], "page")
    return _words(item["channel"], pages, item["campaign"])


def _segment(item: Row) -> str:
    before = f"{item['from_segment']} → " if item["from_segment"] else "begins as "
    because = f" ({item['factor']})" if item["factor"] else ""
    return f"{item['segmentation']}: {before}{item['to_segment']}{because}".replace("_", " ")


_TOLD: dict[str, Callable[[Row], str]] = {
    "customer_order": _order,
    "visit": _visit,
    "cart": lambda item: f"{_words(item['status'])} · {item['source']}/{item['cart_id']}",
    "ticket": lambda item: f"{_words(item['kind'], item['status'])} · {item['source']}/{item['ticket_id']}",
    "message_event": lambda item: _words(item["channel"], item["kind"], item["campaign"]),
    "segment_transition": _segment,
}


def _identity(events: Iterable[Row]) -> list[_Entry]:
    joined: dict[datetime, Counter[str]] = {}
    entries = []
    for event in events:
        if event["kind"] in _JOINED:
            joined.setdefault(event["at"], Counter())[event["kind"]] += 1
            continue
        other = f" {event['other_customer_id']}" if event["other_customer_id"] else ""
        record = f" {event['source']}/{event['source_key']}" if event["source"] else ""
        entries.append(_Entry(event["at"], "identity", f"{event['kind']}{other}{record} ({event['cause']})"))
    for at, kinds in joined.items():
        records = sum(kinds.values())
        told = counted(records, "record")
        entries.append(_Entry(at, "identity", f"new customer: {told}" if kinds["created"] else f"{told} joined"))
    return entries
