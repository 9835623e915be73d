"""Cents written as amounts, in the notations of the sources."""

import numpy as np

from demo_company.arrays import Integers, Texts


def amounts(cents: Integers, decimal: str = ".") -> Texts:
    """Return amounts in euros with two decimals, such as `-1234.50` or `12,05`."""
    return np.array(
        [f"{'-' if c < 0 else ''}{abs(c) // 100}{decimal}{abs(c) % 100:02d}" for c in cents.tolist()], dtype=object
    )
