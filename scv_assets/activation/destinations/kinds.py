"""What each kind of destination knows: its settings, secrets, objects, channels and limits. A table, not a branch."""

from dataclasses import dataclass
from typing import Final

from scv_assets.activation.destinations.settings import CHANNELS, OBJECTS, Limits


@dataclass(frozen=True)
class Kind:
    """`options`: name -> default (None: must be given); `channel_options`: what a channel's mapping may say.

    `secrets` must be given, `optional_secrets` may be. `unique`: attributes of a profile there of which a value belongs
    to one profile alone.
    """

    title: str
    options: dict[str, str | None]
    secrets: tuple[str, ...]
    objects: tuple[str, ...]
    channels: tuple[str, ...]
    limits: Limits
    optional_secrets: tuple[str, ...] = ()
    channel_options: tuple[str, ...] = ()
    has_subscriptions: bool = False
    has_tables: bool = False
    unique: tuple[str, ...] = ()


_FREE = Limits(
    calls=1000,
    seconds=1.0,
    at_once=4,
    attempts=8,
    first_pause_seconds=30.0,
    longest_pause_seconds=6 * 3600.0,
    timeout_seconds=30.0,
)

KINDS: Final[dict[str, Kind]] = {
    "files": Kind("CSV and Parquet files", {"formats": "csv,parquet"}, (), OBJECTS, CHANNELS, _FREE),
    "webhook": Kind("HTTP POST, signed", {}, ("secret",), OBJECTS, CHANNELS, _FREE),
    "sql": Kind("a database, by SQLAlchemy", {}, (), OBJECTS, CHANNELS, _FREE, has_tables=True),
    "actito": Kind(
        "Actito",
        {
            "entity": None,
            "auth_path": "/auth/token",
            "api_prefix": "/v4",
            "imports_prefix": "/mass-imports/v5",
            "bulk_from": "100",
        },
        ("key",),
        OBJECTS,
        ("email", "sms"),
        Limits(100, 60.0, 5, 8, 30.0, 6 * 3600.0, 30.0),
        channel_options=("table",),
        has_subscriptions=True,
        has_tables=True,
    ),
    "hubspot": Kind(
        "HubSpot",
        {"legal_basis": "CONSENT_WITH_NOTICE", "legal_basis_explanation": "Consent kept in the customer view"},
        ("token",),
        ("profile",),
        ("email",),
        Limits(190, 10.0, 5, 8, 30.0, 6 * 3600.0, 30.0),
        channel_options=("contents",),
        has_subscriptions=True,
        unique=("email",),
    ),
    "sms": Kind(
        "an SMS gateway",
        {"sender": "", "max_segments": "3", "quiet_from": "21:00", "quiet_to": "08:00", "receipt_hours": "72"},
        ("token",),
        (),
        ("sms",),
        Limits(20, 1.0, 4, 8, 30.0, 6 * 3600.0, 30.0),
        optional_secrets=("receipt_secret",),
    ),
}
