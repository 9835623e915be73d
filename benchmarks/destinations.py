"""How fast destinations are brought up to date: as fast as their limits allow, and without one refusal for the rate.

    python -m benchmarks.destinations [profiles]

A hundred thousand profiles go to the sandbox of HubSpot in real time, and to the sandbox of Actito by an import; then
1,000 changes go to Actito call by call. Those would take nine minutes at 100 calls a minute: there the clock of both
sides runs twenty times faster, so that the time of an answer, too, counts twenty times as much.

The least time that limits allow for n calls: the first window's at once, then a window's worth a window. It is compared
with the time from the first to the last call as the server saw them; what comes before the first (reading the store,
the difference) is told apart.
"""

import math
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from unittest import mock

import sqlalchemy as sa

from benchmarks.table import print_table
from destination_sandbox.limits import WallClock
from destination_sandbox.serving import Running, running
from resources.store.engine import open_store, writing
from resources.store.migrations import migrate
from resources.store.tables import GOLDEN_PROFILE, PUBLICATION
from scv_assets.activation.delivery.run import Delivered, deliver
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.commands.init import lay_folder
from scv_assets.golden.run import SILENCE_PATH
from scv_assets.home import Home, load_home

CHANGES, SPEED = 1_000, 20.0
YAML = """
destinations:
  hubspot:
    kind: hubspot
    url: ${BENCH_HUBSPOT}
    token: ${BENCH_SECRET}
    objects: {profile: {fields: {first_name: firstname, last_name: lastname, email: email, city: city}}}
  actito:
    kind: actito
    url: ${BENCH_ACTITO}
    key: ${BENCH_SECRET}
    entity: Bench
    objects: {profile: {table: Clients, fields: {first_name: firstName, last_name: lastName, email: emailAddress}}}
    bulk_from: 1001
"""


class Clock(WallClock):
    """The client's clock, as fast as the server's."""

    def now(self) -> datetime:
        """Return one instant: nothing here depends on it."""
        return datetime.fromisoformat("2026-11-20T10:00:00")


def least_seconds(calls: int, window_calls: int, window: float) -> float:
    """Return the least time in which a rolling window lets so many calls through."""
    return (math.ceil(calls / window_calls) - 1) * window


def fill(home: Home, store: sa.Engine, profiles: int, version: int, changed: int) -> None:
    """Publish so many profiles, of which the first `changed` differ by the version."""
    lake = home.lake()
    with lake.connect() as con:
        silence = con.sql("SELECT 'email' AS channel, 'marketing' AS purpose, true AS is_granted")
        lake.write(SILENCE_PATH, silence, made_from="bench")
    rows = [
        {
            "customer_id": f"C{n:07}",
            "first_name": f"First {n % 997}{f' v{version}' if n < changed else ''}",
            "last_name": f"Last {n % 4999}",
            "email": f"person{n}@example.org",
            "city": "Gent",
        }
        for n in range(profiles)
    ]
    with writing(store, PUBLICATION) as connection:
        connection.execute(sa.delete(GOLDEN_PROFILE))
        connection.execute(sa.insert(GOLDEN_PROFILE), rows)
        connection.execute(sa.delete(PUBLICATION))
        published = {"table_name": "golden_profile", "content": str(version), "row_count": profiles, "run_id": "bench"}
        connection.execute(sa.insert(PUBLICATION).values(published))


@contextmanager
def serving(system: str, speed: float) -> Iterator[tuple[Running, Clock]]:
    """Serve a sandbox whose clock, as the client's, runs so many times faster."""
    clock = Clock(speed)
    variables = {"BENCH_SECRET": "x", "NO_PROXY": "127.0.0.1"}
    with (
        running(system, clock) as server,
        mock.patch.dict("os.environ", {**variables, f"BENCH_{system.upper()}": server.url}),
    ):
        yield server, clock


def timed(home: Home, store: sa.Engine, name: str, clock: Clock) -> tuple[Delivered, float]:
    """Deliver and return what was done and the seconds that it took by the clock."""
    started = clock.seconds()
    done = deliver(home, home.lake(), store, company_destinations(home)[name], clock)
    return done, clock.seconds() - started


def told(what: str, done: Delivered, seconds: float, server: Running, least: float) -> tuple[str, str, str]:
    """Return a row of the table."""
    between = server.counts.last_at - (server.counts.first_at or 0.0)
    share = f" ({least / between:.1%} of the allowed rate)" if least else ""
    refused = f"{server.counts.refused_for_rate} refused for the rate"
    measured = f"{done.calls:,} calls in {between:,.1f} s{share}, {seconds:,.1f} s in all; {refused}"
    return what, measured, f"{least:,.0f} s at least; ≥ 95 %; 0 refused" if least else "0 refused"


def main() -> None:
    """Sync and print the table."""
    profiles = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "company"
        lay_folder(root)
        (root / "destinations.yaml").write_text(YAML)
        store = open_store(f"sqlite:///{Path(folder) / 'scv.db'}")
        migrate(store)
        home = load_home(root)
        fill(home, store, profiles, 1, 0)
        with serving("hubspot", 1.0) as (server, clock):
            done, seconds = timed(home, store, "hubspot", clock)
            assert len(server.holds.contacts) == profiles
            least = least_seconds(done.calls, 190, 10.0)
            measured.append(told(f"HubSpot: {profiles:,} profiles", done, seconds, server, least))
            done, seconds = timed(home, store, "hubspot", clock)
            measured.append(("HubSpot: second sync", f"{done.calls} calls in {seconds:.1f} s", "0 calls"))
        with serving("actito", 1.0) as (server, clock):
            done, seconds = timed(home, store, "actito", clock)
            assert len(server.holds.profiles["Clients"]) == profiles
            measured.append(told(f"Actito: {profiles:,} profiles, imported", done, seconds, server, 0))
            done, seconds = timed(home, store, "actito", clock)
            measured.append(("Actito: second sync", f"{done.calls} calls in {seconds:.1f} s", "0 calls"))
        fill(home, store, profiles, 2, CHANGES)
        with serving("actito", SPEED) as (server, clock):
            done, seconds = timed(home, store, "actito", clock)
            least = least_seconds(done.calls, 100, 60.0)
            what = f"Actito: {CHANGES:,} changes, call by call (clock x {SPEED:.0f})"
            measured.append(told(what, done, seconds, server, least))
        store.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print_table("Destinations", [*measured, ("peak memory, sandboxes included", f"{peak:.2f} GB", "")])


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - started:.0f} s in all")
