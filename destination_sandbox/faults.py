"""The ways in which a server and the network to it fail, switched on and off while it runs."""

from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    """What becomes of one request."""

    LOST = "done, and its answer lost"
    TWICE = "done twice"
    DOWN = "refused: the server is down"
    BROKEN = "done, and answered as an error of the server"


@dataclass
class Faults:
    """`lose_every`: the answer of every so manieth request is lost (0: of none), and so on.

    `slow_seconds`: how long each answer takes; `is_down`: nothing is taken.
    """

    lose_every: int = 0
    twice_every: int = 0
    break_every: int = 0
    down_every: int = 0
    slow_seconds: float = 0.0
    is_down: bool = False
    seen: int = 0

    def next(self) -> Fault | None:
        """Return what becomes of the next request; None: it is answered."""
        self.seen += 1
        if self.is_down or _is_turn(self.seen, self.down_every):
            return Fault.DOWN
        if _is_turn(self.seen, self.lose_every):
            return Fault.LOST
        if _is_turn(self.seen, self.break_every):
            return Fault.BROKEN
        return Fault.TWICE if _is_turn(self.seen, self.twice_every) else None


def _is_turn(seen: int, every: int) -> bool:
    return every > 0 and seen % every == 0
