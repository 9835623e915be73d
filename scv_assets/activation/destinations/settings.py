"""What destinations.yaml says, typed. Addresses and secrets stay as they are written (`${VARIABLE}`) until opened."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from scv_assets.environment import expand

OBJECTS: Final = ("profile", "order", "order_line")
CHANNELS: Final = ("email", "sms", "phone", "post")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Subscription:
    """A mailing list of the destination that follows the consent to marketing on a channel."""

    name: str
    channel: str
    purpose: str


@dataclass(frozen=True)
class ObjectSettings:
    """How an object goes to a destination: `fields` maps ours to the destination's attributes.

    `key`: the attribute that holds our key. `consent`: only customers who may be contacted by one of these channels
    for `purpose`; empty: all of them.
    """

    name: str
    table: str
    key: str
    fields: Mapping[str, str]
    consent: tuple[str, ...] = ()
    purpose: str = "marketing"
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True)
class Limits:
    """`calls` in `seconds`, `at_once` under way; a message is given up after `attempts` tries."""

    calls: int
    seconds: float
    at_once: int
    attempts: int
    first_pause_seconds: float
    longest_pause_seconds: float
    timeout_seconds: float


@dataclass(frozen=True)
class ChannelSettings:
    """How messages of a channel go; `options` are the kind's own (a table, the contents of campaigns)."""

    channel: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DestinationSettings:
    """One destination. `options` and `secrets` are the kind's own; `where` is its place in the file."""

    name: str
    kind: str
    url: str
    where: str
    limits: Limits
    objects: Mapping[str, ObjectSettings] = field(default_factory=dict)
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    is_dry_run: bool = False

    @property
    def is_enabled(self) -> bool:
        """True where every variable of its address is set (and not empty)."""
        return not self.unset

    @property
    def variables(self) -> list[str]:
        """The variables that its address names."""
        return _VARIABLE.findall(self.url)

    @property
    def unset(self) -> list[str]:
        """Those of them that are not set (or empty)."""
        return [name for name in self.variables if not os.environ.get(name)]

    @property
    def address(self) -> str:
        """The address with its variables put in. Raises `ConfigError` where one is not set."""
        return expand(self.url, self.where)

    def secret(self, name: str) -> str:
        """Return a secret's value. Raises `ConfigError` where its variable is not set."""
        return expand(self.secrets[name], self.where)


def why_silent(settings: DestinationSettings | None) -> str:
    """Return why nothing leaves for a destination (null: not in destinations.yaml) now; empty where something may."""
    if settings is None:
        return "destinations.yaml has no such destination"
    if not settings.is_enabled:
        return f"off: {', '.join(settings.unset)} is not set"
    return "dry run: nothing leaves" if settings.is_dry_run else ""
