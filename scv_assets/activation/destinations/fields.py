"""The fields that each object can give to a destination: columns of the published tables, under their own names."""

from typing import Final

from resources.store.tables import CUSTOMER_ORDER, CUSTOMER_TRAIT, GOLDEN_PROFILE, ORDER_LINE

#: traits beside the golden profile, as of the last business day
TRAITS: Final = tuple(one.name for one in CUSTOMER_TRAIT.columns if one.name not in {"customer_id", "as_of_on"})

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "profile": (*(one.name for one in GOLDEN_PROFILE.columns if one.name != "is_deleted"), *TRAITS),
    "order": tuple(one.name for one in CUSTOMER_ORDER.columns if one.name != "person_key"),
    "order_line": tuple(ORDER_LINE.columns.keys()),
}
#: how an object's key is made of its columns
KEY: Final[dict[str, tuple[str, ...]]] = {
    "profile": ("customer_id",),
    "order": ("source", "order_id"),
    "order_line": ("source", "order_id", "line_number"),
}
