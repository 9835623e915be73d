"""Whole numbers, numbers and money in the notations that people and programs write them in.

A column has one decimal mark. The other of `.` and `,`, blanks and apostrophes part thousands (or only the mark that
the column names), and only where they stand every three digits: `12,50` in a column of decimal points is refused,
never read as 1250. A minus may lead, trail, or be a pair of brackets. Money goes through `Decimal` to minor units and
never through a float.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from scv_assets.sql_quoting import literal
from scv_assets.validation.conversion import Conversion

#: Currencies whose minor unit is not a hundredth (ISO 4217).
MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
SYMBOLS: dict[str, str] = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "PLN": "zł", "CZK": "Kč"}
BIGGEST = 2**63 - 1
#: A spreadsheet computes in binary: 19.990000000000002 is 19.99. What differs by more is not noise.
FLOAT_NOISE = Decimal("0.000001")

_BLANK = " \u00a0\u2007\u2009\u202f"
_MINUS = ("-", "\u2212")


@dataclass(frozen=True)
class Notation:
    """How a column writes numbers: its decimal mark, and the mark between thousands (empty: any usual one)."""

    decimal: str = "."
    thousands: str = ""

    @property
    def groups(self) -> str:
        """The marks that may part thousands."""
        return self.thousands or f"{_BLANK}'\u2019{',' if self.decimal == '.' else '.'}"

    @cached_property
    def _unsigned(self) -> re.Pattern[str]:
        whole = rf"[0-9]{{1,3}}(?:(?P<mark>[{re.escape(self.groups)}])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*)|[0-9]+"
        return re.compile(rf"(?P<whole>{whole})?(?:{re.escape(self.decimal)}(?P<fraction>[0-9]*))?")

    def exact(self, text: str) -> Decimal | None:
        """Return the number that a text writes, exactly; None where it is none."""
        body, is_negative = self._sign_apart(text)
        found = self._unsigned.fullmatch(body)
        if found is None:
            return None
        whole, fraction = re.sub(r"[^0-9]", "", found["whole"] or ""), found["fraction"] or ""
        if not whole + fraction:
            return None
        number = Decimal(f"{whole or 0}.{fraction or 0}")
        return -number if is_negative else number

    def _sign_apart(self, text: str) -> tuple[str, bool]:
        """Return what stands beside one sign. `12,-` and `12,--` are whole euros in Belgian and Dutch shops."""
        if text.startswith("(") and text.endswith(")"):
            return text[1:-1].strip(_BLANK), True
        for whole_euros in (f"{self.decimal}--", f"{self.decimal}-"):
            text = text.removesuffix(whole_euros)
        if text.startswith((*_MINUS, "+")):
            return text[1:].lstrip(_BLANK), text.startswith(_MINUS)
        return (text[:-1].rstrip(_BLANK), True) if text.endswith(_MINUS) else (text, False)


def read_integer(text: str, notation: Notation) -> int | None:
    """Return a whole number of 64 bits; `12.0` is one, `12.5` is not."""
    number = notation.exact(text)
    if number is None or abs(number) > BIGGEST or number != number.to_integral_value():
        return None
    return int(number)


def read_number(text: str, notation: Notation) -> float | None:
    """Return a finite number; an exponent (`1.5E-3`) is read with it."""
    mantissa, has_exponent, exponent = text.replace("E", "e").partition("e")
    if has_exponent and not re.fullmatch(r"[+-]?[0-9]{1,3}", exponent):
        return None
    number = notation.exact(mantissa)
    if number is None:
        return None
    value = float(f"{number:f}e{exponent or 0}")
    return value if abs(value) != float("inf") else None


def read_money(text: str, currency: str, notation: Notation) -> int | None:
    """Return an amount in minor units of its currency; None where another currency, or a part of a cent, stands."""
    amount = notation.exact(_without_currency(text, currency))
    if amount is None or abs(amount) > BIGGEST:
        return None
    minor = amount.scaleb(MINOR_DIGITS.get(currency, 2))
    nearest = minor.to_integral_value()
    if abs(minor - nearest) > FLOAT_NOISE or abs(nearest) > BIGGEST:
        return None
    return int(nearest)


def _marks(currency: str) -> tuple[str, ...]:
    return tuple(sorted({mark for mark in (currency, SYMBOLS.get(currency, "")) if mark}))


def _without_currency(text: str, currency: str) -> str:
    """Return the text without its currency, before or after the number or between sign and number."""
    sign, body = (text[0], text[1:]) if text[:1] in (*_MINUS, "(") else ("", text)
    for mark in _marks(currency):
        for written in (mark, mark.lower()):
            if body.startswith(written):
                return sign + body.removeprefix(written).lstrip(_BLANK)
            if body.rstrip(")").endswith(written):
                closing = ")" if body.endswith(")") else ""
                return sign + body.rstrip(")").removesuffix(written).rstrip(_BLANK) + closing
    return text


def integer(notation: Notation) -> Conversion:
    """Return the conversion of a column of whole numbers."""
    return Conversion(
        "BIGINT",
        "a whole number",
        lambda text: f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,18}}') THEN TRY_CAST({text} AS BIGINT) END",
        lambda text: read_integer(text, notation),
    )


def number(notation: Notation) -> Conversion:
    """Return the conversion of a column of numbers."""
    return Conversion(
        "DOUBLE",
        "a number",
        lambda text: _where_plain(text, notation, 15, lambda plain: f"TRY_CAST({plain} AS DOUBLE)"),
        lambda text: read_number(text, notation),
    )


def money(currency: str, notation: Notation) -> Conversion:
    """Return the conversion of a column of amounts in one currency, to its minor units."""
    digits = MINOR_DIGITS.get(currency, 2)
    marks = "|".join(re.escape(mark) for mark in _marks(currency))

    def quick(text: str) -> str:
        bare = f"regexp_replace({text}, {literal(rf'^(?:{marks}) ?| ?(?:{marks})$')}, '')" if marks else text
        return _where_plain(bare, notation, digits, minor)

    def minor(plain: str) -> str:
        return f"CAST(TRY_CAST({plain} AS DECIMAL(18, {digits})) * {10**digits} AS BIGINT)"

    return Conversion(
        "BIGINT",
        f"money in {currency}" if currency else "money",
        quick,
        lambda text: read_money(text, currency, notation),
    )


def _where_plain(text: str, notation: Notation, fraction_digits: int, value: Callable[[str], str]) -> str:
    """Return SQL of the value of a text that is digits, grouped or not, with at most so many after the mark."""
    group = notation.thousands or ("," if notation.decimal == "." else ".")
    fraction = rf"(?:[{notation.decimal}][0-9]{{1,{fraction_digits}}})?" if fraction_digits else ""
    shape = rf"-?(?:[0-9]{{1,13}}|[0-9]{{1,3}}(?:[{re.escape(group)}][0-9]{{3}}){{1,3}}){fraction}"
    plain = f"replace(replace({text}, {literal(group)}, ''), {literal(notation.decimal)}, '.')"
    return f"CASE WHEN regexp_full_match({text}, {literal(shape)}) THEN {value(plain)} END"
