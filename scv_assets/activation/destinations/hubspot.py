"""HubSpot: contacts by batches of a hundred, subscriptions with their legal basis, transactional e-mails.

What its reference says and is kept here (CRM API v3, Communication Preferences v4, Single-send v3): a batch holds 100
inputs and no id twice; batches are not atomic, so a refused one (400, 409) is halved until the inputs that are wrong
stand alone; 190 requests in 10 s, 429 with Retry-After. An e-mail address belongs to one contact (409): who takes one
over waits for who gives it up, and of those who swap theirs one lets go first. A person who asked to be forgotten goes
by gdpr-delete, which also keeps HubSpot from taking the address back; any other contact is archived. HubSpot's own
merge, which nobody can take back, is never called.
"""

from collections.abc import Sequence
from typing import Any

import httpx

from scv_assets.activation.destinations.calls import Caller, document, explained, said
from scv_assets.activation.destinations.outcomes import (
    ACCEPTED,
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
from scv_assets.activation.destinations.settings import DestinationSettings, ObjectSettings
from scv_assets.activation.destinations.swaps import to_let_go
from scv_assets.errors import ConfigError

BATCH = 100
#: so many inputs of a batch refused and none taken: it is the mapping that is wrong, not the people
ALL_REFUSED = 10
_CONFLICT = 409
#: the property of which a value belongs to one contact
_EMAIL = "email"
_CONTACTS = "/crm/v3/objects/contacts"
_STATUSES = "/communication-preferences/v4/statuses/batch/write"
_SEND = "/marketing/v3/transactional/single-email/send"
_SENT = "/marketing/v3/email/send-statuses"
#: sendResult of a single send -> what it means
_TAKEN = {"SENT", "IDEMPOTENT_IGNORE"}
_WAITING = {"QUEUED", "PENDING", ""}


class HubSpot:
    """One HubSpot account."""

    messages_at_once = 1
    #: an e-mail address belongs to one contact: who is gone gives it back before somebody else brings it
    removes_first = True

    def __init__(self, settings: DestinationSettings, caller: Caller, token: str, tally: Tally) -> None:
        self._settings = settings
        self._caller = caller
        self._headers = {"Authorization": f"Bearer {token}"}
        self.tally = tally
        self.calls_at_once = settings.limits.at_once

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()

    def batch_size(self, settings: ObjectSettings, count: int) -> int:
        """Return the inputs of a batch."""
        return BATCH

    def write(self, settings: ObjectSettings, records: Sequence[Record]) -> list[Result]:
        """Upsert contacts, or subscribe their addresses."""
        if settings.name == "subscription":
            return self._subscribe([(one.key, one.payload) for one in records], "SUBSCRIBED")
        return self._upsert(settings, list(records), _Batch())

    def remove(self, settings: ObjectSettings, removals: Sequence[Removal]) -> list[Result]:
        """Archive contacts, forget those who asked for it, or unsubscribe their addresses."""
        if settings.name == "subscription":
            return self._unsubscribe(settings, removals)
        ids = {one.key: one.receipt for one in removals if one.receipt}
        ids |= self._looked_up(settings, [one.key for one in removals if not one.receipt])
        archived = [ids[one.key] for one in removals if one.key in ids and not one.is_erasure]
        if archived:
            body = {"inputs": [{"id": contact} for contact in archived]}
            self._must("POST", f"{_CONTACTS}/batch/archive", body)
        for one in removals:
            if one.is_erasure and one.key in ids:
                self._must("POST", f"{_CONTACTS}/gdpr-delete", {"objectId": ids[one.key]}, allowed=(404,))
        return [Result(one.key) for one in removals]

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send each message as a transactional e-mail whose sendId is our key: HubSpot sends no key twice."""
        return [self._send(message) for message in messages]

    def ask(self, message: Message) -> Outcome | None:
        """Ask by HubSpot's own id; a message whose answer was lost has none, and is sent again under its key."""
        if not message.receipt:
            return Outcome(IN_DOUBT, "it cannot be asked")
        answer = self._caller.repeated("GET", f"{_SENT}/{message.receipt}", headers=self._headers)
        return _send_outcome(document(answer), answer.status_code) if answer.is_success else None

    def _send(self, message: Message) -> Outcome:
        content = self._settings.channels[message.channel].options.get(f"contents.{message.campaign}")
        address = message.text("to")
        if content is None or address is None:
            what = "campaign has no content at this destination" if content is None else "message has no address"
            return Outcome(PERMANENT, f"the {what}")
        body = {
            "emailId": int(content),
            "message": {"to": address, "sendId": message.idempotency_key},
            "customProperties": {name: value for name, value in message.payload.items() if name != "to"},
        }
        answer = self._caller.sent("POST", _SEND, json=body, headers=self._headers)
        return answer if isinstance(answer, Outcome) else _send_outcome(document(answer), answer.status_code)

    def _upsert(self, settings: ObjectSettings, records: list[Record], batch: "_Batch") -> list[Result]:
        inputs = [
            {"id": one.key, "idProperty": settings.key, "properties": {settings.key: one.key, **_texts(one.payload)}}
            for one in records
        ]
        answer = self._caller.repeated(
            "POST", f"{_CONTACTS}/batch/upsert", json={"inputs": inputs}, headers=self._headers
        )
        if answer.status_code in {400, 409}:
            if len(records) == 1:
                return [self._refused(records[0], answer, batch)]
            middle = len(records) // 2
            return self._upsert(settings, records[:middle], batch) + self._upsert(settings, records[middle:], batch)
        if not answer.is_success:
            raise ConfigError(
                f"{self._settings.name} answers {answer.status_code} to a batch; mend its address",
                where=self._settings.where,
            )
        ids = _ids(settings, document(answer))
        missing = [one.key for one in records if one.key not in ids]
        ids |= self._looked_up(settings, missing)
        batch.taken += len(ids)
        lost = "it was accepted, but the contact is not there"
        return [Result(one.key, None if one.key in ids else lost, ids.get(one.key)) for one in records]

    def _refused(self, record: Record, answer: httpx.Response, batch: "_Batch") -> Result:
        reason = f"answers {answer.status_code}{explained(answer, record.payload.values())}"
        if answer.status_code == _CONFLICT:
            return Result(record.key, reason, is_conflict=True)
        return batch.refused(self._settings, record.key, reason)

    def settle(self, settings: ObjectSettings, records: Sequence[Record]) -> list[Result]:
        """Write again whoever found the address taken, as long as somebody gets through; who swap lets go of it."""
        waiting = {one.key: one for one in records}
        done: list[Result] = []
        let_go: set[str] = set()
        while True:
            told = [one for some in _batches(list(waiting.values())) for one in self.write(settings, some)]
            refused = [one for one in told if one.is_conflict]
            done += [one for one in told if not one.is_conflict]
            if not refused:
                return done
            is_further = len(refused) < len(waiting)
            waiting = {one.key: waiting[one.key] for one in refused}
            if not is_further:
                parted = set(self._let_go(settings, list(waiting.values())))
                if parted <= let_go:
                    return done + refused
                let_go |= parted

    def _let_go(self, settings: ObjectSettings, records: Sequence[Record]) -> list[str]:
        """Take the address away from one contact of every circle of contacts that wait for each other's."""
        held = self._looked_up(settings, [one.key for one in records], value=_EMAIL)
        wanted = {one.key: str(one.payload.get(_EMAIL) or "").lower() for one in records}
        keys = to_let_go(wanted, {key: address.lower() for key, address in held.items()})
        for some in _batches([Record(key, {_EMAIL: ""}, "") for key in keys]):
            self._upsert(settings, some, _Batch())
        return keys

    def _looked_up(self, settings: ObjectSettings, keys: Sequence[str], *, value: str = "") -> dict[str, str]:
        """Return key -> HubSpot's id (or the value of a property) of the contacts that are there."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), BATCH):
            body = {
                "idProperty": settings.key,
                "properties": [settings.key, value] if value else [settings.key],
                "inputs": [{"id": key} for key in keys[start : start + BATCH]],
            }
            answer = self._must("POST", f"{_CONTACTS}/batch/read", body)
            found |= _ids(settings, answer, value)
        return found

    def _subscribe(self, wanted: Sequence[tuple[str, Any]], status: str) -> list[Result]:
        inputs = [
            {
                "subscriberIdString": payload["email"],
                "subscriptionId": int(payload["subscription"]),
                "channel": "EMAIL",
                "statusState": status,
                "legalBasis": self._settings.options["legal_basis"],
                "legalBasisExplanation": self._settings.options["legal_basis_explanation"],
            }
            for _, payload in wanted
        ]
        if not inputs:
            return []
        answer = self._must("POST", _STATUSES, {"inputs": inputs})
        told = {
            (str(one.get("subscriberIdString")).lower(), str(one.get("subscriptionId"))): one.get("status")
            for one in answer.get("results", [])
        }
        return [
            Result(
                key,
                None
                if told.get((payload["email"].lower(), str(payload["subscription"]))) == status
                else "it was accepted, but the subscription is not as asked",
            )
            for key, payload in wanted
        ]

    def _unsubscribe(self, settings: ObjectSettings, removals: Sequence[Removal]) -> list[Result]:
        contacts = {one.key: one.key.split("/", 1) for one in removals}
        emails = self._looked_up(settings, sorted({contact for contact, _ in contacts.values()}), value="email")
        wanted = [
            (key, {"email": emails[contact], "subscription": subscription})
            for key, (contact, subscription) in contacts.items()
            if contact in emails
        ]
        told = {one.key: one for one in self._subscribe(wanted, "UNSUBSCRIBED")}
        return [told.get(one.key, Result(one.key)) for one in removals]

    def _must(self, method: str, path: str, body: Any, *, allowed: tuple[int, ...] = ()) -> dict[str, Any]:
        answer = self._caller.repeated(method, path, json=body, headers=self._headers)
        if not answer.is_success and answer.status_code not in allowed:
            raise ConfigError(
                f"{self._settings.name} answers {answer.status_code}{said(answer)} to {path}; mend its settings",
                where=self._settings.where,
            )
        return document(answer)


class _Batch:
    """What became of one batch while it is halved."""

    def __init__(self) -> None:
        self.taken = 0
        self._refused = 0

    def refused(self, settings: DestinationSettings, key: str, reason: str) -> Result:
        self._refused += 1
        if not self.taken and self._refused >= ALL_REFUSED:
            raise ConfigError(
                f"{settings.name} refuses every contact of a batch ({reason}); mend its fields", where=settings.where
            )
        return Result(key, reason)


def _batches(records: Sequence[Record]) -> list[list[Record]]:
    return [list(records[start : start + BATCH]) for start in range(0, len(records), BATCH)]


def _ids(settings: ObjectSettings, answer: dict[str, Any], value: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for one in answer.get("results", []):
        properties = one.get("properties") or {}
        told = properties.get(value) if value else one.get("id")
        if properties.get(settings.key) is not None and told is not None:
            found[str(properties[settings.key])] = str(told)
    return found


def _texts(payload: Any) -> dict[str, str]:
    """Return properties as HubSpot takes them: text, and an empty one to clear a value."""
    return {name: _text(value) for name, value in payload.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _send_outcome(body: dict[str, Any], status: int) -> Outcome:
    result, receipt = str(body.get("sendResult") or ""), body.get("statusId")
    told = str(receipt) if receipt else None
    if result in _TAKEN:
        return Outcome(DELIVERED, receipt=told, status_code=status)
    if result in _WAITING and told:
        return Outcome(ACCEPTED, receipt=told, status_code=status)
    return Outcome(PERMANENT, f"not sent ({result or 'no sendResult'})", receipt=told, status_code=status)
