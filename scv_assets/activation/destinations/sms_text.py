"""How many segments a text message takes, and so what it costs (3GPP TS 23.038 and 23.040).

The default alphabet has 7 bits a character, 160 in one segment and 153 in each of several; characters of its extension
take two places. A text with any other character goes in UCS-2: 70, and 67 in each of several.
"""

from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """Return the segments that a text takes; an empty one takes one."""
    if all(character in _BASIC or character in _EXTENSION for character in text):
        return _parts([2 if character in _EXTENSION else 1 for character in text], 160, 153)
    return _parts([len(character.encode("utf-16-be")) // 2 for character in text], 70, 67)


def _parts(widths: list[int], alone: int, each: int) -> int:
    """Return the segments; a character that takes two places is never torn apart."""
    if sum(widths) <= alone:
        return 1
    parts, room = 1, each
    for width in widths:
        if width > room:
            parts, room = parts + 1, each
        room -= width
    return parts
