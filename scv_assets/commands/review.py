"""`scv review …`: what a steward does with pairs: ask, list, judge, revoke, and how good the machine is by it."""

from pathlib import Path

import duckdb
import sqlalchemy as sa
from rich.console import Console
from rich.table import Column, Table

from resources import clock
from resources.store.decisions import judge, revoke
from resources.store.engine import reading
from resources.store.reading import relation
from resources.store.tables import JUDGEMENT
from scv_assets.commands.evidence import VERDICTS, percent, record_name
from scv_assets.commands.finding import record_called
from scv_assets.commands.invocation import typed
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.commands.questions import ask
from scv_assets.commands.steward import steward
from scv_assets.errors import ConfigError, NotFound
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.production_quality import Estimate, ProductionQuality, production_quality, sample
from scv_assets.identity.run import POLICY
from scv_assets.identity.surroundings import around_records
from scv_assets.identity.teaching import Question, questions
from scv_assets.numbers_told import counted

#: What a steward types -> the verdict.
ANSWERS = {"match": "must_link", "no-match": "cannot_link", "unsure": "unsure"}
_SHORT = 12


def review(path: Path, console: Console, *, by: str | None, sample_size: int | None) -> None:
    """Ask about the open tasks, what teaches most first, or (`sample_size`) about a sample of all kept pairs."""
    home, store = opened(path)
    judge_name = steward(by)
    policy = read_policy(home.document(POLICY))
    if sample_size is None:
        pairs = [(one.left, one.right, one.reason) for one in questions(store, policy.thresholds)]
    else:
        with duckdb.connect() as con:
            edges, judged = relation(con, store, "match_edge"), relation(con, store, "judgement")
            drawn = sample(con, edges, judged, policy.thresholds, sample_size)
        pairs = [(left, right, "drawn to measure how good matching is") for left, right in drawn]
    if not pairs:
        console.print("No question is open.")
        return
    written = ask(home, store, policy, pairs, console, by=judge_name)
    if written:
        run = typed(home.root, "run")
        console.print(f"\n{counted(written, 'judgement')} written; the next run takes them: {run}", soft_wrap=True)


def print_queue(path: Path, console: Console, *, is_judged: bool, limit: int) -> None:
    """List the open questions, or the judgements."""
    home, store = opened(path)
    if is_judged:
        _print_judgements(store, console, limit)
        return
    policy = read_policy(home.document(POLICY))
    found = questions(store, policy.thresholds)
    if not found:
        console.print("No question is open.")
        return
    console.print(_queue(found, limit))


def _queue(found: list[Question], limit: int) -> Table:
    title = f"{counted(len(found), 'open question')}, {min(limit, len(found)):,} shown"
    right = [Column(name, justify="right", no_wrap=True) for name in ("likely", "at stake", "teaches")]
    table = listing(title, folded("records"), *right, folded("question"))
    for one in found[:limit]:
        pair = shown(f"{record_name(one.left)}\n{record_name(one.right)}")
        stake = f"{one.records_count}+{one.orders_count}"
        likely = percent(one.probability) or "–"
        table.add_row(pair, likely, stake, f"{one.teaching:.2f}", shown(one.reason))
    return table


def _print_judgements(store: sa.Engine, console: Console, limit: int) -> None:
    column = JUDGEMENT.c
    with reading(store) as connection:
        total = connection.scalar(sa.select(sa.func.count()).select_from(JUDGEMENT)) or 0
        query = sa.select(JUDGEMENT).order_by(column.judged_at.desc(), column.judgement_id).limit(limit)
        rows = connection.execute(query).mappings().all()
    if not rows:
        console.print("Nobody has judged a pair yet.")
        return
    table = listing(
        f"{counted(total, 'judgement')}, {len(rows):,} shown",
        whole("judgement"),
        folded("records"),
        whole("says"),
        folded("by, when, why"),
    )
    for row in rows:
        pair = f"{row['left_source']}:{row['left_key']}\n{row['right_source']}:{row['right_key']}"
        said = VERDICTS[row["verdict"]] + ("\n(revoked)" if row["revoked_at"] else "")
        why = f"\n{row['reason']}" if row["reason"] else ""
        when = row["judged_at"].strftime("%Y-%m-%d %H:%M")
        table.add_row(row["judgement_id"][:_SHORT], shown(pair), said, shown(f"{row['judged_by']}, {when}{why}"))
    console.print(table)


