"""destinations.yaml -> settings. A company without the file has no destinations, and nothing is sent."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resources.store.tables import METADATA
from scv_assets.activation.destinations.fields import FIELDS
from scv_assets.activation.destinations.kinds import KINDS, Kind
from scv_assets.activation.destinations.settings import (
    ChannelSettings,
    DestinationSettings,
    Limits,
    ObjectSettings,
    Subscription,
)
from scv_assets.home import Home
from scv_assets.yaml_document import Node, YamlDocument

POLICY = "destinations.yaml"
MARKETING = "marketing"
COMMON = ("kind", "url", "objects", "channels", "limits", "dry_run")
LIMITS = ("calls", "seconds", "at_once", "attempts", "first_pause_seconds", "longest_pause_seconds", "timeout_seconds")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SECRET = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_DEFAULT_KEY = {"profile": "customer_id", "order": "order_key", "order_line": "line_key"}


def company_destinations(home: Home) -> dict[str, DestinationSettings]:
    """Return the company's destinations by name, in the order of their names; none where it has no destinations.yaml.

    Raises `ConfigError` (or notes it, where the company's documents collect problems).
    """
    return read_destinations(home.document(POLICY)) if home.has(POLICY) else {}


def read_destinations(document: YamlDocument) -> dict[str, DestinationSettings]:
    """Read destinations.yaml. Raises `ConfigError` with file, line and a suggestion."""
    entries = document.root.mapping(("destinations",), ("destinations",))["destinations"].mapping()
    return {name: _destination(name, node) for name, node in sorted(entries.items())}


def _destination(name: str, node: Node) -> DestinationSettings:
    if not _NAME.fullmatch(name):
        node.refuse(f"'{name}' names a destination; write it in small letters, digits and _")
    if name in METADATA.tables:
        node.refuse(f"'{name}' is a table of the customer view; call the destination something else")
    kind_node = node.child("kind")
    word = kind_node.choice(tuple(KINDS)) if kind_node is not None else next(iter(KINDS))
    kind = KINDS[word]
    required = ("kind", "url", *kind.secrets, *(option for option, default in kind.options.items() if default is None))
    given = node.mapping((*COMMON, *kind.secrets, *kind.optional_secrets, *kind.options), required)
    return DestinationSettings(
        name=name,
        kind=word,
        url=given["url"].text(),
        where=node.where,
        limits=_limits(given["limits"], kind.limits) if "limits" in given else kind.limits,
        objects=_objects(given["objects"], kind) if "objects" in given else {},
        channels=_channels(given["channels"], kind) if "channels" in given else {},
        options={
            option: _option(given[option]) if option in given else default or ""
            for option, default in kind.options.items()
        },
        secrets={
            secret: _secret(given[secret]) for secret in (*kind.secrets, *kind.optional_secrets) if secret in given
        },
        is_dry_run=given["dry_run"].boolean() if "dry_run" in given else False,
    )


def _option(node: Node) -> str:
    return ",".join(node.texts()) if node.is_list else node.written()


def _secret(node: Node) -> str:
    text = node.text()
    if not node.is_faulty and not _SECRET.fullmatch(text):
        node.refuse(f"'{node.label}' is a secret, which has no place in a file; write it as ${{VARIABLE}}")
    return text


def _limits(node: Node, default: Limits) -> Limits:
    given = node.mapping(LIMITS)
    said: dict[str, Any] = {}
    for name, entry in given.items():
        value = entry.integer() if name in {"calls", "at_once", "attempts"} else entry.number()
        if value > 0:
            said[name] = value
        elif not entry.is_faulty:
            entry.refuse(f"'{entry.label}' must be more than 0")
    return replace(default, **said)


def _objects(node: Node, kind: Kind) -> dict[str, ObjectSettings]:
    given = node.mapping(kind.objects)
    found = {name: _object(name, given[name], kind) for name in kind.objects if name in given}
    if "order_line" in found and "order" not in found:
        node.refuse("'order_line' goes with 'order'; name both")
    return found


def _object(name: str, node: Node, kind: Kind) -> ObjectSettings:
    allowed = ["key", "fields"]
    allowed += ["table"] if kind.has_tables else []
    allowed += ["consent", "purpose"] if name == "profile" else []
    allowed += ["subscriptions"] if name == "profile" and kind.has_subscriptions else []
    given = node.mapping(allowed, ("fields",))
    fields = {field: entry.text() for field, entry in given["fields"].mapping(FIELDS[name]).items()}
    key = given["key"].text() if "key" in given else _DEFAULT_KEY[name]
    taken = [key, *fields.values()]
    if len(set(taken)) != len(taken):
        given["fields"].refuse(f"two fields of '{node.label}' go to one attribute (or to '{key}', which holds the key)")
    purpose = given["purpose"].text() if "purpose" in given else MARKETING
    return ObjectSettings(
        name=name,
        table=given["table"].text() if "table" in given else name,
        key=key,
        fields=fields,
        consent=tuple(_channel(entry) for entry in given["consent"].items()) if "consent" in given else (),
        purpose=purpose,
        subscriptions=_subscriptions(given["subscriptions"], purpose) if "subscriptions" in given else (),
    )


def _channel(node: Node) -> str:
    return node.choice(("email", "sms", "phone", "post"))


def _subscriptions(node: Node, purpose: str) -> tuple[Subscription, ...]:
    return tuple(Subscription(name, _channel(entry), purpose) for name, entry in sorted(node.mapping().items()))


def _channels(node: Node, kind: Kind) -> dict[str, ChannelSettings]:
    if node.is_list:
        named = {entry.choice(kind.channels): entry for entry in node.items()}
        if kind.channel_options:
            node.refuse(f"each channel says its {' and '.join(kind.channel_options)}; write them as a mapping")
        return {channel: ChannelSettings(channel) for channel in named}
    return {channel: _channel_settings(channel, entry, kind) for channel, entry in node.mapping(kind.channels).items()}


def _channel_settings(channel: str, node: Node, kind: Kind) -> ChannelSettings:
    given = node.mapping(kind.channel_options, kind.channel_options)
    return ChannelSettings(channel, _flat(given))


def _flat(given: Mapping[str, Node]) -> dict[str, str]:
    """Return texts as they are, and a mapping (a campaign's content) as `name.entry` -> text."""
    found: dict[str, str] = {}
    for name, node in given.items():
        if node.is_mapping:
            found |= {f"{name}.{entry}": inner.written() for entry, inner in node.mapping().items()}
        else:
            found[name] = node.text()
    return found
