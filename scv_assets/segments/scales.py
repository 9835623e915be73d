"""What the rules can tell apart of a trait: a customer's value only counts by how it compares with the rules' numbers.

A scale parts the values of one trait into classes: no value; below, at and above each number that a rule names. Two
values of one class are the same to every rule, so that a history need only know when the class of a trait changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scv_assets.segments.catalogue import Trait
from scv_assets.segments.policy import SegmentPolicy

#: the class of who has no value
MISSING = 0


@dataclass(frozen=True)
class Scale:
    """The classes of one trait, counted from 0 (`MISSING`); `numbers`: what rules compare it with, sorted."""

    trait: Trait
    numbers: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many classes there are."""
        return 2 * len(self.numbers) + 2

    @property
    def at_first(self) -> int:
        """The class of a customer of whom nothing is known: a sum is 0, anything else has no value."""
        return int(self.classes(np.zeros(1, dtype=np.int64))[0]) if self.trait.kind in {"sum", "flag"} else MISSING

    @property
    def samples(self) -> list[int | None]:
        """A value of each class, in their order (any value, where a class has none)."""
        between = [value for n in self.numbers for value in (n - 1, n)]
        return [None, *between, self.numbers[-1] + 1]

    def classes(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the class of each value."""
        numbers = np.array(self.numbers)
        found: NDArray[np.int64] = (
            1 + np.searchsorted(numbers, values, side="left") + np.searchsorted(numbers, values, side="right")
        )
        return found


def scales_of(policy: SegmentPolicy) -> list[Scale]:
    """Return the scale of every trait that a rule speaks of, by name; a flag is true above 0."""
    return [
        Scale(trait, (0,) if trait.is_flag else tuple(n for name, n in policy.numbers if name == trait.name))
        for trait in policy.traits
    ]
