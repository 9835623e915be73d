"""The words of interactions that rules hang on. A contract's `recode` translates a source's own words into them."""

#: Status of an order that never took place.
CANCELLED: tuple[str, ...] = ("cancelled", "canceled")

#: Kind of ticket by which a customer complains.
COMPLAINT: tuple[str, ...] = ("complaint",)

#: Kinds of ticket by which a customer speaks for the company.
RECOMMENDATION: tuple[str, ...] = ("review", "referral")

#: Kinds of message event that are the recipient's own doing.
REACTION: tuple[str, ...] = ("opened", "clicked", "unsubscribed", "complained")


def is_one_of(column: str, words: tuple[str, ...]) -> str:
    """Return the SQL test that a text column is one of the words, whatever its case; false where it is null."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"(coalesce(lower(trim({column})), '') IN ({listed}))"
