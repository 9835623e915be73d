"""`scv why`: what joins or parts two records, and how a customer came to be, in the terminal."""

from datetime import datetime
from pathlib import Path

import duckdb
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from resources.store.tables import (
    CROSSWALK,
    CUSTOMER_REDIRECT,
    IDENTITY_EVENT,
    JUDGEMENT,
)
from scv_assets.commands.consent import consent_table
from scv_assets.commands.evidence import VERDICTS, PairView, evidence_table, percent, record_name, view_pair
from scv_assets.commands.finding import customers_called, record_called
from scv_assets.commands.invocation import typed
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.errors import ConfigError
from scv_assets.home import Home
from scv_assets.identity.explain import Edge, Happening, Key, explain_customer
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.run import POLICY
from scv_assets.identity.surroundings import Row, Surroundings, around_customer, around_records
from scv_assets.identity.waterfall import falls, write_chart

_MOST = 20
_ID_KINDS = ("merged", "split", "erased")
_DECISIONS = {"match": "one person", "review": "a steward is to decide", "no_match": "two people"}


def print_why(path: Path, subject: str, record: str | None, console: Console, *, chart: Path | None) -> None:
    """Explain two records, or one customer.

    Raises `NotFound` where nothing answers, `ConfigError` where a chart is asked for that cannot be.
    """
    home, store = opened(path)
    if record is not None:
        _print_pair(home, store, (record_called(subject), record_called(record)), console, chart)
        return
    if chart is not None:
        raise ConfigError("a chart is of two records; name both, each source:key")
    found = customers_called(home, store, subject)
    if len(found) > 1:
        console.print(f"{len(found)} customers answer to this; one of them by its id: {', '.join(found[:_MOST])}")
        return
    _print_customer(store, found[0], console)


def _print_pair(home: Home, store: sa.Engine, pair: tuple[Key, Key], console: Console, chart: Path | None) -> None:
    left, right = sorted(pair)
    if left == right:
        raise ConfigError("that is twice the same record; name two")
    around = around_records(store, [left, right])
    policy = read_policy(home.document(POLICY))
    view = view_pair(home, policy, around, left, right)
    told = view.told
    console.print(_headline(around, left, right))
    console.print(_verdict(view, typed(home.root, "run")))
    steps = falls(view.witnesses)
    if steps:
        console.print(evidence_table(view.witnesses))
    for sentence in view.sentences(policy):
        console.print(shown(f"\n{sentence}"))
    _print_filled(console, _path(told.path) if len(told.path) > 1 else None)
    _print_filled(console, _judgements(_between(around.rows[JUDGEMENT.name], left, right)))
    _print_filled(console, _events(_of_pair(around, left, right), "What happened to their ids (UTC)"))
    if chart is not None:
        if not steps:
            raise ConfigError("there is no evidence to draw: nothing of the two records can be weighed")
        write_chart(steps, f"{record_name(left)} and {record_name(right)}", chart)
        console.print(f"\nThe chart is in {chart}", soft_wrap=True, highlight=False)


def _headline(around: Surroundings, left: Key, right: Key) -> Text:
    one, other = around.customer_of(left), around.customer_of(right)
    both = f"{record_name(left)} and {record_name(right)}"
    said = f"one customer: {one}" if one == other else f"two customers: {one} and {other}"
    return Text(f"{both} are {said}", style="bold", overflow="fold")


def _verdict(view: PairView, run: str) -> str:
    edge, weighed = view.told.edge, view.weighed
    if edge is not None:
        weight = (
            f" ({edge.weight:.2f} bits, probability {percent(edge.probability)})" if edge.weight is not None else ""
        )
        return f"Decided{weight}: {_DECISIONS[edge.decision]}, by {_by(edge)}."
    if weighed is None:
        return f"Of these two no evidence was kept, and there is no model of this policy to weigh them with: {run}"
    if weighed.weight is None:
        return "One of them tells neither a name nor a birth date: nothing but an identifier may join it to others."
    probability = 1 / (1 + 2.0**-weighed.weight)
    return (
        f"The run kept no evidence of these two by themselves; weighed now: {weighed.weight:.2f} bits, "
        f"probability {percent(probability)}."
    )


def _by(edge: Edge) -> str:
    shared = next((w.level for w in edge.waterfall if w.comparison == "identifier"), None)
    if edge.via == "exact":
        return f"a shared {shared.replace(' ', ' and ')}" if shared else "their source, which merged them"
    return "a steward" if edge.via == "steward" else "likeness"


def _path(path: tuple[Edge, ...]) -> Table:
    table = listing("The path that joins them", folded("record"), folded("record "), folded("by"), whole("bits"))
    for edge in path:
        bits = f"{edge.weight:+.2f}" if edge.weight is not None else ""
        table.add_row(record_name(edge.left), record_name(edge.right), _by(edge), bits)
    return table


