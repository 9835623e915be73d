"""A phone number in every notation that people and systems use in Belgium and France."""

import numpy as np

from demo_company.arrays import Texts, texts

#: Notations by name; `eaten` is what a spreadsheet leaves of a number that begins with 0.
NOTATIONS: tuple[str, ...] = (
    "e164",
    "spaced",
    "plain",
    "dotted",
    "slashed",
    "double_zero",
    "bracketed",
    "no_plus",
    "eaten",
)


def write_phones(rng: np.random.Generator, phones: Texts, weights: dict[str, float]) -> Texts:
    """Return E.164 numbers written in notations drawn by weight (a notation not named is not used)."""
    names = list(weights)
    shares = np.array(list(weights.values()))
    drawn = np.searchsorted(np.cumsum(shares / shares.sum()), rng.random(len(phones)), side="right")
    return texts(
        [
            None if phone is None else in_notation(phone, names[min(way, len(names) - 1)])
            for phone, way in zip(phones, drawn, strict=True)
        ]
    )


def in_notation(phone: str, notation: str) -> str:
    """Return an E.164 number of Belgium or France in one notation."""
    country, national = phone[1:3], phone[3:]
    groups = _groups(country, national)
    match notation:
        case "spaced":
            return f"+{country} {' '.join(groups)}"
        case "plain":
            return f"0{national}"
        case "dotted":
            return _national(groups, ".", ".")
        case "slashed":
            return _national(groups, "/", ".") if country == "32" else _national(groups, " ", " ")
        case "double_zero":
            return f"00{phone[1:]}"
        case "bracketed":
            return f"+{country} (0){' '.join(groups)}"
        case "no_plus":
            return phone[1:]
        case "eaten":
            return national
        case _:
            return phone


def _groups(country: str, national: str) -> list[str]:
    if country == "33":
        return [national[0], *_pairs(national[1:])]
    head = 3 if len(national) == 9 else (1 if national[0] in "2349" else 2)
    rest = national[head:]
    return [national[:head], *(_pairs(rest) if len(rest) % 2 == 0 else [rest[:3], *_pairs(rest[3:])])]


def _pairs(digits: str) -> list[str]:
    return [digits[place : place + 2] for place in range(0, len(digits), 2)]


def _national(groups: list[str], first: str, then: str) -> str:
    return f"0{groups[0]}{first}{then.join(groups[1:])}"
