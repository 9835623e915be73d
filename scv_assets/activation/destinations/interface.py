"""What every destination can do: take messages, and take objects, by calls or as a whole.

A destination by calls (`Called`) takes records batch by batch and says of each what came of it. One that takes all or
nothing (`Whole`: files, a database) is handed relations. Both may take messages (`Channel`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.destinations.outcomes import Message, Outcome, Record, Removal, Result, Tally
from scv_assets.activation.destinations.settings import ObjectSettings


@dataclass(frozen=True)
class Changes:
    """What of one kind of object is to be written and removed.

    `written`: key, owner (customer_id), payload (JSON), payload_hash, receipt, is_new; `removed`: key, receipt,
    is_erasure. Both sorted by key. `implied`: keys that go with something else that is removed, without a word of
    their own. `left_out`: key -> why, of objects that the destination cannot have beside another one.
    """

    settings: ObjectSettings
    written: Relation
    removed: Relation
    implied: Sequence[str] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


class Destination(Protocol):
    """What all have in common."""

    tally: Tally

    def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Channel(Protocol):
    """A destination that messages can be sent through."""

    messages_at_once: int

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send up to `messages_at_once` messages, each with its idempotency key; one outcome a message, in order."""

    def ask(self, message: Message) -> Outcome | None:
        """Return what the destination says became of a message, or None where it does not know it.

        A destination that cannot be asked returns an outcome in doubt.
        """


@runtime_checkable
class Called(Protocol):
    """A destination that takes objects by calls; `removes_first`: what is gone has to make room for what comes."""

    removes_first: bool
    calls_at_once: int

    def batch_size(self, settings: ObjectSettings, count: int) -> int:
        """Return how many records one call takes, where so many are to be written."""

    def write(self, settings: ObjectSettings, records: Sequence[Record]) -> list[Result]:
        """Write records; doing it twice is doing it once. Raises `DestinationUnavailable`, `ConfigError`."""

    def remove(self, settings: ObjectSettings, removals: Sequence[Removal]) -> list[Result]:
        """Remove objects; one that is not there is removed. Raises as `write`."""


@runtime_checkable
class Exclusive(Protocol):
    """A destination where a value belongs to one object at a time, so that who takes it waits for who gives it up."""

    def settle(self, settings: ObjectSettings, records: Sequence[Record]) -> list[Result]:
        """Write the records that met a conflict, once all others are written; one result a record.

        Records that exchange values among themselves are to arrive. Raises as `write`.
        """


@runtime_checkable
class Whole(Protocol):
    """A destination that takes all changes of all objects or none."""

    def take(self, con: Connection, changes: Mapping[str, Changes]) -> None:
        """Take the changes by object; twice the same is once. Raises `DestinationUnavailable`, `ConfigError`."""