def judge_pair(
    path: Path, left: str, right: str, answer: str, console: Console, *, by: str | None, reason: str
) -> None:
    """Write one judgement on two records that need not be in the queue."""
    home, store = opened(path)
    if answer not in ANSWERS:
        raise ConfigError(f"'{answer}' is no answer; write {', '.join(ANSWERS)}")
    one, other = record_called(left), record_called(right)
    around_records(store, [one, other])
    identifier = judge(store, one, other, ANSWERS[answer], by=steward(by), reason=reason, now=clock.now())
    told = f"{record_name(one)} and {record_name(other)}: {VERDICTS[ANSWERS[answer]]} (judgement {identifier[:_SHORT]})"
    console.print(shown(f"{told}; the next run takes it: {typed(home.root, 'run')}"), soft_wrap=True)


def revoke_judgement(path: Path, judgement: str, console: Console, *, by: str | None) -> None:
    """Take a judgement back; its id may be cut short. Raises `NotFound`."""
    home, store = opened(path)
    column = JUDGEMENT.c.judgement_id
    with reading(store) as connection:
        begins = sa.func.substr(column, 1, len(judgement)) == judgement
        found = connection.execute(sa.select(column).where(begins).order_by(column).limit(2)).scalars().all()
    if len(found) != 1 or not judgement:
        several = "several judgements begin" if len(found) > 1 else "no judgement begins"
        raise NotFound(f"{several} with '{judgement}'; scv review list --judged shows them all")
    revoke(store, found[0], by=steward(by), now=clock.now())
    console.print(f"Revoked; the next run follows it: {typed(home.root, 'run')}", soft_wrap=True)


def print_quality(path: Path, console: Console) -> None:
    """Print precision and recall as the judgements tell them."""
    home, store = opened(path)
    policy = read_policy(home.document(POLICY))
    with duckdb.connect() as con:
        edges, judged = relation(con, store, "match_edge"), relation(con, store, "judgement")
        found = production_quality(con, edges, judged, policy.thresholds)
    if not any(stratum.judged for stratum in found.strata):
        console.print(f"Nobody has judged a pair yet: {typed(home.root, 'review --sample 50')}", soft_wrap=True)
        return
    console.print(_strata(found))
    for name, estimate, of in (
        ("Precision", found.precision, "of the linked pairs are one person"),
        ("Recall", found.recall, "of the kept pairs of one person are linked"),
    ):
        if estimate is not None:
            console.print(f"{name}: {_told(estimate)} {of}", highlight=False, soft_wrap=True)
    blank = [stratum.band for stratum in found.strata if not stratum.judged]
    if blank:
        console.print(
            f"Not judged at all: {', '.join(dict.fromkeys(blank))}; the model's word stands for them, and the interval "
            f"is wide: {typed(home.root, 'review --sample 50')}"
        )


def _strata(found: ProductionQuality) -> Table:
    right = [Column(name, justify="right", no_wrap=True) for name in ("pairs", "judged", "one person")]
    table = listing(
        "Judged pairs, by what the machine made of them", folded("machine"), folded("how sure"), *right, whole("95 %")
    )
    for stratum in found.strata:
        share = stratum.share
        judged = (f"{share.value:.1%}", f"{share.low:.1%} to {share.high:.1%}") if stratum.judged else ("", "")
        said = "linked" if stratum.is_linked else "not linked"
        table.add_row(said, stratum.band, f"{stratum.pairs:,}", f"{stratum.judged:,}", *judged)
    return table


def _told(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} (95 %: {estimate.low:.1%} to {estimate.high:.1%})"
