"""The evidence of a decision about a message in words: why it was not sent, why a channel was passed over."""

import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from scv_assets.activation.explain import Row
from scv_assets.activation.reasons import NO_CONSENT, NO_CONTACT_POINT, UNUSABLE_ADDRESS
from scv_assets.commands.listing import local_minute

#: what a channel came to that names no row
_OF_CHANNEL = {
    NO_CONTACT_POINT: "no address",
    UNUSABLE_ADDRESS: "the address reaches nobody",
    NO_CONSENT: "nothing was said",
}
#: legal basis of a refusal that is no word of the customer's -> the word for it
_UNSAID = {"bounce": "bounced", "complaint": "complained"}


def shown_by(evidence: Any, consents: Mapping[str, Row], zone: ZoneInfo) -> str:
    """Return evidence (JSON, or what it holds) in words; `consents`: the events that it names, by event_id."""
    found = json.loads(evidence) if isinstance(evidence, str) else evidence
    return "; ".join(_entry(entry, consents, zone) for entry in (found if isinstance(found, list) else [found]))


def consent_words(event: Row, zone: ZoneInfo) -> str:
    """Return what a consent event says, when, and on which record, or in which source of the customer's own words."""
    where = f"on {event['source']}:{event['source_key']}" if event["source_key"] else f"in {event['source']}"
    said = event["legal_basis"] if event["granted"] else refusal(event["legal_basis"])
    return f"{said}, {local_minute(event['occurred_at'], zone)}, said {where}"


def refusal(legal_basis: str) -> str:
    """Return the word for a consent event that refuses."""
    return _UNSAID.get(legal_basis, "no")


def _entry(entry: Row, consents: Mapping[str, Row], zone: ZoneInfo) -> str:
    if "shown_by" in entry:
        return _channel(entry["reason"], entry["shown_by"], consents, zone)
    if "product" in entry:
        return f"{entry['product']}: {_listed(entry.get('orders') or [])}"
    if len(entry) == 1:
        (value,) = entry.values()
        return _listed(value)
    return ", ".join(f"{name} {_listed(value)}" for name, value in entry.items())


def _channel(reason: str, shown: Row, consents: Mapping[str, Row], zone: ZoneInfo) -> str:
    event = consents.get(shown.get("consent", ""))
    if event is not None:
        return f"{shown['channel']}: {consent_words(event, zone)}"
    if "bounce" in shown:
        return f"{shown['channel']}: bounced, {shown['bounce']}"
    return f"{shown['channel']}: {_OF_CHANNEL.get(reason, reason.replace('_', ' '))}"


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
