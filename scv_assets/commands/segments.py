"""`scv segments …`: who would move by another segments.yaml, and the transition matrix of any two days."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import sqlalchemy as sa
from rich.console import Console
from rich.table import Column, Table

from resources import clock
from resources.store.engine import reading
from resources.store.tables import CUSTOMER_TRAIT, SEGMENT_MEMBERSHIP
from resources.store.unloading import relation
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.errors import NotFound
from scv_assets.home import Home
from scv_assets.segments.pictures import MatrixPicture, lay_out
from scv_assets.segments.policy import Segmentation, load_policy
from scv_assets.segments.run import POLICY
from scv_assets.segments.trial import SegmentationTrial, try_segments
from scv_assets.segments.two_days import matrix_between
from scv_assets.validation.moments import to_utc
from scv_assets.yaml_document import read_yaml, suggestion


def print_trial(path: Path, file: Path, console: Console, *, sample: int, is_json: bool) -> None:
    """Print who would be in another segment by another segments.yaml. Raises `ConfigError`, `NotFound`."""
    home, store = opened(path)
    found = try_segments(home, store, read_yaml(file, str(file)), now=clock.now(), sample=sample)
    if is_json:
        print(json.dumps(found.as_json(), indent=2, ensure_ascii=False))  # noqa: T201
        return
    for one in found.segmentations:
        if one.restated:
            _print_segmentation(one, console)
    if found.is_empty:
        console.print(f"Nobody would move: every segment of every day up to {found.as_of_on} stays as it is.")
    for refusal in found.refusals:
        console.print(shown(f"\nBefore it can be published: {refusal}"), soft_wrap=True)
    console.print(f"\nCompared at the end of {found.as_of_on}. Nothing was published.", highlight=False)


def _print_segmentation(one: SegmentationTrial, console: Console) -> None:
    versions = f"version {one.version_before or '–'} → {one.version_after or '–'}"
    right = [Column(name, justify="right", no_wrap=True) for name in ("now", "then")]
    table = listing(f"{one.segmentation}: {versions}", folded("segment"), *right)
    for name in sorted({*one.before, *one.after}):
        table.add_row(_plain(name), f"{one.before.get(name, 0):,}", f"{one.after.get(name, 0):,}")
    console.print(table)
    moves = listing("Who would move", folded("from → to"), Column("customers", justify="right"))
    for move, customers in one.moves.items():
        moves.add_row(_plain(move).replace("->", "→"), f"{customers:,}")
    if one.moves:
        console.print(moves)
    console.print(
        f"\n{one.restated:,} customers would have another history, as corrections: nothing is sent for them.",
        highlight=False,
        soft_wrap=True,
    )
    if one.sample:
        some = listing("Some of them", whole("customer"), folded("from"), folded("to"))
        for who in one.sample:
            some.add_row(who.customer_id, _plain(who.from_segment), _plain(who.to_segment))
        console.print(some)


def print_matrix(
    path: Path, from_on: date, to_on: date, console: Console, *, segmentation: str | None, known_on: date | None
) -> None:
    """Print where those who were in a segment at the end of one day were at the end of another.

    `known_on`: as it was known at the end of that day, in the company's time zone. Raises `NotFound` for a segmentation
    that is none, and for days that the history does not have.
    """
    home, store = opened(path)
    term = _segmentation(home, segmentation)
    known_at = _end_of(known_on, home.settings.time_zone) if known_on else None
    with duckdb.connect() as con:
        stays = relation(con, store, SEGMENT_MEMBERSHIP.name, SEGMENT_MEMBERSHIP.c.segmentation == term.name)
        _check_days(store, stays, from_on, to_on)
        matrix = matrix_between(con, stays, from_on, to_on, known_at=known_at)
        picture = lay_out(con, matrix, term, from_on, to_on)
    if not any(map(sum, picture.customers)):
        raise NotFound(f"nobody was known on {to_on} as it was known then; the history was first recorded later")
    console.print(_matrix(picture, known_on))
    rows = "Rows: where they were on the first day; columns: where on the second, and which share of the row."
    console.print(rows, soft_wrap=True)


def _matrix(picture: MatrixPicture, known_on: date | None) -> Table:
    rows = [number for number, counts in enumerate(picture.customers) if any(counts)]
    title = picture.title + (f", as known on {known_on}" if known_on else "")
    ends = [Column(shown(name).plain, justify="right", overflow="fold") for _, name in picture.tos]
    table = listing(title, folded("from \\ to"), *ends, Column("all", justify="right"))
    for row in rows:
        counts = picture.customers[row]
        cells = [f"{count:,}\n{picture.share(row, place):.1%}" if count else "·" for place, count in enumerate(counts)]
        table.add_row(shown(picture.froms[row][1]), *cells, f"{sum(counts):,}")
    totals = [sum(column) for column in zip(*picture.customers, strict=True)]
    table.add_row("at the end", *(f"{count:,}" for count in totals), f"{sum(totals):,}")
    return table


def _check_days(store: sa.Engine, stays: duckdb.DuckDBPyRelation, from_on: date, to_on: date) -> None:
    first: date | None = stays.aggregate("min(valid_from)").fetchall()[0][0]
    with reading(store) as connection:
        last: date | None = connection.scalar(sa.select(sa.func.max(CUSTOMER_TRAIT.c.as_of_on)))
    if first is None or last is None:
        raise NotFound("no segment is published yet: scv run")
    if from_on > to_on:
        raise NotFound(f"{from_on} is after {to_on}; name the earlier day first")
    if from_on < first or to_on > last:
        raise NotFound(f"the history goes from {first} to {last}; name two days in it")


def _segmentation(home: Home, name: str | None) -> Segmentation:
    exclusive = load_policy(home.document(POLICY)).segmentations
    known = {one.name: one for one in exclusive}
    if name is None:
        return exclusive[0]
    if name not in known:
        raise NotFound(f"'{name}' is no exclusive segmentation; there are {', '.join(known)}{suggestion(name, known)}")
    return known[name]


def _end_of(on: date, time_zone: str) -> datetime:
    midnight = datetime.combine(on + timedelta(days=1), datetime.min.time())
    end = to_utc(midnight, ZoneInfo(time_zone))
    assert end is not None
    return end


def _plain(name: str) -> str:
    return name.replace("_", " ")
