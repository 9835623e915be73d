"""`segments.yaml`: the company's segmentations, each a glossary term with an owner and a version.

Here: reading and checking the file. Which trait means what is in `catalogue`; what holds on which day in `membership`.
"""

import re
from dataclasses import dataclass

from scv_assets.segments.catalogue import Trait
from scv_assets.segments.conditions import ALWAYS, NEVER, Condition, read_condition, traits_of
from scv_assets.yaml_document import Node, YamlDocument

#: How far back contacts have to do with an order, where segments.yaml does not say.
LOOKBACK_DAYS = 90

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Segment:
    """One of a segmentation's segments: who meets `condition` and none of those before it."""

    name: str
    title: str
    description: str
    condition: Condition


@dataclass(frozen=True)
class Segmentation:
    """Exclusive segments in the order in which they are tried, the last of which takes everyone who is left.

    Or, where `is_overlapping`, segments of which each customer is in as many as it meets. `definition` is the
    glossary's text of the term, `owner` who answers for it.
    """

    name: str
    title: str
    owner: str
    version: str
    definition: str
    segments: tuple[Segment, ...]
    is_overlapping: bool = False

    def segment(self, name: str) -> Segment | None:
        """Return the segment of that name, or None (it may have been one of an earlier version)."""
        return next((segment for segment in self.segments if segment.name == name), None)


@dataclass(frozen=True)
class RepeatedOrders:
    """Orders of a source that another source delivers too: they count once. `channels` empty: all of the source's."""

    source: str
    channels: tuple[str, ...]


@dataclass(frozen=True)
class SegmentPolicy:
    """All that `segments.yaml` says. `segmentations` are the exclusive ones, of which there is one at least.

    `lookback_days`: how far back contacts have to do with an order.
    """

    segmentations: tuple[Segmentation, ...]
    repeated_orders: tuple[RepeatedOrders, ...] = ()
    overlapping: tuple[Segmentation, ...] = ()
    lookback_days: int = LOOKBACK_DAYS

    @property
    def every(self) -> tuple[Segmentation, ...]:
        """The exclusive segmentations, then the overlapping ones."""
        return (*self.segmentations, *self.overlapping)

    @property
    def traits(self) -> list[Trait]:
        """The traits that any rule speaks of, by name."""
        return traits_of(s.condition for segmentation in self.every for s in segmentation.segments)

    @property
    def numbers(self) -> list[tuple[str, int]]:
        """The numbers that rules compare a trait with, as (trait, number), sorted."""
        every = (s.condition.numbers for segmentation in self.every for s in segmentation.segments)
        return sorted({pair for numbers in every for pair in numbers})

    @property
    def names(self) -> tuple[list[str], list[str]]:
        """The names of the segmentations, and of their segments."""
        return [one.name for one in self.every], [segment.name for one in self.every for segment in one.segments]

    def segmentation(self, name: str) -> Segmentation | None:
        """Return the segmentation of that name, or None."""
        return next((found for found in self.every if found.name == name), None)


def load_policy(document: YamlDocument) -> SegmentPolicy:
    """Return the checked content of `segments.yaml`. Raises `ConfigError` with file, line and a suggestion."""
    root = document.root.mapping({"orders", "attribution", "segmentations"}, {"segmentations"})
    repeated = root["orders"].mapping({"repeated"}).get("repeated") if "orders" in root else None
    names: dict[str, str] = {}
    read = [_segmentation(node, names) for node in root["segmentations"].items()]
    exclusive = tuple(one for one in read if not one.is_overlapping)
    if not read:
        root["segmentations"].refuse("there is no segmentation; give one")
    elif not exclusive:
        root["segmentations"].refuse("all segmentations overlap; give one that does not")
    return SegmentPolicy(
        exclusive,
        tuple(_repeated_orders(node) for node in repeated.items()) if repeated else (),
        tuple(one for one in read if one.is_overlapping),
        _lookback_days(root["attribution"]) if "attribution" in root else LOOKBACK_DAYS,
    )


def _lookback_days(node: Node) -> int:
    entry = node.mapping({"lookback_days"}).get("lookback_days")
    days = entry.integer() if entry else LOOKBACK_DAYS
    if entry and not entry.is_faulty and days < 1:
        entry.refuse("'lookback_days' must be 1 or more")
    return days


def _repeated_orders(node: Node) -> RepeatedOrders:
    entry = node.mapping({"source", "channels"}, {"source"})
    channels = tuple(entry["channels"].texts()) if "channels" in entry else ()
    return RepeatedOrders(entry["source"].text(), channels)


def _segmentation(node: Node, names: dict[str, str]) -> Segmentation:
    keys = {"name", "title", "owner", "version", "definition", "segments"}
    entry = node.mapping({*keys, "overlapping"}, keys)
    is_overlapping = entry["overlapping"].boolean() if "overlapping" in entry else False
    name = _unique_name(entry["name"], names, "segmentation")
    inside: dict[str, str] = {}
    items = entry["segments"].items()
    segments = tuple(_segment(item, inside, takes_rest=item is items[-1] and not is_overlapping) for item in items)
    if not items:
        entry["segments"].refuse(f"'{name}' has no segment")
    return Segmentation(
        name,
        entry["title"].text(),
        entry["owner"].text(),
        entry["version"].written(),
        entry["definition"].text().strip(),
        segments,
        is_overlapping,
    )


def _segment(node: Node, names: dict[str, str], *, takes_rest: bool) -> Segment:
    required = {"name", "title", "description"}
    entry = node.mapping({*required, "when", "otherwise"}, required)
    name = _unique_name(entry["name"], names, "segment")
    return Segment(
        name, entry["title"].text(), entry["description"].text().strip(), _condition(node, entry, name, takes_rest)
    )


def _condition(node: Node, entry: dict[str, Node], name: str, takes_rest: bool) -> Condition:
    if "when" in entry and "otherwise" in entry:
        node.refuse(f"'{name}' has both 'when' and 'otherwise'; keep one")
    elif takes_rest and "otherwise" not in entry:
        node.refuse(f"'{name}' is the last segment: it takes everyone who is left, so write 'otherwise: true'")
    elif not takes_rest and "when" not in entry:
        node.refuse(f"'{name}' needs a 'when'; only the last segment of an exclusive segmentation is 'otherwise'")
    elif "when" in entry:
        return read_condition(entry["when"])
    elif entry["otherwise"].boolean() or entry["otherwise"].is_faulty:
        return ALWAYS
    else:
        entry["otherwise"].refuse("'otherwise' can only be true")
    return NEVER


def _unique_name(node: Node, taken: dict[str, str], what: str) -> str:
    name = node.text()
    if node.is_faulty:
        return name
    if not _NAME.fullmatch(name):
        node.refuse(f"'{name}' is no name of a {what}: use lower-case letters, digits and _")
    elif name in taken:
        node.refuse(f"the {what} '{name}' is given twice (first at {taken[name]})")
    taken[name] = node.where
    return name
