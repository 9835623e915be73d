"""`scv campaigns try NEW.yaml`: who would have got what over the last days, before anything is published."""

from pathlib import Path

from rich.console import Console
from rich.table import Column

from scv_assets.activation.policy import EVER
from scv_assets.activation.reasons import REASONS
from scv_assets.activation.trial import Trial, try_campaigns
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.yaml_document import read_yaml

#: what a message that is sent once in a lifetime is about
_ABOUT = {EVER: "once in a lifetime"}


def print_trial(path: Path, campaigns: Path, console: Console, *, days: int, listed: int) -> None:
    """Replay the days with these campaigns and print what would have been. Raises `ConfigError`, `NotFound`."""
    home, store = opened(path)
    found = try_campaigns(home, store, read_yaml(campaigns, str(campaigns)), days=days)
    console.print(
        f"From {found.first_on} to {found.last_on}, each day decided at its end as these campaigns would have it:",
        highlight=False,
    )
    _print_sent(console, found)
    _print_suppressed(console, found)
    if listed and found.messages:
        _print_messages(console, found, listed)
    console.print("\nNothing was published.")


def _print_sent(console: Console, found: Trial) -> None:
    table = listing(
        "Would have been sent", folded("campaign"), whole("channel"), _figure("messages"), _figure("customers")
    )
    for campaign, channel, messages, customers in found.sent:
        table.add_row(campaign, channel, f"{messages:,}", f"{customers:,}")
    if found.sent:
        console.print(table)
    else:
        console.print("\nNothing would have been sent.")


def _print_suppressed(console: Console, found: Trial) -> None:
    table = listing("Would not have been sent", folded("campaign"), folded("because"), _figure("occasions"))
    for campaign, reason, occasions in found.suppressed:
        table.add_row(campaign, REASONS[reason], f"{occasions:,}")
    if found.suppressed:
        console.print(table)
    left = listing("Items left out of messages", folded("campaign"), folded("because"), _figure("items"))
    for campaign, reason, items in found.left_out:
        left.add_row(campaign, REASONS[reason], f"{items:,}")
    if found.left_out:
        console.print(left)


def _print_messages(console: Console, found: Trial, listed: int) -> None:
    is_all = listed >= len(found.messages)
    table = listing(
        "The messages" if is_all else f"The last {listed:,} of {len(found.messages):,} messages",
        *(whole("day"), folded("campaign"), folded("customer"), whole("channel"), folded("about")),
    )
    for day, campaign, customer, channel, about, items in found.messages[-listed:]:
        of = _ABOUT.get(about, about) if items is None else f"{about}: {items} {'item' if items == 1 else 'items'}"
        table.add_row(str(day), campaign, customer, channel, shown(of))
    console.print(table)


def _figure(header: str) -> Column:
    return Column(header, justify="right")
