"""How commands lay out rows in a terminal: slim tables whose columns fit into 80 characters, and amounts of money.

What was delivered goes through `shown`: a name may hold the markup of the table, an escape sequence of the terminal or
a mark that turns the writing round.
"""

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.table import Column, Table
from rich.text import Text

from scv_assets.validation.figures import MINOR_DIGITS


def listing(title: str, *columns: Column) -> Table:
    """Return an empty table with its title above and no lines between its columns."""
    return Table(
        *columns,
        title=Text(f"\n{title}", style="bold cyan", no_wrap=True, overflow="ignore"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def whole(header: str) -> Column:
    """Return a column that is never wrapped or cut: what somebody may want to copy."""
    return Column(header, no_wrap=True, overflow="ignore")


def folded(header: str) -> Column:
    """Return a column that goes on in a second line where it is too narrow; nothing of it is lost."""
    return Column(header, overflow="fold")


def shown(value: object) -> Text:
    """Return a delivered value as text that acts on nothing; null is empty, a control character a `�`."""
    text = "" if value is None else str(value)
    return Text("".join("\N{REPLACEMENT CHARACTER}" if _acts(character) else character for character in text))


def _acts(character: str) -> bool:
    """Tell whether a character does something to the terminal instead of being seen (a line's end is wanted)."""
    return character != "\n" and unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def local_minute(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant (naive UTC) as a clock on the wall shows it, to the minute."""
    return f"{at.replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def amount(cents: int, currency: str) -> str:
    """Return an amount in minor units as people write it, with its currency's decimals (ISO 4217)."""
    digits = MINOR_DIGITS.get(currency, 2)
    return f"{cents / 10**digits:,.{digits}f} {currency}".rstrip()
