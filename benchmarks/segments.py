"""What segments cost: traits, membership, matrix and attribution of many customers over a year of days.

    python -m benchmarks.segments [--customers 1000000] [--days 365] [--steps today publish day backfill attribution]

Every customer has 3.3 orders of three lines each on average (ten million lines for a million customers; segments do not
look at lines), visits and messages in proportion. `today`: all days up to the last but one, in a company that was never
published; `publish`: into SQLite; `day`: the last day comes in, 0.5 % of the customers did something that day;
`backfill`: late orders of the last 30 days come in, and all of these days are told anew. Each step is a process of its
own, timed from outside with its peak memory.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path

from benchmarks.table import print_table
from resources.store.engine import open_store
from resources.store.migrations import migrate
from resources.store.publish import publish
from resources.store.tables import METADATA, duckdb_schema
from scv_assets import stages
from scv_assets.commands.init import lay_folder
from scv_assets.home import Home, load_home
from scv_assets.segments.run import ATTRIBUTED, OUTPUTS, attribute, segment

LAST_ON = date(2026, 11, 20)
NIGHT = datetime.fromisoformat("2026-11-20T03:00:00")
YARDSTICKS = {
    "today": "180 s, 4 GB",
    "publish": "",
    "day": "with the day, not with the year",
    "backfill": "20 min",
    "attribution": "",
}

#: table -> SQL of its rows over `r(n)`: rows a customer, then columns. `day` is a day of the year, by chance of `n`.
_ROWS: dict[str, tuple[float, str]] = {
    "customer_order": (
        3.3,
        """'shop' AS source, 'O' || n AS order_id, {who} AS customer_id, 'K' || n AS person_key,
        CASE WHEN n % 3 = 0 THEN 'store' ELSE 'online' END AS channel, {at} AS ordered_at, 'paid' AS status,
        (500 + hash(n, 3) % 20000)::BIGINT AS gross_cents, 'EUR' AS currency, n % 20 = 0 AS is_return,
        {at} AS invoiced_at""",
    ),
    "visit": (
        4,
        """'web' AS source, 'V' || n AS visit_id, {who} AS customer_id, 'web' AS channel, {at} AS started_at,
        {at} AS ended_at, 3 AS pages, CASE WHEN n % 3 = 0 THEN 'c' || n % 40 END AS campaign""",
    ),
    "message_event": (
        2,
        """'mail' AS source, 'M' || n AS message_id, CASE WHEN n % 4 = 0 THEN 'opened' ELSE 'sent' END AS kind,
        {at} AS occurred_at, {who} AS customer_id, 'email' AS channel, 'm' || n % 50 AS campaign""",
    ),
    "ticket": (
        0.1,
        """'desk' AS source, 'T' || n AS ticket_id, {who} AS customer_id, {at} AS opened_at,
        {at} + INTERVAL 3 DAY AS closed_at, CASE WHEN n % 3 = 0 THEN 'complaint' ELSE 'review' END AS kind""",
    ),
    "cart": (
        0.5,
        "'web' AS source, 'C' || n AS cart_id, {who} AS customer_id, 'open' AS status, {at} AS last_touched_at",
    ),
    "consent_event": (
        0.5,
        """'E' || n AS event_id, 'crm' AS source, 'K' || n * 2 AS source_key, 'email' AS channel,
        'marketing' AS purpose, true AS granted, 'consent' AS legal_basis, {at} AS occurred_at""",
    ),
    "crosswalk": (1, "'crm' AS source, 'K' || n AS source_key, {id} AS customer_id"),
    "source_record": (1, "'crm' AS source, 'K' || n AS source_key, {at} AS first_seen_at"),
    "record_identifier": (
        0.9,
        """'crm' AS source, 'K' || n AS source_key, 'email' AS namespace, 'e' || n AS value, {at} AS first_seen_at""",
    ),
}


def lay(home: Home, customers: int, days: int, last_on: date, *, late: bool = False) -> None:
    """Write the stage's inputs as they are at the end of a day; `late`: with orders that came in afterwards."""
    lake = home.lake()
    identifier = "'C' || substr(md5(CAST({} AS VARCHAR)), 1, 24)"
    values = {
        "who": identifier.format(f"hash(n, 1) % {customers}"),
        "id": identifier.format("n"),
        "at": f"TIMESTAMP '{LAST_ON}' - to_seconds((hash(n, 2) % {days * 86400})::BIGINT) + INTERVAL 20 HOUR",
    }
    with lake.connect() as con:
        for table, (each, columns) in _ROWS.items():
            found = METADATA.tables[table]
            chosen = columns.format(**values)
            instant = next(
                (name for name in ("ordered_at", "occurred_at", "started_at") if f"AS {name}" in chosen), None
            )
            known = f"WHERE {instant} < TIMESTAMP '{last_on + timedelta(days=1)}'" if instant else ""
            held = (
                ""
                if late or table != "customer_order"
                else "AND NOT (n % 500 = 0 AND ordered_at > {})".format(f"TIMESTAMP '{LAST_ON - timedelta(days=30)}'")
            )
            names = ", ".join(
                f"{column} " if f"AS {column}" in chosen else f"NULL::{type_} AS {column}"
                for column, type_ in duckdb_schema(found).items()
            )
            rows = con.sql(f"""
                SELECT {names} FROM (SELECT n, {chosen} FROM range({int(customers * each)}) AS r(n)) {known} {held}
            """)
            lake.write(stages.published_path(table), rows, made_from=f"{last_on} {late}")
        for day in (last_on,):
            lake.write(stages.raw_path("customers"), con.sql("SELECT 1 AS n"), made_from="", partition=day.isoformat())


