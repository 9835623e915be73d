"""One delivery: a destination is brought up to date and sent what is due; and whether there is anything to deliver.

Two processes never deliver to one destination at once: the second waits for the lock of the first. A sync whose inputs
are those of the last one that ended is not computed: nothing is read and no call is made.
"""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection

from resources.lake import Lake, fingerprint
from resources.store.publish import base
from resources.store.unloading import relation
from scv_assets import stages
from scv_assets.activation.delivery import outbox, sync_state
from scv_assets.activation.delivery.admitting import Admission
from scv_assets.activation.delivery.erasing import settle
from scv_assets.activation.delivery.sending import Refusing, Sending, Sent
from scv_assets.activation.delivery.syncing import Synced, Syncing
from scv_assets.activation.delivery.wanted import TABLES, differences, wanted
from scv_assets.activation.destinations.interface import Called, Changes, Channel, Destination, Whole
from scv_assets.activation.destinations.opening import Surroundings, open_destination
from scv_assets.activation.destinations.pace import Clock
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.activation.destinations.settings import DestinationSettings
from scv_assets.golden.run import SILENCE_PATH, SILENCE_SCHEMA
from scv_assets.home import Home


@dataclass
class Delivered:
    """What a delivery did. In a dry run `would_write` and `would_remove` count what it did not do.

    `standing`: objects refused and dead letters that there are after it, of earlier deliveries too.
    """

    synced: Synced = field(default_factory=Synced)
    sent: Sent = field(default_factory=Sent)
    calls: int = 0
    refused_for_rate: int = 0
    is_unchanged: bool = False
    is_dry_run: bool = False
    would_write: dict[str, int] = field(default_factory=dict)
    would_remove: dict[str, int] = field(default_factory=dict)
    would_send: int = 0
    standing: int = 0


def enabled_destinations(home: Home) -> dict[str, DestinationSettings]:
    """Return the destinations whose address is known here. Raises `ConfigError`."""
    return {name: of for name, of in company_destinations(home).items() if of.is_enabled}


def waiting(home: Home, lake: Lake, engine: sa.Engine, now: datetime) -> list[str]:
    """Return the names of the destinations for which there is something to do now."""
    due = outbox.due_counts(engine, now)
    return [
        name
        for name, settings in enabled_destinations(home).items()
        if (due.get(name) and settings.channels) or (settings.objects and not _is_current(lake, engine, settings))
    ]


def deliver(
    home: Home,
    lake: Lake,
    engine: sa.Engine,
    settings: DestinationSettings,
    clock: Clock,
    refusing: Refusing | None = None,
) -> Delivered:
    """Bring one destination up to date, then send it what is due; `refusing` says what may not be sent (`Admission`).

    Raises `ConfigError`, `DestinationUnavailable`, `StoreUnavailable`; what was taken by then is known.
    """
    with _alone(home, settings.name):
        if settings.is_dry_run:
            return _dry(lake, engine, settings, clock)
        destination = open_destination(settings, Surroundings(home.root, home.settings.time_zone, clock))
        try:
            done = _deliver(home, lake, engine, settings, clock, destination, refusing)
        finally:
            destination.close()
        settle(home, engine, clock.now())
        return done


def _deliver(
    home: Home,
    lake: Lake,
    engine: sa.Engine,
    settings: DestinationSettings,
    clock: Clock,
    destination: Destination,
    refusing: Refusing | None,
) -> Delivered:
    done = Delivered()
    if settings.objects or sync_state.has_any(engine, settings.name):
        made_from = _made_from(lake, engine, settings)
        if _is_current(lake, engine, settings):
            done.is_unchanged = True
        else:
            done.synced = _sync(lake, engine, settings, clock, destination)
            lake.replace_text(_stamp(settings.name), made_from)
    if settings.channels and isinstance(destination, Channel):
        receipt_hours = float(settings.options.get("receipt_hours", "72"))
        with closing(Admission(home, lake, engine)) as admission:
            asked = admission if refusing is None else refusing
            done.sent = Sending(engine, settings.name, destination, settings.limits, clock, asked, receipt_hours).run()
    done.standing = sync_state.rejected_count(engine, settings.name) + outbox.dead_letter_count(engine, settings.name)
    done.calls, done.refused_for_rate = destination.tally.total, destination.tally.refused_for_rate
    return done


def _sync(
    lake: Lake, engine: sa.Engine, settings: DestinationSettings, clock: Clock, destination: Destination
) -> Synced:
    syncing = Syncing(engine, settings.name, settings.where, clock)
    with lake.connect() as con:
        changes = changes_for(con, lake, engine, settings)
        if isinstance(destination, Whole):
            done = syncing.whole(con, destination, changes)
        else:
            assert isinstance(destination, Called)
            done = syncing.by_calls(destination, changes)
    for name, of in changes.items():
        sync_state.leave_out(engine, settings.name, name, of.left_out, clock.now())
        done.left_out[name] = len(of.left_out)
    return done


def changes_for(con: Connection, lake: Lake, engine: sa.Engine, settings: DestinationSettings) -> dict[str, Changes]:
    """Return what has to be written to and removed from a destination, as the store is now."""
    view = {name: relation(con, engine, name) for name in TABLES}
    view["silence"] = lake.scan(con, SILENCE_PATH, SILENCE_SCHEMA)
    state = relation(con, engine, "sync_state").filter(f"destination = '{settings.name}'")
    events = view["identity_event"]
    erased = events.filter("kind = 'erased'").project("customer_id").distinct()
    return differences(con, settings, wanted(con, settings, view, state), state, erased)


def _dry(lake: Lake, engine: sa.Engine, settings: DestinationSettings, clock: Clock) -> Delivered:
    done = Delivered(is_dry_run=True)
    if settings.objects:
        with lake.connect() as con:
            changes = changes_for(con, lake, engine, settings)
            done.would_write = {name: len(of.written) for name, of in changes.items()}
            done.would_remove = {name: len(of.removed) for name, of in changes.items()}
    if settings.channels:
        done.would_send = outbox.due_counts(engine, clock.now()).get(settings.name, 0)
    return done


def _made_from(lake: Lake, engine: sa.Engine, settings: DestinationSettings) -> str:
    """Return a fingerprint of all that a sync depends on; secrets stand in the settings by the names of variables."""
    said = repr((settings.objects, settings.options, settings.kind, settings.address))
    return fingerprint(base(engine), said, lake.content(SILENCE_PATH), stages.code_version("activation"))


def _is_current(lake: Lake, engine: sa.Engine, settings: DestinationSettings) -> bool:
    """Tell whether the last sync that ended saw what there is now, and left nothing open."""
    if settings.is_dry_run:
        return True
    is_same = lake.read_text(_stamp(settings.name)) == _made_from(lake, engine, settings)
    return is_same and not sync_state.unsettled(engine, settings.name)


def _stamp(name: str) -> str:
    return f"activation/synced/{name}.txt"


@contextmanager
def _alone(home: Home, name: str) -> Iterator[None]:
    folder = home.root / ".locks"
    folder.mkdir(exist_ok=True)
    with (folder / f"deliver-{name}").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
