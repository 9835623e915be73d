"""When so many rows of a day are bad that the extract itself must be wrong: the whole day is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from scv_assets.errors import DeliveryRefused
from scv_assets.sources.contract import Contract

_TOLD_PROBLEMS = 3
_ERASED = "they were an erased person's"


@dataclass(frozen=True)
class DayCount:
    """Counts of one day.

    `bad` rows are the refused ones but for identical repetitions, with which nothing is lost. `problems`: what is wrong
    -> (rows, first row number), most frequent first; it holds no values.
    """

    rows_in: int
    rows_refused: int
    bad: int
    file: str
    files: int
    problems: Mapping[str, tuple[int, int]]


def refusal(contract: Contract, day: date, count: DayCount) -> DeliveryRefused | None:
    """Return the refusal of a day whose share of bad rows is past what the contract allows, or None."""
    if count.bad <= contract.max_share * count.rows_in:
        return None
    told = [
        f"{problem} ({rows}, first in row {first})"
        for problem, (rows, first) in [*count.problems.items()][:_TOLD_PROBLEMS]
    ]
    message = (
        f"{count.bad} of {count.rows_in} rows cannot be used, past the {contract.max_share:.1%} that"
        f" {contract.where('quarantine')} allows: {', '.join(told) or _ERASED}; mend the extract or the contract"
    )
    file = count.file if count.files == 1 else f"{count.file} and {count.files - 1} more"
    return DeliveryRefused(message, source=contract.source, day=day.isoformat(), file=file)
