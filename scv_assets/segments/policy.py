"""`segments.yaml`: the company's segmentations, each a glossary term with an owner and a version.

Here: reading and checking the file. Which trait means what is in `catalogue`; what holds on which day in `membership`.
"""

import re
from dataclasses import dataclass

from scv_assets.segments.catalogue import Trait
from scv_assets.segments.conditions import ALWAYS, NEVER, Condition, read_condition, traits_of
from scv_assets.yaml_document import Node, YamlDocument

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
    """Exclusive segments in the order in which they are tried; the last takes everyone who is left.

    `definition` is the glossary's text of the term, `owner` who answers for it.
    """

    name: str
    title: str
    owner: str
    version: str
    definition: str
    segments: tuple[Segment, ...]

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
    """All that `segments.yaml` says."""

    segmentations: tuple[Segmentation, ...]
    repeated_orders: tuple[RepeatedOrders, ...] = ()

    @property
    def traits(self) -> list[Trait]:
        """The traits that any rule speaks of, by name."""
        return traits_of(s.condition for segmentation in self.segmentations for s in segmentation.segments)

    @property
    def numbers(self) -> list[tuple[str, int]]:
        """The numbers that rules compare a trait with, as (trait, number), sorted."""
        every = (s.condition.numbers for segmentation in self.segmentations for s in segmentation.segments)
        return sorted({pair for numbers in every for pair in numbers})

    def segmentation(self, name: str) -> Segmentation | None:
        """Return the segmentation of that name, or None."""
        return next((found for found in self.segmentations if found.name == name), None)


def load_policy(document: YamlDocument) -> SegmentPolicy:
    """Return the checked content of `segments.yaml`. Raises `ConfigError` with file, line and a suggestion."""
    root = document.root.mapping({"orders", "segmentations"}, {"segmentations"})
    repeated = root["orders"].mapping({"repeated"}).get("repeated") if "orders" in root else None
    names: dict[str, str] = {}
    segmentations = root["segmentations"].items()
    if not segmentations:
        root["segmentations"].refuse("there is no segmentation; give one")
    return SegmentPolicy(
        tuple(_segmentation(node, names) for node in segmentations),
        tuple(_repeated_orders(node) for node in repeated.items()) if repeated else (),
    )


def _repeated_orders(node: Node) -> RepeatedOrders:
    entry = node.mapping({"source", "channels"}, {"source"})
    channels = tuple(entry["channels"].texts()) if "channels" in entry else ()
    return RepeatedOrders(entry["source"].text(), channels)


def _segmentation(node: Node, names: dict[str, str]) -> Segmentation:
    keys = {"name", "title", "owner", "version", "definition", "segments"}
    entry = node.mapping(keys, keys)
    name = _unique_name(entry["name"], names, "segmentation")
    inside: dict[str, str] = {}
    items = entry["segments"].items()
    segments = tuple(_segment(item, inside, is_last=item is items[-1]) for item in items)
    if not items:
        entry["segments"].refuse(f"'{name}' has no segment")
    return Segmentation(
        name,
        entry["title"].text(),
        entry["owner"].text(),
        entry["version"].written(),
        entry["definition"].text().strip(),
        segments,
    )


def _segment(node: Node, names: dict[str, str], *, is_last: bool) -> Segment:
    required = {"name", "title", "description"}
    entry = node.mapping({*required, "when", "otherwise"}, required)
    name = _unique_name(entry["name"], names, "segment")
    return Segment(
        name, entry["title"].text(), entry["description"].text().strip(), _condition(node, entry, name, is_last)
    )


def _condition(node: Node, entry: dict[str, Node], name: str, is_last: bool) -> Condition:
    if "when" in entry and "otherwise" in entry:
        node.refuse(f"'{name}' has both 'when' and 'otherwise'; keep one")
    elif is_last and "otherwise" not in entry:
        node.refuse(f"'{name}' is the last segment: it takes everyone who is left, so write 'otherwise: true'")
    elif not is_last and "when" not in entry:
        node.refuse(f"'{name}' needs a 'when'; only the last segment is 'otherwise'")
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
