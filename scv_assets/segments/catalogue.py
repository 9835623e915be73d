"""The traits that a rule may speak of, and how each follows from what customers did.

A trait is either a sum of daily facts (`orders_count`; over the last days only where its name ends in `_365d`), an age
(days since something), a ratio of sums, or a tile: the customer's place among all who have bought. Nothing else in the
project spells these names. The facts themselves are rows of `activity`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from scv_assets.interactions.vocabulary import COMPLAINT, RECOMMENDATION, is_one_of

#: Days that no age in a history reaches; a rule may name more, and no day would hold them.
OLDEST_DAYS = 1_000_000

_DONE = ("order", "return", "cancellation", "visit", "cart", "ticket", "message", "consent")
_WAYS_TO_BECOME_REACHABLE = ("message", "visit", "ticket", "consent", "record", "contact")
_WINDOWED = re.compile(r"(?P<measure>[a-z_]+?)_(?P<days>[1-9][0-9]{0,4})d")


@dataclass(frozen=True)
class Measure:
    """What one row of activity adds to a sum: `amount` (SQL) where `holds` (SQL)."""

    holds: str
    amount: str = "1"


@dataclass(frozen=True)
class Trait:
    """A trait by its name.

    sum, flag: of the measure `of`, over `days` days where given; a flag is true once the sum is above 0.
    age: days since the last (tenure: the first) activity that the measure `of` counts.
    ratio: the measure `of` by the measure `by`, rounded to whole cents. tile: place of the sum, or of the day of the
    age's last activity, `of` among buyers, 1 to `tiles`. `made_by`: the activity that can change it, likeliest first.
    """

    name: str
    kind: Literal["sum", "flag", "age", "ratio", "tile"]
    of: str
    description: str
    made_by: tuple[str, ...] = ()
    by: str = ""
    days: int = 0
    tiles: int = 0

    @property
    def is_flag(self) -> bool:
        """True for a trait that is itself a condition; others have to be compared with a whole number."""
        return self.kind == "flag"


MEASURES: dict[str, Measure] = {
    "orders_count": Measure("kind = 'order'"),
    "returns_count": Measure("kind = 'return'"),
    "cancelled_orders_count": Measure("kind = 'cancellation'"),
    "invoices_count": Measure("kind = 'invoice'"),
    "spend_cents": Measure("kind IN ('order', 'return')", "coalesce(amount_cents, 0)"),
    "orders_cents": Measure("kind = 'order'", "coalesce(amount_cents, 0)"),
    "priced_orders_count": Measure("kind = 'order' AND amount_cents IS NOT NULL"),
    "visits_count": Measure("kind = 'visit'"),
    "carts_count": Measure("kind = 'cart'"),
    "tickets_count": Measure("kind = 'ticket'"),
    "complaints_count": Measure(f"kind = 'ticket' AND {is_one_of('detail', COMPLAINT)}"),
    "recommendations_count": Measure(f"kind = 'ticket' AND {is_one_of('detail', RECOMMENDATION)}"),
    "open_complaints_count": Measure(
        f"kind IN ('ticket', 'ticket_closed') AND {is_one_of('detail', COMPLAINT)}",
        "CASE kind WHEN 'ticket' THEN 1 ELSE -1 END",
    ),
    "reactions_count": Measure("kind = 'message'"),
    "contacts_count": Measure("kind = 'contact'"),
    "emails_count": Measure("kind = 'contact' AND detail = 'email'"),
    "phones_count": Measure("kind = 'contact' AND detail = 'phone'"),
    "addresses_count": Measure("kind = 'contact' AND detail = 'post'"),
    "doings_count": Measure(f"kind IN {_DONE}"),
    "sightings_count": Measure("true"),
}

_TRAITS = (
    Trait("orders_count", "sum", "orders_count", "orders that are neither returns nor cancelled", ("order",)),
    Trait("returns_count", "sum", "returns_count", "returns", ("return",)),
    Trait("cancelled_orders_count", "sum", "cancelled_orders_count", "orders that were cancelled", ("cancellation",)),
    Trait("invoices_count", "sum", "invoices_count", "orders for which an invoice was issued", ("invoice",)),
    Trait("spend_cents", "sum", "spend_cents", "what was spent, net of returns", ("order", "return")),
    Trait("visits_count", "sum", "visits_count", "web and app sessions", ("visit",)),
    Trait("carts_count", "sum", "carts_count", "shopping carts", ("cart",)),
    Trait("tickets_count", "sum", "tickets_count", "service cases and calls", ("ticket",)),
    Trait("complaints_count", "sum", "complaints_count", "complaints ever made", ("ticket",)),
    Trait("recommendations_count", "sum", "recommendations_count", "reviews and referrals", ("ticket",)),
    Trait(
        "open_complaints_count",
        "sum",
        "open_complaints_count",
        "complaints open at the end of the day",
        ("ticket", "ticket_closed"),
    ),
    Trait(
        "reactions_count",
        "sum",
        "reactions_count",
        "messages that were reacted to: opened, clicked, unsubscribed from or reported as spam",
        ("message",),
    ),
    Trait(
        "is_reachable", "flag", "contacts_count", "an e-mail, a phone or an address is known", _WAYS_TO_BECOME_REACHABLE
    ),
    Trait("has_email", "flag", "emails_count", "an e-mail address is known", _WAYS_TO_BECOME_REACHABLE),
    Trait("has_phone", "flag", "phones_count", "a phone number is known", _WAYS_TO_BECOME_REACHABLE),
    Trait("has_address", "flag", "addresses_count", "a postal address is known", _WAYS_TO_BECOME_REACHABLE),
    Trait("recency_days", "age", "orders_count", "days since the last order; none without an order", ("order",)),
    Trait("dormant_days", "age", "doings_count", "days since the customer last did anything", _DONE),
    Trait("tenure_days", "age", "sightings_count", "days since the customer was first seen"),
    Trait(
        "average_basket_cents",
        "ratio",
        "orders_cents",
        "mean total of the orders; none without one",
        ("order",),
        by="priced_orders_count",
    ),
    Trait(
        "spend_decile", "tile", "spend_cents", "tenth of the buyers by spend, 10 highest", ("order", "return"), tiles=10
    ),
    Trait(
        "recency_quintile", "tile", "recency_days", "fifth of the buyers by last order, 5 latest", ("order",), tiles=5
    ),
    Trait("frequency_quintile", "tile", "orders_count", "fifth of the buyers by orders, 5 most", ("order",), tiles=5),
    Trait(
        "monetary_quintile",
        "tile",
        "spend_cents",
        "fifth of the buyers by spend, 5 highest",
        ("order", "return"),
        tiles=5,
    ),
)

TRAITS: dict[str, Trait] = {trait.name: trait for trait in _TRAITS}

#: Sums that only ever grow by the day's facts, and so make sense over the last N days.
WINDOWED: tuple[str, ...] = tuple(t.name for t in _TRAITS if t.kind == "sum" and t.name != "open_complaints_count")


def find(name: str) -> Trait | None:
    """Return the trait of that name, or None; `<sum>_<N>d` is the sum over the N days that end on the day."""
    if name in TRAITS:
        return TRAITS[name]
    match = _WINDOWED.fullmatch(name)
    if match is None or match["measure"] not in WINDOWED:
        return None
    base, days = TRAITS[match["measure"]], int(match["days"])
    return Trait(name, "sum", base.of, f"{base.description}, in {days} days", base.made_by, days=days)


def known_names() -> list[str]:
    """Return the names to suggest from: every trait, and the sums over a year as examples of a window."""
    return sorted({*TRAITS, *(f"{name}_365d" for name in WINDOWED)})


def measures_of(traits: Iterable[Trait]) -> list[str]:
    """Return the measures that the traits need, in the catalogue's order."""
    needed = set()
    for trait in traits:
        base = TRAITS.get(trait.of) if trait.kind == "tile" else None
        needed |= {base.of if base else trait.of, trait.by}
        needed |= {"orders_count"} if trait.kind == "tile" else set()
    return [name for name in MEASURES if name in needed]
