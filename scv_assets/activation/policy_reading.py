"""Reads `campaigns.yaml` and refuses what cannot be, with file, line and a suggestion."""

import re
from collections.abc import Collection, Mapping
from datetime import time, timedelta

from scv_assets.activation.content_fields import FIELDS, fields_of
from scv_assets.activation.policy import (
    ADDRESSES,
    DATES,
    EVER,
    OCCURRENCE,
    SUPPRESSIONS,
    AbandonedCart,
    Anniversary,
    Campaign,
    CampaignPolicy,
    Cap,
    Content,
    Dormancy,
    QuietHours,
    Route,
    Transition,
    Trigger,
    Voucher,
)
from scv_assets.environment import expand
from scv_assets.errors import ConfigError
from scv_assets.segments.conditions import ALWAYS, read_condition
from scv_assets.segments.policy import SegmentPolicy
from scv_assets.yaml_document import Node, YamlDocument

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SPAN = re.compile(r"(\d{1,5}) (minute|hour|day)s?")
_EVERY = re.compile(r"every (\d{1,5}) days")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_PREFIX = re.compile(r"[A-Z0-9]{0,8}")

_REQUIRED = (
    "name",
    "title",
    "owner",
    "version",
    "description",
    "purpose",
    "trigger",
    "channels",
    "valid_for",
    "once",
    "content",
)
_OPTIONAL = ("audience", "delay", "cap", "hold_out", "quiet_hours", "suppress", "voucher")


def read_campaigns(
    document: YamlDocument,
    segments: SegmentPolicy,
    *,
    purposes: Collection[str] | None = None,
    senders: Mapping[str, Collection[str]] | None = None,
) -> CampaignPolicy:
    """Return the checked content of `campaigns.yaml`.

    To check by: `purposes`, those that governance.yaml declares; `senders`, the destinations of destinations.yaml with
    the channels of each.

    Raises `ConfigError` with file, line and a suggestion (or notes it, where the document collects problems).
    """
    root = document.root.mapping({"campaigns", "caps", "quiet_hours", "voucher_secret"}, {"campaigns"})
    quiet = _quiet_hours(root["quiet_hours"]) if "quiet_hours" in root else None
    caps = {name: _cap(node) for name, node in root["caps"].mapping().items()} if "caps" in root else {}
    secret = _secret(root["voucher_secret"]) if "voucher_secret" in root else ""
    names: dict[str, str] = {}
    reader = _Reader(segments, purposes, senders, quiet, has_secret="voucher_secret" in root, names=names)
    campaigns = tuple(reader.campaign(node) for node in root["campaigns"].items())
    return CampaignPolicy(campaigns, caps, secret)


