"""The survivorship policy: which of a customer's values goes into the golden profile, as survivorship.yaml says.

Here: the policy as a value, and its strict reading. `ranking` turns it into SQL. A unit is what survives together:
one field, or a group (the address) whose fields all come from one record.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from resources.store.tables import GOLDEN_FIELDS
from scv_assets.yaml_document import Node, YamlDocument

#: Fields of which a value can be told to be out of use (malformed, or bounced).
FIELDS_WITH_VALIDITY: Final = ("email", "phone")

STEWARDS_OVERRIDE: Final = "stewards_override"
MACHINE_RULES: Final = ("valid", "most_trusted_source", "most_recent", "most_frequent", "most_complete")
RULES: Final = (STEWARDS_OVERRIDE, *MACHINE_RULES)
#: What `field_provenance.rule` says where no rule had to decide, or none could.
ONLY_VALUE: Final = "only_value"
TIE_BREAK: Final = "tie_break"

DEFAULT_MAX_PEOPLE: Final = 12
_UNIT_KEYS: Final = ("rules", "not_from", "compare")


@dataclass(frozen=True)
class Unit:
    """What survives together: its fields, the rules in order of weight, the sources it never comes from.

    `is_folded`: `most_frequent` counts values that differ only in case, diacritics or punctuation as one.
    """

    name: str
    fields: tuple[str, ...]
    rules: tuple[str, ...]
    not_from: tuple[str, ...] = ()
    is_folded: bool = False

    @property
    def machine_rules(self) -> tuple[str, ...]:
        """The rules that rank records (the steward's word stands above them)."""
        return tuple(rule for rule in self.rules if rule != STEWARDS_OVERRIDE)

    @property
    def is_overridable(self) -> bool:
        """Whether a steward may set this unit's fields by hand."""
        return STEWARDS_OVERRIDE in self.rules


@dataclass(frozen=True)
class SurvivorshipPolicy:
    """How golden profiles and households are made. Every golden field is in exactly one unit.

    `max_people`: more people than this at one address who share a name or a phone are a building, not a household.
    """

    units: tuple[Unit, ...]
    max_people: int = DEFAULT_MAX_PEOPLE

    @property
    def overridable(self) -> frozenset[str]:
        """The golden fields that a steward may set by hand."""
        return frozenset(name for unit in self.units if unit.is_overridable for name in unit.fields)


def survivorship_policy(document: YamlDocument, *, sources: Collection[str]) -> SurvivorshipPolicy:
    """Read survivorship.yaml; `sources` are the names of the company's contracts (for `not_from`).

    Raises `ConfigError` with file, line and a suggestion (or notes it, where the document collects problems).
    """
    top = document.root.mapping(allowed=("fields", "groups", "households"), required=("fields",))
    units = [_single(name, node, sources) for name, node in top["fields"].mapping(allowed=GOLDEN_FIELDS).items()]
    if "groups" in top:
        units += [_group(name, node, sources) for name, node in top["groups"].mapping().items()]
    _each_field_once(document.root, units)
    max_people = DEFAULT_MAX_PEOPLE
    if "households" in top:
        max_people = _max_people(top["households"])
    return SurvivorshipPolicy(tuple(units), max_people)


def _single(name: str, node: Node, sources: Collection[str]) -> Unit:
    if node.is_list:
        return Unit(name, (name,), _rules(node, (name,)))
    settings = node.mapping(allowed=_UNIT_KEYS, required=("rules",))
    return _unit(name, (name,), settings, sources)


def _group(name: str, node: Node, sources: Collection[str]) -> Unit:
    settings = node.mapping(allowed=("fields", *_UNIT_KEYS), required=("fields", "rules"))
    fields = tuple(item.choice(GOLDEN_FIELDS) for item in settings["fields"].items())
    if not fields:
        settings["fields"].refuse(f"the group '{name}' has no field; list what survives together, or remove it")
    return _unit(name, fields, settings, sources)


def _unit(name: str, fields: tuple[str, ...], settings: dict[str, Node], sources: Collection[str]) -> Unit:
    rules = _rules(settings["rules"], fields)
    not_from: list[str] = []
    for item in settings["not_from"].items() if "not_from" in settings else []:
        source = item.text()
        if source not in sources:
            item.refuse(f"no contract describes a source '{source}'", near=source, among=sources)
        not_from.append(source)
    is_folded = "compare" in settings and settings["compare"].choice(("exact", "folded")) == "folded"
    if is_folded and "most_frequent" not in rules:
        settings["compare"].refuse("'compare' says how 'most_frequent' counts, which is not among the rules")
    return Unit(name, fields, rules, tuple(not_from), is_folded)


def _rules(node: Node, fields: tuple[str, ...]) -> tuple[str, ...]:
    rules: list[str] = []
    items = node.items()
    for item in items:
        rule = item.choice(RULES)
        if item.is_faulty:
            continue
        if rule in rules:
            item.refuse(f"'{rule}' is listed twice; the first decides, remove the second")
        elif rule == STEWARDS_OVERRIDE and rules:
            item.refuse(f"'{STEWARDS_OVERRIDE}' must come first: a person's word outranks every rule")
        elif rule == "valid" and not set(fields) <= set(FIELDS_WITH_VALIDITY):
            item.refuse(f"'valid' is known of {' and '.join(FIELDS_WITH_VALIDITY)} only")
        rules.append(rule)
    if not set(rules) & set(MACHINE_RULES) and not any(part.is_faulty for part in (node, *items)):
        node.refuse(f"at least one rule is needed of {', '.join(MACHINE_RULES)}")
    return tuple(rules)


def _each_field_once(root: Node, units: list[Unit]) -> None:
    placed = [name for unit in units for name in unit.fields]
    for name in GOLDEN_FIELDS:
        if name not in placed:
            root.refuse(f"no rule for the golden field '{name}'; list it under 'fields' or in a group")
        elif placed.count(name) > 1:
            root.refuse(f"the golden field '{name}' has rules in more than one place; keep one")


def _max_people(node: Node) -> int:
    settings = node.mapping(allowed=("max_people",))
    if "max_people" not in settings:
        return DEFAULT_MAX_PEOPLE
    limit = settings["max_people"].integer()
    if limit < 2 and not settings["max_people"].is_faulty:
        settings["max_people"].refuse("'max_people' must be 2 or more: one person alone is no household")
    return limit
