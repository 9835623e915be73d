"""Where every golden column comes from, for the lineage graph and for people.

One place says it, so that the asset's metadata, the docs and the console tell the same. `canonical` are the fields of
the canonical person record that a contract maps to; `columns` what the stage reads, as (table, column).
"""

from dataclasses import dataclass

from resources.store.tables import GOLDEN_FIELDS


@dataclass(frozen=True)
class Origin:
    """What one golden column is made of, and how, in a sentence."""

    canonical: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    how: str


_CANONICAL: dict[str, tuple[str, ...]] = {
    "first_name": ("first_name", "full_name"),
    "last_name": ("last_name", "full_name"),
    "street": ("street", "address"),
    "house_number": ("house_number", "street", "address"),
    "postcode": ("postcode", "address"),
    "city": ("city", "address"),
}
_SURVIVED = "survives from one source record of the customer by the rules of survivorship.yaml"


def _survivor(field: str) -> Origin:
    return Origin(_CANONICAL.get(field, (field,)), (("source_record", field), ("crosswalk", "customer_id")), _SURVIVED)


def _contactable(kind: str, address: tuple[str, ...]) -> Origin:
    columns = (
        *(("source_record", name) for name in address),
        ("contact_point", "is_valid"),
        ("message_event", "kind"),
        ("consent_state", "is_granted"),
    )
    how = f"the golden {kind} is well-formed and has not bounced, and marketing is not refused on it"
    return Origin(address, columns, how)


#: Column of golden_profile -> where it comes from.
PROFILE: dict[str, Origin] = {
    "customer_id": Origin(
        (), (("crosswalk", "customer_id"),), "the customer that identity resolution gave the records"
    ),
    **{field: _survivor(field) for field in GOLDEN_FIELDS},
    "household_id": Origin(
        ("last_name", "street", "house_number", "postcode", "phone"),
        (("household", "household_id"),),
        "the golden address with the golden last name, or with a phone that others there have too",
    ),
    "lifecycle_segment": Origin(
        (), (("segment_membership", "segment"),), "segment of the lifecycle segmentation that holds today"
    ),
    "source_count": Origin(
        (),
        (("source_record", "source"), ("crosswalk", "customer_id")),
        "different sources among the customer's records",
    ),
    "record_count": Origin(
        (), (("source_record", "source_key"), ("crosswalk", "customer_id")), "the customer's records, deleted ones too"
    ),
    "created_at": Origin((), (("source_record", "first_seen_at"),), "first time that any of the records was seen"),
    "updated_at": Origin(("updated_at",), (("source_record", "updated_at"),), "last change of any of the records"),
    "is_contactable_email": _contactable("e-mail address", ("email",)),
    "is_contactable_phone": _contactable("phone number", ("phone",)),
    "is_contactable_post": _contactable("postal address", ("street", "postcode", "city")),
    "is_deleted": Origin(("is_deleted",), (("source_record", "is_deleted"),), "whether every record is deleted"),
}


def table() -> str:
    """Return the lineage of golden_profile as a Markdown table."""
    lines = ["| golden field | from | how |", "|---|---|---|"]
    for name, origin in PROFILE.items():
        columns = ", ".join(f"`{owner}.{column}`" for owner, column in origin.columns)
        lines.append(f"| `{name}` | {columns} | {origin.how} |")
    return "\n".join(lines)