class _Reader:
    """Reads campaigns beside what they refer to."""

    def __init__(
        self,
        segments: SegmentPolicy,
        purposes: Collection[str] | None,
        senders: Mapping[str, Collection[str]] | None,
        quiet: QuietHours | None,
        *,
        has_secret: bool,
        names: dict[str, str],
    ) -> None:
        self._segments = segments
        self._purposes = purposes
        self._senders = senders
        self._quiet = quiet
        self._has_secret = has_secret
        self._names = names

    def campaign(self, node: Node) -> Campaign:
        """Return one campaign."""
        entry = node.mapping((*_REQUIRED, *_OPTIONAL), _REQUIRED)
        name = self._name(entry["name"])
        trigger = self._trigger(entry["trigger"])
        voucher = self._voucher(entry["voucher"]) if "voucher" in entry else None
        return Campaign(
            name=name,
            title=entry["title"].text(),
            owner=entry["owner"].text(),
            version=entry["version"].written(),
            description=entry["description"].text().strip(),
            purpose=self._purpose(entry["purpose"]),
            trigger=trigger,
            routes=self._routes(entry["channels"]),
            delay=_span(entry["delay"]) if "delay" in entry else timedelta(0),
            valid_for=_valid_for(entry["valid_for"]),
            once=_once(entry["once"]),
            content=_content(entry["content"], has_voucher=voucher is not None, trigger=trigger),
            audience=read_condition(entry["audience"]) if "audience" in entry else ALWAYS,
            cap=_cap(entry["cap"]) if "cap" in entry else None,
            hold_out=_share(entry["hold_out"]) if "hold_out" in entry else 0.0,
            quiet_hours=_quiet_hours(entry["quiet_hours"]) if "quiet_hours" in entry else self._quiet,
            suppressions=_suppressions(entry["suppress"]) if "suppress" in entry else (),
            voucher=voucher,
        )

    def _routes(self, node: Node) -> tuple[Route, ...]:
        routes = [self._route(item) for item in node.items()]
        if not routes and not node.is_faulty:
            node.refuse("a campaign needs a channel; list one of " + ", ".join(ADDRESSES))
        return tuple(routes)

    def _route(self, node: Node) -> Route:
        entry = node.mapping({"channel", "destination"}, {"channel", "destination"})
        found = Route(entry["channel"].choice(tuple(ADDRESSES)), entry["destination"].text())
        if self._senders is None or node.is_faulty or entry["destination"].is_faulty:
            return found
        if found.destination not in self._senders:
            entry["destination"].refuse(
                f"destinations.yaml has no destination '{found.destination}'",
                near=found.destination,
                among=self._senders,
            )
        elif found.channel not in self._senders[found.destination]:
            entry["destination"].refuse(
                f"destinations.yaml: '{found.destination}' sends nothing by {found.channel}; add it to its channels"
            )
        return found

    def _name(self, node: Node) -> str:
        name = node.text()
        if node.is_faulty:
            return name
        if not _NAME.fullmatch(name):
            node.refuse(f"'{name}' is no name of a campaign: use lower-case letters, digits and _")
        elif name in self._names:
            node.refuse(f"the campaign '{name}' is given twice (first at {self._names[name]})")
        self._names[name] = node.where
        return name

    def _purpose(self, node: Node) -> str:
        purpose = node.text()
        if not node.is_faulty and self._purposes is not None and purpose not in self._purposes:
            node.refuse(f"governance.yaml declares no purpose '{purpose}'", near=purpose, among=self._purposes)
        return purpose

    def _trigger(self, node: Node) -> Trigger:
        kinds = ("transition", "abandoned_cart", "date", "dormancy")
        given = node.mapping(kinds)
        if len(given) != 1:
            if not node.is_faulty:
                node.refuse(f"a trigger is one of {', '.join(kinds)}; give exactly one")
            return Dormancy(1)
        kind, entry = next(iter(given.items()))
        if kind == "transition":
            return self._transition(entry)
        if kind == "abandoned_cart":
            sources = entry.mapping({"sources"})
            return AbandonedCart(tuple(sources["sources"].names()) if "sources" in sources else ())
        if kind == "date":
            date = entry.mapping({"field", "days_before"}, {"field"})
            before = _count(date["days_before"], least=0) if "days_before" in date else 0
            return Anniversary(date["field"].choice(DATES), before)
        return Dormancy(_count(entry.mapping({"days"}, {"days"})["days"]))

    def _transition(self, node: Node) -> Transition:
        entry = node.mapping({"segmentation", "from", "to"}, {"segmentation", "to"})
        name = entry["segmentation"].text()
        found = self._segments.segmentation(name)
        if found is None:
            if not entry["segmentation"].is_faulty:
                known = [segmentation.name for segmentation in self._segments.segmentations]
                entry["segmentation"].refuse(f"segments.yaml has no segmentation '{name}'", near=name, among=known)
            return Transition(name, (), ())
        known = [segment.name for segment in found.segments]
        sides = {side: entry[side].names() if side in entry else [] for side in ("from", "to")}
        for side, segments in sides.items():
            for segment in (one for one in segments if one not in known):
                if not entry[side].is_faulty:
                    entry[side].refuse(f"'{name}' has no segment '{segment}'", near=segment, among=known)
        return Transition(name, tuple(sides["from"]), tuple(sides["to"]))

    def _voucher(self, node: Node) -> Voucher:
        entry = node.mapping({"amount_cents", "prefix"}, {"amount_cents"})
        if not self._has_secret:
            node.refuse("a voucher's code is made of the 'voucher_secret' at the top of the file; give one")
        prefix = entry["prefix"].text() if "prefix" in entry else ""
        if not _PREFIX.fullmatch(prefix):
            entry["prefix"].refuse("'prefix' has up to 8 capitals and digits")
        return Voucher(_count(entry["amount_cents"]), prefix)


