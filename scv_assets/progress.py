"""What a run tells while it works: one `Step` a piece of work done, by way of the standard logger `scv.progress`.

The stages' assets report; whoever watches (the command line's progress bar, a test) adds a handler. Counts only:
no value of any record ever passes here.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOGGER = logging.getLogger("scv.progress")
LOGGER.propagate = False
LOGGER.setLevel(logging.INFO)


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


@contextmanager
def step(stage: str, name: str) -> Iterator[Step]:
    """Time a piece of work and report it when it is done; the caller fills in the counts."""
    work = Step(stage, name)
    started = time.perf_counter()
    yield work
    work.seconds = time.perf_counter() - started
    LOGGER.info("%s/%s", stage, name, extra={"step": work})
