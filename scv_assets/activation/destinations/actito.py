"""Actito: profiles, custom tables for orders and lines, subscriptions, and imports in bulk for many changes at once.

What its reference says and is kept here (API v4, mass imports v5): a key in the header `Authorization` gives a bearer
token for 15 minutes; 100 calls a minute, 5 at once; an import is a multipart POST of a zipped CSV and its definition,
100 MB at most, 24 a table and day (`actito_imports`). An order stands in a custom table that refers to the profile, and
goes with it when the profile is deleted: profiles are removed last, after orders went to whoever has them now.

A message is a record of a custom table, whose creation starts the scenario that sends it; its key is ours, so that a
second record of one message cannot be.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from scv_assets.activation.destinations.actito_imports import Imports
from scv_assets.activation.destinations.calls import Caller, document, said
from scv_assets.activation.destinations.outcomes import (
    DELIVERED,
    IN_DOUBT,
    PERMANENT,
    Message,
    Outcome,
    Record,
    Removal,
    Result,
    Tally,
)
from scv_assets.activation.destinations.pace import Clock
from scv_assets.activation.destinations.settings import DestinationSettings, ObjectSettings
from scv_assets.errors import ConfigError, DestinationUnavailable

#: records that one import takes: some 60 MB of CSV, well under 100 MB once zipped
IMPORT_RECORDS = 200_000
_RENEW_BEFORE_SECONDS = 60.0
_MESSAGE_KEY = "idempotency_key"


class Actito:
    """One Actito licence."""

    messages_at_once = 1
    #: a deleted profile takes its orders with it
    removes_first = False

    def __init__(self, settings: DestinationSettings, caller: Caller, key: str, clock: Clock, tally: Tally) -> None:
        self._settings = settings
        self._caller = caller
        self._key = key
        self._clock = clock
        self._token = ""
        self._token_until = float("-inf")
        self._renewing = threading.Lock()
        self._entity = quote(settings.options["entity"], safe="")
        self._api = f"{settings.options['api_prefix']}/entity/{self._entity}"
        self._imports = Imports(settings, self._repeated, clock)
        self.tally = tally
        self.calls_at_once = settings.limits.at_once

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()

    def batch_size(self, settings: ObjectSettings, count: int) -> int:
        """Return one, or what an import takes where there is enough for one."""
        is_bulk = settings.name != "subscription" and count >= int(self._settings.options["bulk_from"])
        return IMPORT_RECORDS if is_bulk else 1

    def write(self, settings: ObjectSettings, records: Sequence[Record]) -> list[Result]:
        """Write a record, subscribe a profile, or import many records at once."""
        if len(records) > 1:
            return self._imports.load(settings, records)
        return [self._write(settings, record) for record in records]

    def remove(self, settings: ObjectSettings, removals: Sequence[Removal]) -> list[Result]:
        """Delete records one by one; an erasure is no other call: Actito keeps nothing of a deleted profile."""
        return [self._remove(settings, removal) for removal in removals]

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Create each message's record."""
        return [self._send(message) for message in messages]

    def ask(self, message: Message) -> Outcome | None:
        """Ask whether the message's record is there."""
        answer = self._repeated("GET", self._record(self._message_table(message), message.idempotency_key))
        return Outcome(DELIVERED, status_code=answer.status_code) if answer.is_success else None

    def _write(self, settings: ObjectSettings, record: Record) -> Result:
        if settings.name == "subscription":
            path = self._subscription(settings, record.key)
            return self._taken(record.key, self._repeated("POST", path), "")
        attributes = _pairs({settings.key: record.key, **record.payload})
        if settings.name == "profile":
            path, body, id_name = f"{self._table(settings)}/profile", {"attributes": attributes}, "profileId"
        else:
            path, body, id_name = f"{self._custom(settings.table)}/record", {"properties": attributes}, "businessKey"
        answer = self._repeated("POST", path, json=body, params={"allowUpdate": "true"})
        return self._taken(record.key, answer, id_name)

    def _taken(self, key: str, answer: httpx.Response, id_name: str) -> Result:
        if answer.status_code == 404:
            raise ConfigError(
                f"{self._settings.name} answers 404; mend its entity, tables and subscriptions",
                where=self._settings.where,
            )
        if not answer.is_success:
            return Result(key, f"answers {answer.status_code}{said(answer)}")
        told = document(answer).get(id_name) if id_name else ""
        if told is None:
            return Result(key, "it was accepted, but nothing says that it is there")
        return Result(key, receipt=str(told) or None)

    def _remove(self, settings: ObjectSettings, removal: Removal) -> Result:
        if settings.name == "subscription":
            path = self._subscription(settings, removal.key)
        elif settings.name == "profile":
            path = f"{self._table(settings)}/profile/{_by(settings.key, removal.key)}"
        else:
            path = self._record(settings.table, removal.key)
        answer = self._repeated("DELETE", path)
        is_gone = answer.is_success or answer.status_code == 404
        return Result(removal.key, None if is_gone else f"answers {answer.status_code}{said(answer)}")

    def _send(self, message: Message) -> Outcome:
        fields = {name: value for name, value in message.payload.items() if not isinstance(value, dict | list)}
        told = {"campaign": message.campaign, "customer_id": message.customer_id, "channel": message.channel}
        body = {"properties": _pairs({_MESSAGE_KEY: message.idempotency_key, **told, **fields})}
        path = f"{self._custom(self._message_table(message))}/record"
        try:
            headers = self._authorised()
        except DestinationUnavailable as error:
            return Outcome("temporary", str(error), stops=True)
        answer = self._caller.sent("POST", path, json=body, headers=headers)
        if isinstance(answer, Outcome):
            is_there = answer.kind == PERMANENT and answer.status_code == 409
            return Outcome(DELIVERED, status_code=409) if is_there else answer
        told_key = document(answer).get("businessKey")
        if told_key is None:
            return Outcome(IN_DOUBT, "it was accepted, but nothing says that it is there", status_code=200)
        return Outcome(DELIVERED, receipt=str(told_key), status_code=answer.status_code)

    def _repeated(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Make a call that may be made twice, with a token; one that was taken back before its time is renewed once."""
        try:
            return self._caller.repeated(method, path, headers=self._authorised(), **request)
        except ConfigError:
            self._token_until = float("-inf")
            return self._caller.repeated(method, path, headers=self._authorised(), **request)

    def _authorised(self) -> dict[str, str]:
        with self._renewing:
            if self._clock.seconds() >= self._token_until:
                asked_at = self._clock.seconds()
                path = self._settings.options["auth_path"]
                answer = self._caller.repeated("GET", path, headers={"Authorization": self._key})
                body = document(answer)
                if not answer.is_success or not body.get("accessToken"):
                    raise ConfigError(
                        f"{self._settings.name} gives no token; mend its address and key", where=self._settings.where
                    )
                self._token = str(body["accessToken"])
                lives = float(str(body.get("expiresIn", "900s")).rstrip("s"))
                self._token_until = asked_at + max(0.0, lives - _RENEW_BEFORE_SECONDS)
            return {"Authorization": f"Bearer {self._token}"}

    def _message_table(self, message: Message) -> str:
        return self._settings.channels[message.channel].options["table"]

    def _table(self, settings: ObjectSettings) -> str:
        return f"{self._api}/table/{quote(settings.table, safe='')}"

    def _custom(self, table: str) -> str:
        return f"{self._api}/customTable/{quote(table, safe='')}"

    def _record(self, table: str, key: str) -> str:
        return f"{self._custom(table)}/record/{quote(key, safe='')}"

    def _subscription(self, settings: ObjectSettings, key: str) -> str:
        customer, _, name = key.partition("/")
        return f"{self._table(settings)}/profile/{_by(settings.key, customer)}/subscription/{quote(name, safe='')}"


def _by(attribute: str, value: str) -> str:
    return f"{quote(attribute, safe='')}={quote(value, safe='')}"


def _pairs(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": None if value is None else _plain(value)} for name, value in values.items()]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
