"""Seeded random numbers, one independent stream a purpose, so that a change in one channel moves no other."""

import zlib

import numpy as np


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the stream of a purpose, for instance `generator(7, 0, "crm")`."""
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in purpose]
    return np.random.default_rng([seed, *words])
