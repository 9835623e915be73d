"""The steward's questions in the terminal: two records side by side, what agrees, and an answer."""

from collections.abc import Sequence

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from resources import clock
from resources.store.decisions import judge
from resources.store.tables import CROSSWALK, JUDGEMENT, SOURCE_RECORD
from scv_assets.commands.evidence import VERDICTS, evidence_table, percent, record_name, view_pair
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.errors import NotFound
from scv_assets.home import Home
from scv_assets.identity.explain import Key
from scv_assets.identity.policy import Policy
from scv_assets.identity.surroundings import Row, Surroundings, around_records

_FIELDS = (
    "first_name",
    "last_name",
    "birth_on",
    "email",
    "phone",
    "street",
    "house_number",
    "postcode",
    "city",
    "country",
    "updated_at",
)
_VERDICTS = {"m": "must_link", "n": "cannot_link", "u": "unsure"}
_PROMPT = "One person? [m]atch, [n]o match, [u]nsure, [s]kip, [q]uit (words behind the letter are the reason): "


def ask(
    home: Home,
    store: sa.Engine,
    policy: Policy,
    pairs: Sequence[tuple[Key, Key, str]],
    console: Console,
    *,
    by: str,
) -> int:
    """Ask about each pair (left, right, why it is asked), until all are answered or the steward quits.

    Each answer is written at once. Returns how many judgements were written; the end of the input is a quit.
    """
    written = 0
    for number, (left, right, why) in enumerate(pairs, 1):
        try:
            around = around_records(store, [left, right])
        except NotFound:
            continue
        _print_question(console, home, policy, around, (left, right), f"Question {number:,} of {len(pairs):,}: {why}")
        letter, reason = _answer(console)
        if letter == "q":
            break
        if letter in _VERDICTS:
            judge(store, left, right, _VERDICTS[letter], by=by, reason=reason, now=clock.now())
            written += 1
    return written


def _answer(console: Console) -> tuple[str, str]:
    while True:
        try:
            typed = console.input(Text(f"\n{_PROMPT}")).strip()
        except EOFError:
            return "q", ""
        letter, reason = typed[:1].lower(), typed[1:].strip()
        if letter in {*_VERDICTS, "s", "q"} and (len(typed) == 1 or typed[1].isspace()):
            return letter, reason


def _print_question(
    console: Console, home: Home, policy: Policy, around: Surroundings, pair: tuple[Key, Key], title: str
) -> None:
    left, right = pair
    view = view_pair(home, policy, around, left, right)
    console.rule()
    console.print(_side_by_side(around, left, right, title))
    if view.witnesses:
        console.print(evidence_table(view.witnesses))
    weight = view.told.edge.probability if view.told.edge is not None else None
    if weight is not None:
        console.print(f"\nLikely: {percent(weight)}", highlight=False)
    for sentence in view.sentences(policy):
        console.print(shown(sentence))
    for row in around.rows[JUDGEMENT.name]:
        ends = {(row["left_source"], row["left_key"]), (row["right_source"], row["right_key"])}
        if ends == {left, right} and row["revoked_at"] is None:
            console.print(shown(f"Judged already by {row['judged_by']}: {VERDICTS[row['verdict']]}."))


def _side_by_side(around: Surroundings, left: Key, right: Key, title: str) -> Table:
    table = listing(title, whole("field"), folded(record_name(left)), folded(record_name(right)), whole(""))
    one, other = (_record(around, key) for key in (left, right))
    for field in _FIELDS:
        mine, theirs = one.get(field), other.get(field)
        if mine is None and theirs is None:
            continue
        same = "" if mine is None or theirs is None else "=" if str(mine).casefold() == str(theirs).casefold() else "≠"
        table.add_row(field.removesuffix("_at").removesuffix("_on").replace("_", " "), shown(mine), shown(theirs), same)
    sizes = [_records_of(around, key) for key in (left, right)]
    table.add_row("customer", *(f"{customer} ({count} records)" for customer, count in sizes), "")
    return table


def _record(around: Surroundings, key: Key) -> Row:
    found = around.of([key]).rows[SOURCE_RECORD.name]
    return found[0] if found else {}


def _records_of(around: Surroundings, key: Key) -> tuple[str, int]:
    customer = around.customer_of(key)
    return customer, sum(row["customer_id"] == customer for row in around.rows[CROSSWALK.name])
