"""`scv quarantine …`: the steward's work on refused rows."""

from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Column

from resources import clock
from resources.store.decisions import discard_quarantine
from resources.store.engine import reading
from resources.store.tables import QUARANTINE
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.errors import ConfigError, NotFound

STATES = ("open", "replayed", "discarded")


def print_quarantine(path: Path, console: Console, *, source: str | None, status: str, limit: int) -> None:
    """Print refused rows with reason, file and row, newest day first."""
    home, store = opened(path)
    if status not in STATES:
        raise ConfigError(f"--status {status} is none of {', '.join(STATES)}")
    if source is not None and source not in home.contracts:
        raise NotFound(f"no source is called '{source}'; there are {', '.join(home.contracts)}")
    q = QUARANTINE.c
    chosen = [q.status == status] + ([q.source == source] if source else [])
    with reading(store) as connection:
        total = connection.scalar(sa.select(sa.func.count()).select_from(QUARANTINE).where(*chosen)) or 0
        rows = connection.execute(
            sa.select(q.extracted_on, q.source, q.file, q.row_number, q.reason)
            .where(*chosen)
            .order_by(q.extracted_on.desc(), q.source, q.file, q.row_number)
            .limit(limit)
        ).all()
    if not rows:
        console.print(f"No row{f' of {source}' if source else ''} is {status} in quarantine.")
        return
    title = f"{total:,} rows {status} in quarantine, {len(rows):,} shown"
    table = listing(title, whole("day"), whole("source"), Column("row", justify="right"), folded("file, and why"))
    for day, of, file, number, reason in rows:
        table.add_row(str(day), of, str(number), shown(file).append(f"\n{shown(reason).plain}", style="dim"))
    console.print(table)


def replay(path: Path, console: Console) -> bool:
    """Check every refused row again under the contracts as they are now, and publish what passes."""
    from scv_assets.commands.run import run_command

    _home, store = opened(path)
    before = _counts(store)
    is_success = run_command(path, (None, None), console)
    after = _counts(store)
    passed = after["replayed"] - before["replayed"]
    console.print(f"{max(passed, 0):,} rows went through; {after['open']:,} are still refused (scv quarantine list).")
    return is_success


def discard(path: Path, console: Console, *, source: str, file: str, row_number: int, by: str) -> None:
    """Mark one refused row as given up, in somebody's name."""
    _home, store = opened(path)
    discard_quarantine(store, source, file, row_number, by=by, now=clock.now())
    console.print(f"{source}, {file}, row {row_number}: given up by {by}; it stays on record.")


def _counts(store: sa.Engine) -> dict[str, int]:
    with reading(store) as connection:
        rows = connection.execute(sa.select(QUARANTINE.c.status, sa.func.count()).group_by(QUARANTINE.c.status))
        found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in STATES}