def _secret(node: Node) -> str:
    try:
        secret = expand(node.text(), node.where)
    except ConfigError as error:
        node.refuse(str(error).removeprefix(f"{node.where}: "))
        return ""
    if not node.is_faulty and len(secret) < 16:
        node.refuse("'voucher_secret' must have 16 characters or more")
    return secret


def _span(node: Node) -> timedelta:
    found = _SPAN.fullmatch(node.text())
    if found is None:
        if not node.is_faulty:
            node.refuse(f"'{node.label}' is written '30 minutes', '12 hours' or '2 days'")
        return timedelta(0)
    return timedelta(**{f"{found[2]}s": int(found[1])})


def _valid_for(node: Node) -> timedelta:
    span = _span(node)
    if not span and not node.is_faulty:
        node.refuse("'valid_for' must be longer than nothing: a message is decided while it is due")
    return span


def _once(node: Node) -> str | int:
    text = node.text()
    if text in (EVER, OCCURRENCE) or node.is_faulty:
        return text
    every = _EVERY.fullmatch(text)
    if every is None or int(every[1]) == 0:
        node.refuse("'once' is 'ever', 'occurrence' or 'every 30 days'", near=text, among=(EVER, OCCURRENCE))
        return EVER
    return int(every[1])


def _cap(node: Node) -> Cap:
    entry = node.mapping({"messages", "days"}, {"messages", "days"})
    return Cap(_count(entry["messages"]), _count(entry["days"]))


def _count(node: Node, *, least: int = 1) -> int:
    number = node.integer()
    if number < least and not node.is_faulty:
        node.refuse(f"'{node.label}' must be {least} or more")
    return number


def _share(node: Node) -> float:
    share = node.number()
    if not 0 <= share <= 1:
        node.refuse("'hold_out' is a share between 0 and 1")
    return share


def _quiet_hours(node: Node) -> QuietHours:
    entry = node.mapping({"from", "to"}, {"from", "to"})
    hours = QuietHours(_time(entry["from"]), _time(entry["to"]))
    if hours.begin == hours.end and not (entry["from"].is_faulty or entry["to"].is_faulty):
        node.refuse("quiet hours end when they begin; leave them out, or mend one")
    return hours


def _time(node: Node) -> time:
    found = _TIME.fullmatch(node.text())
    if found is None:
        if not node.is_faulty:
            node.refuse(f"'{node.label}' is a time of day in quotes, for instance \"20:00\"")
        return time(0)
    return time(int(found[1]), int(found[2]))


def _suppressions(node: Node) -> tuple[str, ...]:
    return tuple(item.choice(SUPPRESSIONS) for item in node.items())


def _content(node: Node, *, has_voucher: bool, trigger: Trigger) -> Content:
    entry = node.mapping({"subject", "text"}, {"text"})
    texts = {name: _texts(entry[name]) if name in entry else {} for name in ("subject", "text")}
    usable = {f for f in FIELDS if has_voucher or not f.startswith("voucher.")}
    usable -= set() if isinstance(trigger, AbandonedCart) else {f for f in usable if f.startswith("cart.")}
    for name, by_language in texts.items():
        unknown = sorted({f for text in by_language.values() for f in fields_of(text)} - usable)
        if unknown and not entry[name].is_faulty:
            entry[name].refuse(f"there is no field '{{{unknown[0]}}}' here", near=unknown[0], among=usable)
    return Content(texts["subject"], texts["text"])


def _texts(node: Node) -> Mapping[str, str]:
    if not node.is_mapping:
        return {"": node.text()}
    by_language = {language: text.text() for language, text in node.mapping().items()}
    if not by_language:
        node.refuse("give a text, or one a language")
        return {"": ""}
    first = next(iter(by_language.values()))
    return {"": first, **by_language}
