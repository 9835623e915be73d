"""The printed summary of the published view, for somebody who has never heard of a pipeline.

Here: the figures, read from the store in one snapshot, and their layout. Not here: how any of them comes about.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.panel import Panel
from rich.table import Column
from rich.text import Text

from resources.store import tables as t
from resources.store.engine import reading
from scv_assets.commands.listing import folded, listing, shown, whole

LIFECYCLE = "lifecycle"
#: the lifecycle in the order in which a customer goes through it
ORDER = ("visitor", "prospect", "one_purchase", "multi_purchase", "ambassador")
#: where the matrix has those who were not known before the period
BEFORE = "(new)"
REASONS_SHOWN = 8

_QUOTED = re.compile(r"'[^']*' ")


@dataclass(frozen=True)
class Summary:
    """The figures of the published view; shares are between 0 and 1."""

    records: int
    sources: int
    customers: int
    merged_records: int
    inside: list[tuple[str, int, int, float]]
    between: list[tuple[str, str, int, float]]
    segments: list[tuple[str, int]]
    matrix: dict[tuple[str, str], int]
    period: tuple[str, str] | None
    quarantined: list[tuple[str, str, int]]
    interactions: list[tuple[str, int, int]]
    open_reviews: int
    decisions: list[tuple[str, str, int]]
    decided_at: str | None


def read_summary(store: sa.Engine) -> Summary:
    """Read every figure in one snapshot."""
    with reading(store) as connection:
        count = sa.func.count()
        records, sources = connection.execute(
            sa.select(count, sa.func.count(sa.distinct(t.SOURCE_RECORD.c.source)))
        ).one()
        customers = connection.scalar(sa.select(count).select_from(t.GOLDEN_PROFILE)) or 0
        shared = sa.select(t.CROSSWALK.c.customer_id).group_by(t.CROSSWALK.c.customer_id).having(count > 1).subquery()
        merged = connection.scalar(
            sa.select(count).select_from(t.CROSSWALK.join(shared, shared.c.customer_id == t.CROSSWALK.c.customer_id))
        )
        period = _last_month(connection)
        decided_at, decisions = _decisions(connection)
        return Summary(
            records=records,
            sources=sources,
            customers=customers,
            merged_records=merged or 0,
            inside=_inside(connection),
            between=_between(connection),
            segments=_segments(connection),
            matrix=_matrix(connection, period),
            period=period,
            quarantined=_quarantined(connection),
            interactions=_interactions(connection),
            open_reviews=connection.scalar(
                sa.select(count).select_from(t.REVIEW_TASK).where(t.REVIEW_TASK.c.status == "open")
            )
            or 0,
            decisions=decisions,
            decided_at=decided_at,
        )


def _inside(connection: sa.Connection) -> list[tuple[str, int, int, float]]:
    """Return (source, records, records too many, share) of the duplicates inside each source."""
    m = t.QUALITY_METRIC.c
    query = (
        sa.select(m.source, m.denominator, m.numerator, m.value)
        .where(m.metric == "intra_base_duplicate_rate", m.denominator > 0)
        .order_by(m.source)
    )
    return [(row[0], int(row[1]), int(row[2]), float(row[3])) for row in connection.execute(query)]


def _between(connection: sa.Connection) -> list[tuple[str, str, int, float]]:
    """Return (source, other source, customers in both, share of the first's) of the pairs that share most."""
    m = t.QUALITY_METRIC.c
    query = (
        sa.select(m.source, m.field, m.numerator, m.value)
        .where(m.metric == "inter_base_duplicate_rate", m.numerator > 0, m.source < m.field)
        .order_by(m.numerator.desc(), m.source, m.field)
        .limit(REASONS_SHOWN)
    )
    return [(row[0], row[1], int(row[2]), float(row[3])) for row in connection.execute(query)]


def _segments(connection: sa.Connection) -> list[tuple[str, int]]:
    m = t.SEGMENT_MEMBERSHIP.c
    query = (
        sa.select(m.segment, sa.func.count())
        .where(m.segmentation == LIFECYCLE, m.superseded_at.is_(None), m.valid_to.is_(None))
        .group_by(m.segment)
    )
    found = {row[0]: row[1] for row in connection.execute(query)}
    return [(segment, found[segment]) for segment in (*ORDER, *sorted(set(found) - set(ORDER))) if segment in found]


def _last_month(connection: sa.Connection) -> tuple[str, str] | None:
    """Return the last period of two weeks to two months, as ISO days; of a younger company the longest there is."""
    m = t.TRANSITION_MATRIX.c
    rows = connection.execute(
        sa.select(m.period_start, m.period_end).where(m.segmentation == LIFECYCLE).distinct()
    ).all()
    months = [(end, start) for start, end in rows if 14 <= (end - start).days <= 62]
    if not rows:
        return None
    end, start = max(months) if months else (max(end for _, end in rows), min(start for start, _ in rows))
    return start.isoformat(), end.isoformat()


def _matrix(connection: sa.Connection, period: tuple[str, str] | None) -> dict[tuple[str, str], int]:
    if period is None:
        return {}
    m = t.TRANSITION_MATRIX.c
    query = sa.select(m.from_segment, m.to_segment, m.customers).where(
        m.segmentation == LIFECYCLE,
        sa.cast(m.period_start, sa.String) == period[0],
        sa.cast(m.period_end, sa.String) == period[1],
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _decisions(connection: sa.Connection) -> tuple[str | None, list[tuple[str, str, int]]]:
    """Return when campaigns were last decided, and (campaign, what of it, how many) of that: by channel, by reason."""
    o, s = t.OUTBOX.c, t.SUPPRESSION.c
    last = [connection.scalar(sa.select(sa.func.max(at))) for at in (o.created_at, s.decided_at)]
    at = max((one for one in last if one is not None), default=None)
    sent = sa.select(o.campaign, sa.literal("by ") + o.channel, sa.func.count()).where(o.created_at == at)
    held = sa.select(s.campaign, sa.literal("not: ") + s.reason, sa.func.count()).where(
        s.decided_at == at, s.subject == ""
    )
    rows = [
        *connection.execute(sent.group_by(o.campaign, o.channel)),
        *connection.execute(held.group_by(s.campaign, s.reason)),
    ]
    found = sorted((str(campaign), str(what).replace("_", " "), int(count)) for campaign, what, count in rows)
    return (at.isoformat(sep=" ", timespec="minutes") if at else None), found


def _quarantined(connection: sa.Connection) -> list[tuple[str, str, int]]:
    """Return (source, why, rows), most first; reasons that differ only in the value that they quote are one."""
    q = t.QUARANTINE.c
    query = sa.select(q.source, q.reason, sa.func.count()).where(q.status == "open").group_by(q.source, q.reason)
    counted: Counter[tuple[str, str]] = Counter()
    for source, reason, rows in connection.execute(query):
        counted[(source, _QUOTED.sub("", reason.split(";")[0]))] += rows
    return [
        (source, why, rows) for (source, why), rows in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]


def _interactions(connection: sa.Connection) -> list[tuple[str, int, int]]:
    """Return (what, all, without a customer) of every kind of interaction that has customers."""
    found = []
    for title, table in (
        ("orders and till tickets", t.CUSTOMER_ORDER),
        ("visits", t.VISIT),
        ("carts", t.CART),
        ("service cases and calls", t.TICKET),
        ("message events", t.MESSAGE_EVENT),
    ):
        row = connection.execute(sa.select(sa.func.count(), sa.func.count(table.c.customer_id))).one()
        found.append((title, row[0], row[0] - row[1]))
    return found


def print_summary(console: Console, summary: Summary, *, title: str, next_steps: list[tuple[str, str]]) -> None:
    """Print the summary, then what to open next as (what, how)."""
    console.print(Panel.fit(Text(title, style="bold"), border_style="cyan"))
    console.print(
        f"[bold]{summary.records:,}[/bold] person records of {summary.sources} sources are "
        f"[bold]{summary.customers:,}[/bold] customers: {summary.merged_records:,} records belong to a customer "
        "who is known more than once."
    )
    if summary.open_reviews:
        console.print(f"{summary.open_reviews:,} questions wait for a data steward (is this the same person?).")
    _print_duplicates(console, summary)
    _print_interactions(console, summary)
    _print_segments(console, summary)
    _print_decisions(console, summary)
    _print_quarantine(console, summary)
    console.print("\n[bold]Open next[/bold]")
    for what, how in next_steps:
        console.print(Text(f"  {what}: ").append(how, style="cyan"), soft_wrap=True)


def _print_duplicates(console: Console, summary: Summary) -> None:
    inside = listing(
        "Duplicates inside each source", whole("source"), *_figures("person records", "duplicates", "share")
    )
    for source, records, too_many, share in summary.inside:
        inside.add_row(source, f"{records:,}", f"{too_many:,}", f"{share:.1%}")
    console.print(inside)
    if summary.between:
        between = listing(
            "The same customers in two sources (the largest overlaps)",
            whole("source"),
            whole("other source"),
            *_figures("customers in both", "share of the first's"),
        )
        for source, other, both, share in summary.between:
            between.add_row(source, other, f"{both:,}", f"{share:.0%}")
        console.print(between)


def _print_interactions(console: Console, summary: Summary) -> None:
    table = listing("What customers did", whole(""), *_figures("all", "of nobody yet (kept)"))
    for title, total, nobody in summary.interactions:
        table.add_row(title, f"{total:,}", f"{nobody:,}")
    console.print(table)


def _print_segments(console: Console, summary: Summary) -> None:
    total = sum(customers for _, customers in summary.segments) or 1
    table = listing("Lifecycle segments, now", whole("segment"), *_figures("customers", "share"), whole(""))
    for segment, customers in summary.segments:
        bar = "█" * round(40 * customers / total)
        table.add_row(_plain(segment), f"{customers:,}", f"{customers / total:.1%}", bar)
    console.print(table)
    if summary.period is not None:
        _print_matrix(console, summary, summary.period)


def _print_matrix(console: Console, summary: Summary, period: tuple[str, str]) -> None:
    known = [*ORDER, *sorted({name for names in summary.matrix for name in names} - {*ORDER, BEFORE})]
    columns = [name for name in known if any(to == name for _, to in summary.matrix)]
    rows = [name for name in (BEFORE, *known) if any(before == name for before, _ in summary.matrix)]
    table = listing(
        f"Who moved where, {period[0]} to {period[1]} (from: rows, to: columns)",
        whole("from \\ to"),
        *_figures(*map(_plain, columns)),
    )
    for name in rows:
        moved = (summary.matrix.get((name, to)) for to in columns)
        table.add_row(_plain(name), *("·" if customers is None else f"{customers:,}" for customers in moved))
    console.print(table)


def _print_decisions(console: Console, summary: Summary) -> None:
    if not summary.decisions:
        return
    table = listing(
        f"Messages decided last ({summary.decided_at} UTC)",
        whole("campaign"),
        folded("sent, or why not"),
        *_figures(""),
    )
    for campaign, what, count in summary.decisions:
        table.add_row(_plain(campaign), what, f"{count:,}")
    console.print(table)


def _print_quarantine(console: Console, summary: Summary) -> None:
    if not summary.quarantined:
        console.print("\nNo row is in quarantine.")
        return
    total = sum(rows for _, _, rows in summary.quarantined)
    table = listing(
        f"In quarantine: {total:,} rows, kept until their file or contract is mended",
        whole("source"),
        folded("why"),
        *_figures("rows"),
    )
    for source, reason, rows in summary.quarantined[:REASONS_SHOWN]:
        table.add_row(source, shown(reason), f"{rows:,}")
    rest = summary.quarantined[REASONS_SHOWN:]
    if rest:
        table.add_row("…", f"{len(rest)} more reasons (scv quarantine list)", f"{sum(rows for *_, rows in rest):,}")
    console.print(table)


def _figures(*headers: str) -> list[Column]:
    return [Column(header, justify="right") for header in headers]


def _plain(name: str) -> str:
    return name.replace("_", " ")


def store_place(url: str) -> str:
    """Return where the store is, without a password."""
    parsed = sa.engine.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return str(Path(parsed.database or ":memory:"))
    return parsed.render_as_string(hide_password=True)
