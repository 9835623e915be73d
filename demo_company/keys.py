"""Keys and numbers that look issued at random and are unique by construction, at any size and in any chunk.

An index runs through a multiplication modulo a prime, so neighbours do not get neighbouring numbers and nothing needs
to be remembered to keep them apart.
"""

import zlib

import numpy as np

from demo_company.arrays import Integers, Texts

_PRIME = 99_999_989
_STEP = 48_271_393


def scrambled(indexes: Integers, salt: str, modulus: int = _PRIME) -> Integers:
    """Return other numbers below the prime modulus, one each, in an order that depends on the salt."""
    shift = zlib.crc32(salt.encode())
    factor = _STEP % modulus or 1
    return np.asarray((indexes * factor + shift) % modulus, dtype=np.int64)


def keys(prefix: str, indexes: Integers, salt: str = "") -> Texts:
    """Return keys such as `WEB-48271393`, unique as long as the indexes are."""
    return np.array([f"{prefix}{n:08d}" for n in scrambled(indexes, salt or prefix)], dtype=object)


def tokens(prefix: str, indexes: Integers, salt: str = "") -> Texts:
    """Return keys that look like hashes, such as `ck_05f5e0e5a1c2`."""
    tails = scrambled(indexes, f"{salt or prefix}.tail", 16_777_213)
    return np.array(
        [f"{prefix}{n:07x}{t:06x}" for n, t in zip(scrambled(indexes, salt or prefix), tails, strict=True)],
        dtype=object,
    )


def card_numbers(indexes: Integers) -> Texts:
    """Return loyalty card numbers: thirteen digits with an EAN check digit."""
    cards = []
    for body in (f"2950{n:08d}" for n in scrambled(indexes, "card")):
        weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
        cards.append(f"{body}{-weighted % 10}")
    return np.array(cards, dtype=object)