def _judgements(rows: list[Row]) -> Table:
    table = listing("Judgements", whole("when"), folded("pair"), whole("says"), folded("by, and why"))
    for row in sorted(rows, key=lambda row: (row["judged_at"], row["judgement_id"])):
        pair = f"{row['left_source']}:{row['left_key']} {row['right_source']}:{row['right_key']}"
        revoked = " (revoked)" if row["revoked_at"] else ""
        reason = f": {row['reason']}" if row["reason"] else ""
        table.add_row(
            _moment(row["judged_at"]),
            shown(pair),
            f"{VERDICTS[row['verdict']]}{revoked}",
            shown(f"{row['judged_by']}{reason}"),
        )
    return table


def _between(rows: list[Row], left: Key, right: Key) -> list[Row]:
    ends = {left, right}
    return [r for r in rows if {(r["left_source"], r["left_key"]), (r["right_source"], r["right_key"])} == ends]


def _of_pair(around: Surroundings, left: Key, right: Key) -> list[Happening]:
    """Return what happened to the two records, and to the ids as a whole."""
    return [event for event in _happenings(around) if event.record in (left, right) or event.kind in _ID_KINDS]


def _happenings(around: Surroundings) -> list[Happening]:
    rows = sorted(around.rows[IDENTITY_EVENT.name], key=lambda r: (r["occurred_at"], r["kind"], r["event_id"]))
    return [
        Happening(
            row["occurred_at"],
            row["kind"],
            row["customer_id"],
            row["other_customer_id"],
            (row["source"], row["source_key"]) if row["source"] is not None else None,
            row["cause"],
        )
        for row in rows
    ]


def _events(events: list[Happening], title: str) -> Table:
    table = listing(title, whole("when"), whole("what"), folded("of"), folded("because"))
    for event in events:
        of = " ".join(
            part
            for part in (
                record_name(event.record) if event.record else event.customer_id,
                f"({event.other_customer_id})" if event.other_customer_id else "",
            )
            if part
        )
        table.add_row(_moment(event.at), event.kind, of, shown(event.cause))
    return table


def _print_customer(store: sa.Engine, customer_id: str, console: Console) -> None:
    around = around_customer(store, customer_id)
    with duckdb.connect() as con:
        crosswalk, redirects = around.relation(con, CROSSWALK), around.relation(con, CUSTOMER_REDIRECT)
        told = explain_customer(con, crosswalk, redirects, around.relation(con, IDENTITY_EVENT), customer_id)
        members = {key for key, _ in told.records}
        edges = around.edges(con)
    console.print(Text(f"{told.customer_id}: {_count(len(told.records), 'record')}", style="bold"))
    if told.absorbed:
        console.print(f"Earlier ids that lead here: {', '.join(told.absorbed)}", highlight=False)
    _print_filled(console, _holding(told.records, edges))
    rivals = [edge for edge in edges if not {edge.left, edge.right} <= members]
    _print_filled(console, _rivals(rivals, members))
    _print_filled(console, _judgements(around.rows[JUDGEMENT.name]))
    _print_filled(console, _events(list(told.history), "How the id came to be (UTC)"))
    _print_filled(console, consent_table(store, told.customer_id))


def _holding(records: tuple[tuple[Key, str], ...], edges: list[Edge]) -> Table:
    """Return each record with the strongest link that holds it."""
    table = listing("Its records, and what holds each", folded("record"), folded("to"), folded("by"), whole("bits"))
    matches = [edge for edge in edges if edge.decision == "match"]
    for key, via in records:
        mine = [edge for edge in matches if key in (edge.left, edge.right)]
        if not mine:
            table.add_row(record_name(key), "", via, "")
            continue
        best = min(mine, key=lambda e: (e.via == "probabilistic", -(e.weight or 0.0), e.left, e.right))
        to = best.right if best.left == key else best.left
        table.add_row(record_name(key), record_name(to), _by(best), f"{best.weight:+.2f}" if best.weight else "")
    return table


def _rivals(edges: list[Edge], members: set[Key]) -> Table:
    """Return the pairs with records of other customers that were worth keeping, the most alike first."""
    table = listing(
        "Looked at, and not joined", folded("record"), folded("of another"), whole("bits"), folded("why not")
    )
    ordered = sorted(edges, key=lambda e: (-(e.weight if e.weight is not None else -1e9), e.left, e.right))
    for edge in ordered[:_MOST]:
        mine, other = (edge.left, edge.right) if edge.left in members else (edge.right, edge.left)
        rule = next((w.level for w in edge.waterfall if w.comparison == "rule" and not w.bits), None)
        why = f"rule {rule}" if rule else "a steward" if edge.via == "steward" else _DECISIONS[edge.decision]
        bits = f"{edge.weight:+.2f}" if edge.weight is not None else ""
        table.add_row(record_name(mine), record_name(other), bits, why)
    return table


def _print_filled(console: Console, table: Table | None) -> None:
    if table is not None and table.row_count:
        console.print(table)


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
