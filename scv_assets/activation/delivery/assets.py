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
from scv_assets.activation.destinations.settings import DestinationSettings, why_silent
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
        description=_description(settings),
        metadata=_mapping(settings),
        kinds={settings.kind},
        tags={DELIVERY_TAG: "yes", PERSONAL_DATA: "in_clear"},
        pool=f"destination_{settings.name}",
        required_resource_keys={"lake", "store"},
        check_specs=[
            dg.AssetCheckSpec(ANSWERS, asset=key, description="The destination is there and takes what it is sent"),
            dg.AssetCheckSpec(
                NO_DEAD_LETTERS,
                asset=key,
                description="Nothing that it refused stands, of this delivery or an earlier one; scv outbox has it",
            ),
        ],
    )
    def delivery(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        if not settings.is_enabled:
            return _result(Delivered(), {"done": f"nothing: {why_silent(settings)}"})
        with translated(), step(STAGE, settings.name) as work:
            lake, store = context.resources.lake, context.resources.store
            done = deliver(home, lake, store, settings, SystemClock())
            work.rows_out = sum(done.synced.written.values()) + done.sent.delivered + done.sent.accepted
            work.rows_refused = sum(done.synced.rejected.values()) + done.sent.dead_letters
            work.is_unchanged = done.calls == 0 and not done.is_dry_run
            work.note = told(done)
        return _result(done, _metadata(done))

    return delivery


def _description(settings: DestinationSettings) -> str:
    """Return in words what a destination is to have, and what switches it on."""
    title = KINDS[settings.kind].title
    parts = [f"What {settings.name} ({title}) has of the customer view, and the messages that went through it."]
    profile = settings.objects.get("profile")
    if profile is not None and profile.consent:
        channels = " or ".join(profile.consent)
        parts.append(f"Only customers who may be contacted for {profile.purpose} by {channels}.")
    if settings.channels:
        parts.append(f"Messages by {' and '.join(settings.channels)}.")
    if variables := settings.variables:
        parts.append(f"Off while {' or '.join(variables)} is not set.")
    if settings.is_dry_run:
        parts.append("Dry run: it says what it would do, and does nothing.")
    return " ".join(parts)


def _mapping(settings: DestinationSettings) -> dict[str, Any]:
    """Return which field goes into which attribute, as a table; nothing where it has messages alone."""
    rows = [
        (_CALLED.get(name, name), field, attribute)
        for name, of in settings.objects.items()
        for field, attribute in of.fields.items()
    ]
    return {"what_goes": lineage_markdown(rows, ("object", "field", "goes into"))} if rows else {}


#: object -> what one of it and several are called
_CALLED = {"order_line": "order line"}


def told(done: Delivered) -> str:
    """Return in a few words what a delivery did."""
    if done.is_dry_run:
        parts = [f"{_objects(name, count)} would be written" for name, count in done.would_write.items() if count]
        parts += [f"{_objects(name, count)} would be removed" for name, count in done.would_remove.items() if count]
        parts += [f"{counted(done.would_send, 'message')} would be sent"] if done.would_send else []
        return "dry run: " + (", ".join(parts) or "nothing to do")
    parts = [f"{_objects(name, count)} written" for name, count in done.synced.written.items() if count]
    parts += [f"{_objects(name, count)} removed" for name, count in done.synced.removed.items() if count]
    parts += [f"{_objects(name, count)} refused" for name, count in done.synced.rejected.items() if count]
    parts += [f"{_objects(name, count)} left out" for name, count in done.synced.left_out.items() if count]
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
    found: dict[str, Any] = {"done": told(done)}
    if rows:
        found["reasons"] = lineage_markdown(rows, ("reason", "times"))
    return found | {
        "objects_written": sum(done.synced.written.values()),
        "objects_removed": sum(done.synced.removed.values()),
        "objects_refused": sum(done.synced.rejected.values()),
        "objects_left_out": sum(done.synced.left_out.values()),
        "messages_delivered": done.sent.delivered,
        "messages_accepted": done.sent.accepted,
        "messages_to_be_tried_again": done.sent.retrying,
        "messages_given_up": done.sent.dead_letters,
        "messages_cancelled": done.sent.cancelled,
        "calls": done.calls,
        "calls_refused_for_rate": done.refused_for_rate,
    }


def _result(done: Delivered, metadata: dict[str, Any]) -> dg.MaterializeResult[None]:
    now = sum(done.synced.rejected.values()) + done.sent.dead_letters
    refused = max(done.standing, now)
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
                check_name=NO_DEAD_LETTERS, passed=refused == 0, severity=warn, metadata={"refused": refused}
            ),
        ],
    )
