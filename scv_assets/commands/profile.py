"""`scv profile`: one customer from every side, in the terminal."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Column, Table

from resources.store.reading import profile
from resources.store.tables import GOLDEN_FIELDS
from scv_assets.commands.finding import customers_called
from scv_assets.commands.listing import amount, folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.commands.timeline import timeline
from scv_assets.home import Settings

Row = dict[str, Any]

_SHOWN_CUSTOMERS = 10


def print_profile(path: Path, typed: str, console: Console, *, days: int) -> None:
    """Find the customer by whatever was typed and print the 360° view; several found: list them.

    Raises `NotFound` where no record of any source answers to it.
    """
    home, store = opened(path)
    found = customers_called(home, store, typed)
    if len(found) > 1:
        console.print(f"{len(found)} customers answer to this; one of them by its id:")
        for customer_id in found[:_SHOWN_CUSTOMERS]:
            golden = profile(store, customer_id)["profile"]
            console.print(shown(f"  {customer_id}  {_name(golden)}"))
        return
    _print(console, profile(store, found[0]), home.settings, days)


def _name(golden: Row) -> str:
    return " ".join(part for part in (golden["first_name"], golden["last_name"]) if part) or "(no name yet)"


def _print(console: Console, view: Row, settings: Settings, days: int) -> None:
    console.print(_head(view["profile"]))
    tables = [
        _provenance(view["provenance"]),
        _segments(view["segments"]),
        _traits(view["traits"], settings.currency),
        _records(view["records"]),
        _identifiers(view["identifiers"]),
        _contact_points(view["contact_points"]),
        _consents(view["consents"], view["consent_events"]),
        _household(view["household"]),
        _redirects(view["redirects"]),
        timeline(view["timeline"], settings.time_zone, days),
    ]
    for table in tables:
        if table.row_count:
            console.print(table)


def _head(golden: Row) -> Panel:
    head = shown(f"{_name(golden)}   {golden['customer_id']}\n")
    head.stylize("bold")
    reach = [kind for kind in ("email", "phone", "post") if golden[f"is_contactable_{kind}"]]
    segment = (golden["lifecycle_segment"] or "no segment").replace("_", " ")
    records = f"{_count(golden['record_count'], 'record')} of {_count(golden['source_count'], 'source')}"
    told = f"{segment} · {records} · may be contacted by {', '.join(reach) or 'nothing'}"
    return Panel.fit(head.append(told, style="not bold"), border_style="cyan")


def _provenance(rows: list[Row]) -> Table:
    table = listing("Golden profile", whole("field"), folded("value (and what lost)"), folded("from, because"))
    places = {name: place for place, name in enumerate(GOLDEN_FIELDS)}
    for row in sorted(rows, key=lambda row: (places.get(row["field"], len(places)), row["field"])):
        losing = [str(candidate["value"]) for candidate in json.loads(row["candidates"] or "[]")]
        value = shown(row["value"] or "(none)")
        for lost in losing:
            value.append(f"\n({shown(lost).plain})", style="dim")
        origin = f"{row['source']}/{row['source_key']} · " if row["source"] else ""
        table.add_row(_plain(row["field"]), value, shown(f"{origin}{_plain(row['rule'])}"))
    return table


def _segments(rows: list[Row]) -> Table:
    table = listing("Segments", whole("segmentation"), whole("segment"), whole("since"))
    for row in rows:
        if row["valid_to"] is None:
            table.add_row(_plain(row["segmentation"]), _plain(row["segment"]), str(row["valid_from"]))
    return table


def _traits(traits: Row | None, currency: str) -> Table:
    table = listing("Traits", whole("trait"), Column("value", justify="right", overflow="fold"))
    for name, value in (traits or {}).items():
        if value is None or name == "customer_id":
            continue
        if name.endswith("_cents"):
            table.add_row(_plain(name.removesuffix("_cents")), amount(value, currency))
        elif name == "channels":
            table.add_row(name, shown(", ".join(json.loads(value))))
        else:
            table.add_row(_plain(name.removesuffix("_on").removesuffix("_at")), shown(_day(value)))
    return table


def _records(rows: list[Row]) -> Table:
    table = listing("Records", whole("source"), folded("key"), folded("name there"), whole("joined by"))
    for row in rows:
        gone = " (deleted there)" if row["is_deleted"] else ""
        name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
        table.add_row(row["source"], shown(row["source_key"]), shown(name + gone), row["via"])
    return table


def _identifiers(rows: list[Row]) -> Table:
    table = listing("Identifiers", whole("kind"), folded("value"), folded("from"), whole("last seen"))
    together: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        together.setdefault((row["namespace"], row["value"]), []).append(row)
    for (namespace, value), held in sorted(together.items()):
        told = shown(value)
        for reason in sorted({row["block_reason"] for row in held if row["block_reason"]}):
            told.append(f"\njoins nobody: {shown(reason).plain}", style="dim")
        seen = max((row["last_seen_at"] for row in held if row["last_seen_at"]), default=None)
        table.add_row(namespace, told, ", ".join(sorted({row["source"] for row in held})), _day(seen))
    return table


def _contact_points(rows: list[Row]) -> Table:
    table = listing("Ways to reach", whole("kind"), folded("value"), whole("usable"), whole("golden"), folded("from"))
    for row in rows:
        sources = ", ".join(json.loads(row["sources"]))
        table.add_row(row["kind"], shown(row["value"]), _yes(row["is_valid"]), _yes(row["is_primary"]), sources)
    return table


def _consents(states: list[Row], events: list[Row]) -> Table:
    table = listing(
        "Consents",
        whole("channel"),
        whole("purpose"),
        whole("allowed"),
        whole("since"),
        whole("basis"),
        folded("said in"),
    )
    by_id = {event["event_id"]: event for event in events}
    for state in states:
        event = by_id.get(state["decided_by_event"], {})
        table.add_row(
            state["channel"],
            state["purpose"],
            _yes(state["is_granted"]),
            _day(event.get("occurred_at")),
            _plain(event.get("legal_basis") or ""),
            event.get("source") or "",
        )
    return table


def _household(rows: list[Row]) -> Table:
    table = listing("Lives with", whole("customer"), folded("name"), whole("born"))
    for row in rows:
        table.add_row(row["customer_id"], shown(_name(row)), _day(row["birth_on"]))
    return table


def _redirects(rows: list[Row]) -> Table:
    table = listing("Earlier ids, which lead here", whole("id"), whole("since"))
    for row in rows:
        table.add_row(row["old_customer_id"], _day(row["merged_at"]))
    return table


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _day(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
