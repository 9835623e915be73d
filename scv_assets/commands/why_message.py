"""`scv why message`: from a message back to the rule, the occasion, the consent and the source rows; or why none."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from rich.console import Console
from rich.text import Text

from scv_assets.activation.explain import MOST, Explained, Occasions, Row, explain_message, occasions
from scv_assets.activation.policy import AbandonedCart, Campaign, Transition
from scv_assets.activation.reasons import REASONS
from scv_assets.activation.run import load_campaigns
from scv_assets.commands.finding import customers_called
from scv_assets.commands.listing import folded, listing, local_minute, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.commands.shown_by import consent_words, shown_by
from scv_assets.errors import NotFound
from scv_assets.yaml_document import suggestion


def print_why_message(path: Path, message: str, customer: str | None, console: Console) -> None:
    """Explain a message by its key, or what a campaign decided for a customer.

    Raises `NotFound` where there is no such message, campaign or customer.
    """
    home, store = opened(path)
    policy, zone = load_campaigns(home), ZoneInfo(home.settings.time_zone)
    if customer is None:
        found = explain_message(store, message)
        if found is None:
            raise NotFound(f"there is no message '{message}'; name its key, or a campaign and a customer")
        _print_message(console, found, policy.campaign(found.message["campaign"]), zone)
        return
    campaign = policy.campaign(message)
    if campaign is None:
        hint = suggestion(message, [c.name for c in policy.campaigns])
        raise NotFound(f"campaigns.yaml has no campaign '{message}'{hint}")
    ids = customers_called(home, store, customer)
    if len(ids) > 1:
        console.print(f"{len(ids)} customers answer to this; one of them by its id: {', '.join(ids[:MOST])}")
        return
    _print_occasions(store, console, campaign, ids[0], zone)


def _print_message(console: Console, found: Explained, campaign: Campaign | None, zone: ZoneInfo) -> None:
    message, evidence = found.message, found.evidence
    title = f" ({campaign.title})" if campaign else ""
    console.print(Text(f"{message['campaign']}{title} to {found.customer_id} by {message['channel']}", style="bold"))
    if found.customer_id != message["customer_id"]:
        console.print(f"decided for {message['customer_id']}, whose record is this customer's since", highlight=False)
    table = listing(f"How it came about ({zone.key})", whole("what"), folded("says"))
    for what, says in _told(found, campaign, zone):
        if says:
            table.add_row(what, shown(says))
    console.print(table)
    left = evidence.get("left_out") or []
    if left:
        items = listing("Left out of it", folded("article"), folded("because"), folded("shown by"))
        for item in left:
            by = shown_by(item["evidence"], found.consents, zone)
            items.add_row(shown(item["product"]), REASONS[item["reason"]], shown(by))
        console.print(items)
    if found.done:
        done = listing(
            f"What the customer had done ({zone.key}), latest first",
            whole("when"),
            folded("what"),
            folded("source row"),
        )
        for at, what, row in found.done:
            done.add_row(_moment(at, zone), shown(what), shown(row))
        console.print(done)


def _told(found: Explained, campaign: Campaign | None, zone: ZoneInfo) -> list[tuple[str, str]]:
    message, evidence = found.message, found.evidence
    routing, draw = evidence.get("routing") or {}, evidence.get("hold_out") or {}
    held = f"; hold-out {draw['share']:.0%}, drawn {draw['draw']:.3f}" if draw.get("share") else ""
    once = (
        f", once {campaign.once if isinstance(campaign.once, str) else f'every {campaign.once} days'}"
        if campaign
        else ""
    )
    return [
        ("rule", f"campaign {message['campaign']}, version {evidence.get('version', '?')}{once}{held}"),
        ("occasion", occasion(evidence.get("trigger") or {}, zone)),
        ("of", ", ".join(evidence.get("items") or [])),
        ("consent", _consent(found.consents.get(routing.get("consent", "")), message, zone)),
        ("passed over", shown_by(routing.get("passed_over") or [], found.consents, zone)),
        ("address", f"of the record {message['source']}:{message['source_key']}"),
        ("decided", _moment(message["created_at"], zone)),
        ("quiet until", _moment(message["not_before_at"], zone)),
        ("too late from", _moment(message["expires_at"], zone)),
        ("status", _status(message, zone)),
    ]


def _status(message: Row, zone: ZoneInfo) -> str:
    reason = message["reason"]
    said = f": {REASONS.get(reason, reason)}" if reason else ""
    delivered = f" at {_moment(message['delivered_at'], zone)}" if message["delivered_at"] else ""
    return f"{message['status']}{delivered}{said}"


def _consent(event: Row | None, message: Row, zone: ZoneInfo) -> str:
    if event is None:
        return f"nothing was said of {message['channel']} for {message['purpose']}; the company's default allows it"
    return f"{consent_words(event, zone)} (event {event['event_id']})"


def occasion(trigger: Row, zone: ZoneInfo) -> str:
    """Return the occasion of a message in words."""
    kind = trigger.get("kind")
    if kind == "transition":
        by = f" by {trigger['factor']}" if trigger.get("factor") else ""
        channel = f" ({trigger['channel']})" if trigger.get("channel") else ""
        came = trigger.get("from") or "nowhere"
        return f"{trigger['segmentation']}: {came} to {trigger['to']} on {trigger['moved_on']}{by}{channel}"
    if kind == "abandoned_cart":
        return f"cart {trigger['cart']}, left {_moment(datetime.fromisoformat(trigger['left_at']), zone)}"
    if kind == "date":
        return f"{trigger['field']} comes round on {trigger['comes_on']}"
    return f"nothing done for {trigger['days']} days, since {trigger['last_seen_on']}" if kind == "dormancy" else ""


def _print_occasions(store: sa.Engine, console: Console, campaign: Campaign, customer_id: str, zone: ZoneInfo) -> None:
    trigger = campaign.trigger
    segmentation = trigger.segmentation if isinstance(trigger, Transition) else None
    found = occasions(store, campaign.name, customer_id, segmentation)
    console.print(Text(f"{campaign.name} and {customer_id}", style="bold"))
    if found.messages:
        table = listing(f"Messages ({zone.key})", folded("key"), whole("decided"), whole("by"), folded("status"))
        for row in found.messages:
            table.add_row(
                row["idempotency_key"], _moment(row["created_at"], zone), row["channel"], shown(_status(row, zone))
            )
        console.print(table)
    if found.suppressions:
        table = listing(f"Not sent ({zone.key})", whole("decided"), folded("of"), folded("because"), folded("shown by"))
        for row in found.suppressions:
            of = " ".join(part for part in (row["occurrence"], row["subject"]) if part)
            because = REASONS.get(row["reason"], row["reason"])
            by = shown_by(row["evidence"], found.consents, zone)
            table.add_row(_moment(row["decided_at"], zone), shown(of), because, shown(by))
        console.print(table)
    if not found.messages and not found.suppressions:
        console.print("\nNothing was decided: there was no occasion, or it was over when the company first knew of it.")
    _print_facts(console, campaign, found, zone)


def _print_facts(console: Console, campaign: Campaign, found: Occasions, zone: ZoneInfo) -> None:
    if isinstance(campaign.trigger, Transition):
        moves = listing(
            "The customer's moves", whole("on"), folded("from"), folded("to"), folded("by"), folded("occasion")
        )
        for row in found.moves:
            by = " ".join(part for part in (row["factor"], row["channel"]) if part)
            from_segment, to_segment = row["from_segment"] or "", row["to_segment"]
            moves.add_row(str(row["moved_on"]), from_segment, to_segment, by, _is_occasion(campaign.trigger, row))
        console.print(moves)
    elif isinstance(campaign.trigger, AbandonedCart):
        carts = listing(f"The customer's carts ({zone.key})", folded("cart"), whole("last touched"), folded("status"))
        for row in found.carts:
            carts.add_row(
                shown(f"{row['source']}/{row['cart_id']}"), _moment(row["last_touched_at"], zone), row["status"]
            )
        console.print(carts)


def _is_occasion(trigger: Transition, move: Row) -> str:
    if move["to_segment"] not in trigger.to_segments:
        return "no: another segment"
    if trigger.from_segments and move["from_segment"] not in trigger.from_segments:
        return "no: from another segment"
    return "yes" if move["cause"] == "move" else "no: learnt afterwards (correction)"


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return local_minute(at, zone) if at else ""
