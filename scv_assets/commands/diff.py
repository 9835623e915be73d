"""`scv match diff NEW.yaml`: what another policy would change, before anything is published."""

import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from resources import clock
from resources.lake import Lake
from resources.store.engine import open_store
from resources.store.migrations import migrate
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.home import load_home
from scv_assets.policy_diff import STEPS, Example, PolicyDiff, people_of, policy_diff
from scv_assets.yaml_document import read_yaml

_SHOWN_RECORDS = 12


def print_diff(path: Path, policy: Path, console: Console, *, sample: int, is_json: bool) -> None:
    """Compare a policy with the company's and print what would change. Raises `ConfigError`, `NotFound`."""
    home = load_home(path)
    document = read_yaml(policy, str(policy))
    store = open_store(home.settings.store_url)
    migrate(store)

    def compared(said: Callable[[str], None]) -> PolicyDiff:
        return policy_diff(home, store, document, now=clock.now(), sample=sample, said=said)

    if is_json:
        print(json.dumps(compared(lambda _: None).as_json(), indent=2, ensure_ascii=False))  # noqa: T201
        return
    columns = (TextColumn("{task.description:<34}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=STEPS)
        found = compared(lambda name: progress.update(task, advance=1, description=name))
    _print(console, found, home.lake())


def _print(console: Console, found: PolicyDiff, lake: Lake) -> None:
    table = listing(
        "What would change", folded("what"), Column("now", justify="right"), Column("then", justify="right")
    )
    table.add_row("customers", f"{found.customers_before:,}", f"{found.customers_after:,}")
    table.add_row("open questions", f"{found.questions_before:,}", f"{found.questions_after:,}")
    table.add_row("customers who meet in one", "", f"{found.merges:,}")
    table.add_row("customers who part", f"{found.splits:,}", "")
    table.add_row("pairs of records together only by one", f"{found.pairs_lost:,}", f"{found.pairs_gained:,}")
    console.print(table)
    if found.is_empty and not found.profiles_changed:
        console.print("\nEvery customer keeps its records; nothing that is published would change but weights.")
        return
    console.print(
        f"\n{found.other_ids:,} of {found.records:,} records would have another customer id; "
        f"{found.profiles_changed:,} customers who are there by both would have another golden profile.",
        highlight=False,
    )
    for title, counts in (("Golden fields", found.fields), ("Lifecycle segments", found.segments)):
        if counts:
            console.print(_counts(title, counts))
    if any(now != then for now, then in found.messages.values()):
        console.print(_messages(found.messages))
    for example in found.sample:
        console.print(_example(example, lake))
    console.print("\nNothing was published.")


def _counts(title: str, counts: dict[str, int]) -> Table:
    table = listing(title, folded("what"), Column("customers", justify="right"))
    for name, count in counts.items():
        table.add_row(name.replace("_", " ").replace("->", "→"), f"{count:,}")
    return table


def _messages(counts: dict[str, tuple[int, int]]) -> Table:
    table = listing(
        "Messages of the last day", folded("campaign"), Column("now", justify="right"), Column("then", justify="right")
    )
    for name, (now, then) in counts.items():
        table.add_row(name.replace("_", " "), f"{now:,}", f"{then:,}")
    return table


def _example(example: Example, lake: Lake) -> Table:
    ids = f"{' + '.join(example.before)} → {' + '.join(example.after)}"
    title = "Would be one" if example.kind == "merge" else "Would be several"
    table = listing(title, folded("record"), folded("name"), whole("born"), folded("mailbox or phone"))
    for row in people_of(lake, example.records)[:_SHOWN_RECORDS]:
        table.add_row(*(shown(value) for value in row))
    more = len(example.records) - _SHOWN_RECORDS
    parts = [
        ids,
        *([f"{more} more records"] if more > 0 else []),
        *([f"by {example.evidence}"] if example.evidence else []),
    ]
    table.caption = shown("\n".join(parts))
    table.caption_justify = "left"
    return table
