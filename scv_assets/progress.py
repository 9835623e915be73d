"""What a run tells while it works, by way of the standard logger `scv.progress`.

How many steps a run has (`Planned`), one `Step` a piece of work done, and `UnderWay` from inside of a long one. The
stages report; whoever watches (the command line's progress bar, a test) is a `Listener`. Counts only: no value of any
record ever passes here.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOGGER = logging.getLogger("scv.progress")
LOGGER.propagate = False
LOGGER.setLevel(logging.INFO)


@dataclass(frozen=True)
class Planned:
    """How many steps will be told of, if none fails."""

    steps: int


@dataclass
class Step:
    """A piece of work: `stage/name`, rows that went in, came out and were refused, seconds it took."""

    stage: str
    name: str
    rows_in: int = 0
    rows_out: int = 0
    rows_refused: int = 0
    seconds: float = 0.0
    is_unchanged: bool = False
    note: str = field(default="")


@dataclass(frozen=True)
class UnderWay:
    """How far a long piece of work is: `done` of `total` things, which `things` names."""

    stage: str
    things: str
    done: int
    total: int


class Listener(logging.Handler):
    """Hears what is told while it listens."""

    def on_plan(self, plan: Planned) -> None:
        """Hear how much there is to do."""

    def on_step(self, step: Step) -> None:
        """Hear that a piece of work is done."""

    def on_the_way(self, work: UnderWay) -> None:
        """Hear how far a long one is."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hear what was logged."""
        told = getattr(record, "told", None)
        if isinstance(told, Planned):
            self.on_plan(told)
        elif isinstance(told, Step):
            self.on_step(told)
        elif isinstance(told, UnderWay):
            self.on_the_way(told)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for as long as the block lasts."""
        LOGGER.addHandler(self)
        try:
            yield
        finally:
            LOGGER.removeHandler(self)


def planned(steps: int) -> None:
    """Tell how many steps there are going to be."""
    LOGGER.info("%d steps", steps, extra={"told": Planned(steps)})


@contextmanager
def step(stage: str, name: str) -> Iterator[Step]:
    """Time a piece of work and report it when it is done; the caller fills in the counts."""
    work = Step(stage, name)
    started = time.perf_counter()
    yield work
    work.seconds = time.perf_counter() - started
    LOGGER.info("%s/%s", stage, name, extra={"told": work})


def under_way(stage: str, things: str, done: int, total: int) -> None:
    """Tell how far a long piece of work is."""
    told = UnderWay(stage, things, done, total)
    LOGGER.info("%s: %d of %d %s", stage, done, total, things, extra={"told": told})
