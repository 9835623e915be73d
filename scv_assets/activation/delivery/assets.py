"""An asset a destination, after the publication: it brings the destination up to date and sends it what is due.

Whether a destination is switched on is seen when the asset runs, so that the graph is the same everywhere. Two runs
never deliver to one destination at once: each has a pool of its own with one slot, and a lock where no daemon runs.
"""

from typing import Any

import dagster as dg

from resources.clock import SystemClock
from scv_assets.activation.delivery.run import Delivered, deliver
from scv_assets.activation.destinations.kinds import KINDS
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.activation.destinations.settings import DestinationSettings
from scv_assets.asset_metadata import PERSONAL_DATA, lineage_markdown
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.numbers_told import counted
from scv_assets.progress import step

STAGE = "activation"
#: what tells a delivery from the assets of the customer view
DELIVERY_TAG = "scv/delivery"
ANSWERS, NO_DEAD_LETTERS = "destination_answers", "no_dead_letters"


def delivery_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return an asset a destination of destinations.yaml."""
    return [_delivery(home, settings) for settings in company_destinations(home).values()]


def _delivery(home: Home, settings: DestinationSettings) -> dg.AssetsDefinition:
    key = dg.AssetKey([STAGE, settings.name])

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(["publication", "store"])],
        group_name=STAGE,
        description=f"What {settings.name} ({KINDS[settings.kind].title}) has of the customer view, and its messages",
        kinds={settings.kind},
        tags={DELIVERY_TAG: "yes", PERSONAL_DATA: "in_clear"},
        pool=f"destination_{settings.name}",
        required_resource_keys={"lake", "store"},
        check_specs=[
            dg.AssetCheckSpec(ANSWERS, asset=key, description="The destination took what it was sent"),
            dg.AssetCheckSpec(NO_DEAD_LETTERS, asset=key, description="It refused nothing for good"),
        ],
    )
    def delivery(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        if not settings.is_enabled:
            return _result(Delivered(), {"is_enabled": False})
        with translated(), step(STAGE, settings.name) as work:
            lake, store = context.resources.lake, context.resources.store
            done = deliver(home, lake, store, settings, SystemClock())
            work.rows_out = sum(done.synced.written.values()) + done.sent.delivered + done.sent.accepted
            work.rows_refused = sum(done.synced.rejected.values()) + done.sent.dead_letters
            work.is_unchanged = done.calls == 0 and not done.is_dry_run
            work.note = told(done)
        return _result(done, {"is_enabled": True, **_metadata(done)})

    return delivery


#: object -> what one of it and several are called
_CALLED = {"order_line": "order line"}


def told(done: Delivered) -> str:
    """Return in a few words what a delivery did."""
    if done.is_dry_run:
        parts = [f"{_objects(name, count)} would be written" for name, count in done.would_write.items() if count]
        parts += [f"{_objects(name, count)} would be removed" for name, count in done.would_remove.items() if count]
        parts += [f"{counted(done.would_send, 'message')} would be sent"] if done.would_send else []
        return "dry run: " + (", ".join(parts) or "nothing to do")
    parts = [f"{count:,} {name} written" for name, count in done.synced.written.items() if count]
    parts += [f"{count:,} {name} removed" for name, count in done.synced.removed.items() if count]
    parts += [f"{count:,} {name} refused" for name, count in done.synced.rejected.items() if count]
    parts += [f"{count:,} {name} left out" for name, count in done.synced.left_out.items() if count]
    parts = [f"{_objects(name, count)} written" for name, count in done.synced.written.items() if count]
    parts += [f"{_objects(name, count)} removed" for name, count in done.synced.removed.items() if count]
    parts += [f"{_objects(name, count)} refused" for name, count in done.synced.rejected.items() if count]
    sent = done.sent
    messages = (
        ("delivered", sent.delivered),
        ("accepted", sent.accepted),
        ("to be tried again", sent.retrying),
        ("given up (dead letter)", sent.dead_letters),
        ("cancelled", sent.cancelled),
        ("postponed", sent.postponed),
    )
    parts += [f"{counted(count, 'message')} {word}" for word, count in messages if count]
    parts += [f"stopped: {sent.stopped}"] if sent.stopped else []
    return ", ".join(parts) or "nothing to do"


def _objects(name: str, count: int) -> str:
    return counted(count, _CALLED.get(name, name))


def _metadata(done: Delivered) -> dict[str, Any]:
    reasons = {**done.synced.reasons, **done.sent.reasons}
    rows = [(reason, f"{count:,}") for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))]
    return {
        "done": told(done),
        "synced": sum(done.synced.written.values()),
        "removed": sum(done.synced.removed.values()),
        "rejected": sum(done.synced.rejected.values()),
        "left_out": sum(done.synced.left_out.values()),
        "sent": done.sent.delivered,
        "accepted": done.sent.accepted,
        "retrying": done.sent.retrying,
        "dead_letters": done.sent.dead_letters,
        "cancelled": done.sent.cancelled,
        "calls": done.calls,
        "refused_for_rate": done.refused_for_rate,
        "reasons": lineage_markdown(rows, ("reason", "times")),
    }


def _result(done: Delivered, metadata: dict[str, Any]) -> dg.MaterializeResult[None]:
    dead = sum(done.synced.rejected.values()) + done.sent.dead_letters
    warn = dg.AssetCheckSeverity.WARN
    return dg.MaterializeResult(
        metadata=metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name=ANSWERS,
                passed=done.sent.stopped is None,
                severity=warn,
                metadata={"told": done.sent.stopped or "it answers"},
            ),
            dg.AssetCheckResult(
                check_name=NO_DEAD_LETTERS, passed=dead == 0, severity=warn, metadata={"dead_letters": dead}
            ),
        ],
    )
