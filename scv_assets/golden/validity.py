"""Whether an address can be used, by its form: SQL conditions over normal forms (standardisation has done the work).

`unusable` knows what the form does not show: placeholders, and addresses that bounce.
"""

#: Message or consent channel -> the kind of contact point that it uses.
KIND_OF_CHANNEL = {"email": "email", "sms": "phone", "phone": "phone", "post": "post"}

#: Countries whose addresses put the house number before the street.
_NUMBER_FIRST = "('AU', 'CA', 'FR', 'GB', 'IE', 'LU', 'US')"


def is_email(column: str) -> str:
    """Return the condition that the column holds one @ with something on either side and a dot after it."""
    return rf"regexp_matches({column}, '^[^@\s]+@[^@\s]+\.[^@\s.]+$')"


def is_phone(column: str) -> str:
    """Return the condition that the column holds an E.164 number: + and 8 to 15 digits."""
    return rf"regexp_matches({column}, '^\+[1-9][0-9]{{7,14}}$')"


def is_complete_address(row: str) -> str:
    """Return the condition that a letter would find its way: street, postcode and city."""
    return f"({row}.street IS NOT NULL AND {row}.postcode IS NOT NULL AND {row}.city IS NOT NULL)"


def postal_line(row: str) -> str:
    """Return the expression of an address in one line; null without a street, or without both postcode and city."""
    number_first = f"concat_ws(' ', {row}.house_number, {row}.street)"
    number_last = f"concat_ws(' ', {row}.street, {row}.house_number)"
    return f"""CASE WHEN {row}.street IS NOT NULL AND coalesce({row}.postcode, {row}.city) IS NOT NULL THEN
        concat_ws(', ', CASE WHEN {row}.country IN {_NUMBER_FIRST} THEN {number_first} ELSE {number_last} END,
            concat_ws(' ', {row}.postcode, {row}.city), {row}.country) END"""


def kind_of(channel: str) -> str:
    """Return the expression of the kind of contact point that the column's channel uses."""
    cases = " ".join(f"WHEN '{name}' THEN '{kind}'" for name, kind in KIND_OF_CHANNEL.items())
    return f"CASE {channel} {cases} END"
