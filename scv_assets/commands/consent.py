"""`scv consent …`: a preference centre's words into the ledger, what customers allow out of it, and why it is so."""

from pathlib import Path

import duckdb
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from resources import clock
from resources.lake import fingerprint
from resources.store.consent_words import say
from scv_assets.commands.invocation import typed
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.commands.opening import opened
from scv_assets.commands.shown_by import refusal
from scv_assets.commands.steward import steward
from scv_assets.errors import ConfigError
from scv_assets.governance.permission import ConsentFacts
from scv_assets.governance.preference_centre import Clock, Told, export, read_words
from scv_assets.governance.purposes import consent_policy
from scv_assets.governance.run import POLICY
from scv_assets.interactions.consent_standing import STANDINGS
from scv_assets.numbers_told import counted

_SHOWN = 10


def import_words(path: Path, file: Path, console: Console, *, by: str | None) -> bool:
    """Take a preference centre's file into the ledger and say what was refused; return whether nothing was.

    Refused rows are listed beside the file, in FILE.refused.csv: row number and reason, no value. Raises `ConfigError`
    where the file is refused whole.
    """
    home, store = opened(path)
    settings, now = home.settings, clock.now()
    with duckdb.connect() as con:
        told = read_words(
            con,
            store,
            file,
            consent_policy(home.document(POLICY)),
            settings.countries,
            Clock(settings.time_zone, now),
        )
        details = {"file": fingerprint(file.read_bytes().hex()), "rows": told.rows, "refused": len(told.refused)}
        added = say(store, told.events, by=steward(by), now=now, details=details)
        taken = told.rows - told.silent - len(told.refused)
        console.print(
            f"{taken:,} of {counted(told.rows, 'row')} taken, {counted(added, 'event')} new to the ledger; "
            f"{told.silent:,} that say nothing, {len(told.refused):,} refused",
            highlight=False,
        )
        _tell_refused(told, file.with_name(f"{file.name}.refused.csv"), console)
        if added:
            console.print(f"The next run publishes it: {typed(home.root, 'run')}", soft_wrap=True)
        return not len(told.refused)


def _tell_refused(told: Told, beside: Path, console: Console) -> None:
    if not len(told.refused):
        beside.unlink(missing_ok=True)
        return
    try:
        told.refused.to_csv(str(beside))
    except duckdb.IOException:
        raise ConfigError(
            f"{beside}: cannot be written, so the refused rows cannot be listed; see the folder"
        ) from None
    table = listing(f"Refused, the first {min(_SHOWN, len(told.refused))}", whole("row"), folded("reason"))
    for row, reason in told.refused.limit(_SHOWN).fetchall():
        table.add_row(str(row), reason)
    console.print(table)
    console.print(f"All of them: {beside}", soft_wrap=True, highlight=False)


def export_states(path: Path, file: Path, console: Console) -> None:
    """Write what every customer allows now as CSV, from the store: what was said since the last run is in it."""
    _, store = opened(path)
    with duckdb.connect() as con:
        facts = ConsentFacts(con, store, None)
        found = export(con, crosswalk=facts.crosswalk, settled=facts.standings(con), purposes=facts.purposes)
        rows = found.to_arrow_table()
        beside = file.with_name(f".{file.name}.part")
        try:
            con.from_arrow(rows).to_csv(str(beside))
            beside.replace(file)
        except (duckdb.IOException, OSError):
            raise ConfigError(f"{file}: cannot be written; name a file in a folder that is there") from None
    console.print(f"{file}: {rows.num_rows:,} rows, one a customer, channel and purpose", highlight=False)


def consent_table(store: sa.Engine, customer_id: str) -> Table:
    """Return every word on consent that a customer has now, with what becomes of it: which decides, which does not.

    A refusal that the customer said is written on each of the records as well: these are told with it, as a number.
    """
    with duckdb.connect() as con:
        settled = ConsentFacts(con, store, [customer_id]).standings(con)
        rows = con.sql(
            """
            WITH mine AS (FROM settled WHERE customer_id = ?),
            own AS (FROM mine WHERE source_key IS NULL AND NOT granted)
            SELECT mine.channel, mine.purpose, mine.occurred_at, mine.granted, mine.legal_basis, mine.source,
                mine.source_key, mine.standing, mine.event_id, count(copies.event_id) AS on_records
            FROM mine
            LEFT JOIN mine AS copies ON mine.source_key IS NULL AND NOT mine.granted AND copies.source_key IS NOT NULL
                AND NOT copies.granted AND copies.channel = mine.channel AND copies.purpose = mine.purpose
                AND copies.occurred_at = mine.occurred_at
            WHERE mine.source_key IS NULL OR mine.granted OR NOT EXISTS (
                SELECT 1 FROM own WHERE own.channel = mine.channel AND own.purpose = mine.purpose
                    AND own.occurred_at = mine.occurred_at)
            GROUP BY ALL ORDER BY mine.channel, mine.purpose, mine.occurred_at DESC, mine.event_id
            """,
            params=[customer_id],
        ).fetchall()
    columns = (folded("channel"), folded("purpose"), whole("said (UTC)"), whole("word"), folded("by"), folded("which"))
    table = listing("What it said on consent, and what decides", *columns)
    for channel, purpose, at, granted, basis, source, key, standing, _, on_records in rows:
        word = "yes" if granted else refusal(basis)
        by = f"{source}:{key}" if key else str(source).replace("_", " ")
        by += f", on {counted(on_records, 'record')}" if on_records else ""
        table.add_row(shown(channel), shown(purpose), f"{at:%Y-%m-%d %H:%M}", word, shown(by), STANDINGS[standing])
    return table
