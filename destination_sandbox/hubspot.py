"""A HubSpot account: contacts, subscriptions, single sends, as the public reference describes them.

Kept: 190 calls in 10 s; 100 inputs a batch; an id twice in a batch is refused; an e-mail address belongs to one
contact (409); an address that is none is refused (400), and so is one that was forgotten by gdpr-delete; a batch that
is refused has been done up to the input that was wrong; one sendId sends once.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from destination_sandbox.faults import Faults
from destination_sandbox.gate import App, Counts, Gate
from destination_sandbox.limits import Clock, WallClock, Window
from destination_sandbox.pages import page_routes

CALLS, SECONDS, AT_ONCE, INPUTS = 190, 10.0, 100, 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_RATE = {
    "status": "error",
    "message": "You have reached your ten_secondly_rolling limit.",
    "errorType": "RATE_LIMIT",
    "policyName": "TEN_SECONDLY_ROLLING",
}


class Refused(Exception):
    """An input that HubSpot does not take."""

    def __init__(self, status: int, category: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.category = category


@dataclass
class HubSpotAccount:
    """What the account holds: `contacts` (properties) by HubSpot's id, `by_value` their ids, `sends` by sendId."""

    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    by_value: dict[tuple[str, str], str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    subscriptions: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    sends: dict[str, dict[str, Any]] = field(default_factory=dict)
    sends_asked: int = 0
    erased: int = 0
    archived: int = 0
    merges: int = 0
    created: int = 0

    def summary(self) -> dict[str, int]:
        """Return how much there is of each."""
        return {
            "contacts": len(self.contacts),
            "subscriptions": sum(one["status"] == "SUBSCRIBED" for one in self.subscriptions.values()),
            "e-mails sent": len(self.sends),
            "contacts archived": self.archived,
            "contacts forgotten (gdpr-delete)": self.erased,
            "merges": self.merges,
        }

    def samples(self) -> dict[str, list[Any]]:
        """Return the last of each."""
        return {"contacts": list(self.contacts.values())[-10:], "e-mails": list(self.sends.values())[-10:]}

    def upsert(self, one: dict[str, Any]) -> tuple[str, bool]:
        """Create or change a contact; return its id and whether it is new. Raises `Refused`."""
        property_, value = str(one["idProperty"]), str(one["id"])
        properties = {str(name): str(text) for name, text in one["properties"].items()} | {property_: value}
        known = self.by_value.get((property_, value))
        email = properties.get("email", "").lower()
        if email:
            if not _EMAIL.fullmatch(email):
                raise Refused(400, "VALIDATION_ERROR", "Property values were not valid")
            if email in self.forgotten:
                raise Refused(400, "VALIDATION_ERROR", "The address was deleted for privacy")
            if self.by_value.get(("email", email), known) != known:
                raise Refused(409, "CONFLICT", "Contact already exists")
        self.created += known is None
        contact = known or str(100_000 + self.created)
        before = self.contacts.setdefault(contact, {})
        if before.get("email"):
            self.by_value.pop(("email", before["email"].lower()), None)
        before |= properties
        self.by_value[(property_, value)] = contact
        if before.get("email"):
            self.by_value[("email", before["email"].lower())] = contact
        return contact, known is None

    def remove(self, contact: str, *, is_forgotten: bool) -> bool:
        """Archive or forget a contact; return whether it was there."""
        properties = self.contacts.pop(contact, None)
        if properties is None:
            return False
        for key in [key for key, of in self.by_value.items() if of == contact]:
            del self.by_value[key]
        if is_forgotten:
            self.erased += 1
            self.forgotten.add(properties.get("email", "").lower())
        else:
            self.archived += 1
        return True


def hubspot_app(account: HubSpotAccount, faults: Faults, counts: Counts, clock: Clock | None = None) -> App:
    """Return the server of an account."""
    api = _Api(account)
    routes = [
        Route("/crm/v3/objects/contacts/batch/upsert", api.upsert, methods=["POST"]),
        Route("/crm/v3/objects/contacts/batch/read", api.read, methods=["POST"]),
        Route("/crm/v3/objects/contacts/batch/archive", api.archive, methods=["POST"]),
        Route("/crm/v3/objects/contacts/gdpr-delete", api.forget, methods=["POST"]),
        Route("/crm/v3/objects/contacts/merge", api.merge, methods=["POST"]),
        Route("/communication-preferences/v4/statuses/batch/write", api.subscribe, methods=["POST"]),
        Route("/marketing/v3/transactional/single-email/send", api.send, methods=["POST"]),
        Route("/marketing/v3/email/send-statuses/{status_id}", api.send_status, methods=["GET"]),
        *page_routes("HubSpot", account, counts, faults),
    ]
    window = Window(CALLS, SECONDS, clock or WallClock())
    return Gate(Starlette(routes=routes), window, faults, counts, at_once=AT_ONCE, rate_body=_RATE)


class _Api:
    def __init__(self, account: HubSpotAccount) -> None:
        self._account = account

    async def upsert(self, request: Request) -> Response:
        inputs = await _inputs(request)
        if inputs is None:
            return _error(401, "INVALID_AUTHENTICATION", "no token")
        ids = [one.get("id") for one in inputs]
        if not inputs or len(inputs) > INPUTS or len(set(ids)) != len(ids):
            return _error(400, "VALIDATION_ERROR", "an id twice, or not 1 to 100 inputs")
        results = []
        try:
            for one in inputs:
                contact, is_new = self._account.upsert(one)
                results.append({"id": contact, "new": is_new, "properties": dict(self._account.contacts[contact])})
        except Refused as refused:
            return _error(refused.status, refused.category, str(refused))
        return JSONResponse({"status": "COMPLETE", "results": results})

    async def read(self, request: Request) -> Response:
        body = await request.json()
        found = []
        for one in body["inputs"]:
            contact = self._account.by_value.get((body.get("idProperty", ""), one["id"]))
            if contact is not None:
                properties = self._account.contacts[contact]
                asked = {name: properties.get(name) for name in body["properties"]}
                found.append({"id": contact, "properties": asked})
        return JSONResponse({"status": "COMPLETE", "results": found}, 200 if found else 207)

    async def archive(self, request: Request) -> Response:
        for one in (await request.json())["inputs"]:
            self._account.remove(one["id"], is_forgotten=False)
        return Response(status_code=204)

    async def forget(self, request: Request) -> Response:
        body = await request.json()
        is_there = self._account.remove(body["objectId"], is_forgotten=True)
        return Response(status_code=204) if is_there else _error(404, "OBJECT_NOT_FOUND", "no such contact")

    async def merge(self, request: Request) -> Response:
        self._account.merges += 1
        return JSONResponse({})

    async def subscribe(self, request: Request) -> Response:
        inputs = await _inputs(request)
        if inputs is None or len(inputs) > INPUTS:
            return _error(400, "VALIDATION_ERROR", "1 to 100 inputs")
        results = []
        for one in inputs:
            if not one.get("legalBasis") or not one.get("legalBasisExplanation"):
                return _error(400, "VALIDATION_ERROR", "a legal basis is needed")
            key = (str(one["subscriberIdString"]).lower(), str(one["subscriptionId"]))
            self._account.subscriptions[key] = {**one, "status": one["statusState"]}
            results.append({**one, "status": one["statusState"]})
        return JSONResponse({"status": "COMPLETE", "results": results})

    async def send(self, request: Request) -> Response:
        body = await request.json()
        self._account.sends_asked += 1
        message = body["message"]
        send_id = message["sendId"]
        status_id = f"status-{send_id}"
        if send_id in self._account.sends:
            return JSONResponse({"sendResult": "IDEMPOTENT_IGNORE", "status": "COMPLETE", "statusId": status_id})
        if not _EMAIL.fullmatch(str(message.get("to", ""))):
            return JSONResponse({"sendResult": "INVALID_TO_ADDRESS", "status": "COMPLETE", "statusId": status_id})
        self._account.sends[send_id] = {**message, "emailId": body["emailId"]}
        return JSONResponse({"sendResult": "SENT", "status": "COMPLETE", "statusId": status_id})

    async def send_status(self, request: Request) -> Response:
        send_id = request.path_params["status_id"].removeprefix("status-")
        if send_id not in self._account.sends:
            return _error(404, "OBJECT_NOT_FOUND", "no such send")
        return JSONResponse({"sendResult": "SENT", "status": "COMPLETE", "statusId": f"status-{send_id}"})


async def _inputs(request: Request) -> list[dict[str, Any]] | None:
    if not request.headers.get("authorization", "").removeprefix("Bearer ").strip():
        return None
    body = await request.json()
    return list(body.get("inputs") or [])


def _error(status: int, category: str, message: str) -> Response:
    return JSONResponse({"status": "error", "category": category, "message": message}, status)
