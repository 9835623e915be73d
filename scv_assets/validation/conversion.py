"""A conversion: how the text of one type of column becomes a value, quickly where it is plain, carefully where not.

The quick way is SQL and runs over every row; it answers only for notations that it reads exactly as the careful way
would, and is null for the rest. The careful way is a Python function; it runs once a distinct text that is left.
A text that neither reads is a fault of its row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: SQL that is null for every text: the type has no quick way.
NOT_QUICK = "NULL"
#: Characters past which no text is tried with care: nobody writes a number or a date that long.
LONGEST_CAREFUL = 400


def _unread(text: str) -> None:
    return None


@dataclass(frozen=True)
class Conversion:
    """How texts of a type are read.

    `quick` makes SQL from the SQL of a text; `careful` gives the value of one text or None; `expected` ends the
    sentence "'abc' is not …".
    """

    duckdb_type: str
    expected: str
    quick: Callable[[str], str] = lambda text: NOT_QUICK
    careful: Callable[[str], Any] = _unread

    @property
    def is_text(self) -> bool:
        """Whether the text is its own value, so that nothing can fail."""
        return self.quick("text") == "text"