def run_step(step: str, root: Path, customers: int, days: int) -> None:
    """Do one step of the benchmark in this process."""
    home = load_home(root)
    lake, store = home.lake(), open_store(home.settings.store_url)
    migrate(store)
    nights = {"day": NIGHT + timedelta(days=1), "backfill": NIGHT + timedelta(days=2)}
    if step == "attribution":
        attribute(home, lake)
    elif step == "publish":
        tables = {table: OUTPUTS[table] for table in OUTPUTS}
        with lake.connect() as con:
            publish(store, lake, con, tables, now=NIGHT, run_id="first")
    else:
        segment(home, lake, store, now=nights.get(step, NIGHT))
    store.dispose()


def measured(step: str, root: Path, given: argparse.Namespace) -> tuple[str, int]:
    """Run a step in a process of its own; return wall and CPU seconds and peak memory as text, and its exit code."""
    began = time.perf_counter()
    sizes = ["--customers", str(given.customers), "--days", str(given.days)]
    command = [sys.executable, "-m", "benchmarks.segments", "--step", step, "--home", str(root), *sizes]
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    wall, cpu = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return f"{wall:.0f} s, CPU {cpu:.0f} s, {usage.ru_maxrss / 1e6:.2f} GB", os.waitstatus_to_exitcode(status)


def main() -> None:
    """Lay the company, measure the steps and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--steps", nargs="+", choices=tuple(YARDSTICKS), default=tuple(YARDSTICKS))
    options.add_argument("--home", type=Path, help="where to lay the company (default: a folder that goes afterwards)")
    options.add_argument("--step", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.step:
        run_step(given.step, given.home, given.customers, given.days)
        return
    root = Path(given.home or tempfile.mkdtemp())
    try:
        print_table(
            f"Segments of {given.customers:,} customers over {given.days} days", measure(root / "company", given)
        )
    finally:
        if given.home is None:
            shutil.rmtree(root)


def measure(root: Path, given: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Return the rows of the table."""
    if not root.exists():
        lay_folder(root)
        settings = root / "scv.yaml"
        start_on = LAST_ON - timedelta(days=given.days - 1)
        settings.write_text(settings.read_text(encoding="utf-8").replace("2026-01-01", str(start_on)), encoding="utf-8")
    home = load_home(root)
    rows = []
    inputs = {"today": (LAST_ON - timedelta(days=1), False), "day": (LAST_ON, False), "backfill": (LAST_ON, True)}
    for step in given.steps:
        if step in inputs:
            last_on, is_late = inputs[step]
            lay(home, given.customers, given.days, last_on, late=is_late)
        cost, code = measured(step, root, given)
        rows.append((step, cost + (f", exit code {code}" if code else ""), YARDSTICKS[step]))
        print(rows[-1], flush=True)
    sizes = {dataset: part.rows for dataset in (*OUTPUTS.values(), ATTRIBUTED) if (part := home.lake().part(dataset))}
    return [*rows, *((dataset, f"{count:,} rows", "") for dataset, count in sizes.items())]


if __name__ == "__main__":
    main()
