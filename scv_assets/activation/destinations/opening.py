"""From a destination's settings to the destination itself, with its address and secrets put in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scv_assets.activation.destinations.actito import Actito
from scv_assets.activation.destinations.calls import Caller
from scv_assets.activation.destinations.files import Files
from scv_assets.activation.destinations.hubspot import HubSpot
from scv_assets.activation.destinations.interface import Destination
from scv_assets.activation.destinations.outcomes import Tally
from scv_assets.activation.destinations.pace import Clock
from scv_assets.activation.destinations.settings import DestinationSettings
from scv_assets.activation.destinations.sms import QuietHours, SmsGateway
from scv_assets.activation.destinations.sql import Database
from scv_assets.activation.destinations.webhook import Webhook


@dataclass(frozen=True)
class Surroundings:
    """What destinations need beside their settings: the company's folder, its time zone, and the clock."""

    root: Path
    time_zone: str
    clock: Clock


def open_destination(settings: DestinationSettings, around: Surroundings) -> Destination:
    """Open a destination. Raises `ConfigError` where a variable that it names is not set."""
    return _OPENERS[settings.kind](settings, around)


def _caller(settings: DestinationSettings, around: Surroundings, tally: Tally, address: str | None = None) -> Caller:
    known = settings.address if address is None else address
    return Caller(settings.name, settings.where, known, settings.limits, around.clock, tally)


def _files(settings: DestinationSettings, around: Surroundings) -> Destination:
    address = settings.address
    place = address if "://" in address else str(around.root / address)
    return Files(settings.name, place, tuple(settings.options["formats"].split(",")), Tally())


def _webhook(settings: DestinationSettings, around: Surroundings) -> Destination:
    tally = Tally()
    caller = _caller(settings, around, tally, "")
    return Webhook(settings, caller, settings.address, settings.secret("secret"), around.clock, tally)


def _sql(settings: DestinationSettings, _around: Surroundings) -> Destination:
    return Database(settings.name, settings.address, settings.where, Tally())


def _actito(settings: DestinationSettings, around: Surroundings) -> Destination:
    tally = Tally()
    return Actito(settings, _caller(settings, around, tally), settings.secret("key"), around.clock, tally)


def _hubspot(settings: DestinationSettings, around: Surroundings) -> Destination:
    tally = Tally()
    return HubSpot(settings, _caller(settings, around, tally), settings.secret("token"), tally)


def _sms(settings: DestinationSettings, around: Surroundings) -> Destination:
    tally = Tally()
    quiet = QuietHours.read(settings, around.time_zone)
    return SmsGateway(settings, _caller(settings, around, tally), settings.secret("token"), quiet, tally)


_OPENERS: Final[Mapping[str, Callable[[DestinationSettings, Surroundings], Destination]]] = {
    "files": _files,
    "webhook": _webhook,
    "sql": _sql,
    "actito": _actito,
    "hubspot": _hubspot,
    "sms": _sms,
}
