"""What stewards' answers are worth: quality before, after their answers, and after a training with them.

    python -m benchmarks.judgements [--set person100k] [--rules tight] [--judgements 400] [--at-once 400]

The questions are those of `scv review`, in its order, answered by the truth. With `--at-once` fewer than all, the
records are matched again after so many answers, and the questions are those that are open then. At the end the model is
trained anew, as the run after `scv match train` does.
"""

import argparse
import resource
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from benchmarks.identity import RULES, shipped
from benchmarks.labelled_sets import SETS, LabelledSet
from benchmarks.table import print_table
from resources.store.engine import open_store, writing_schema
from resources.store.loading import loader
from resources.store.migrations import migrate
from resources.store.tables import CROSSWALK, JUDGEMENT, REVIEW_TASK, duckdb_schema
from scv_assets.identity.evaluation import quality
from scv_assets.identity.model import Model
from scv_assets.identity.policy import Policy
from scv_assets.identity.resolve import PreviousState, Resolution, resolve
from scv_assets.identity.teaching import Question, questions

NOW = datetime(2026, 9, 1)  # noqa: DTZ001
Row = tuple[str, str, str]


def main() -> None:
    """Print quality before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=list(SETS), default="person100k")
    parser.add_argument("--rules", choices=["shipped", *RULES], default="tight")
    parser.add_argument("--judgements", type=int, default=400)
    parser.add_argument("--at-once", type=int, default=400)
    options = parser.parse_args()
    con = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    stewards = Stewards(con, SETS[options.set][0](con), shipped(options.rules), [])
    found, rows = stewards.match(None, None), []
    rows.append(stewards.row("no answer", found))
    while len(stewards.answers) < options.judgements:
        before = len(stewards.answers)
        stewards.answer(found, min(options.at_once, options.judgements - before))
        if len(stewards.answers) == before:
            break
        found = stewards.match(found, found.model)
        rows.append(stewards.row(f"{len(stewards.answers)} answers", found))
    found = stewards.match(found, None)
    rows.append(stewards.row(f"{len(stewards.answers)} answers, trained with them", found))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    rows.append(("memory", f"{memory:.1f} GB", ""))
    print_table(f"Stewards' answers, {options.set}, {options.rules} rules, in the order of scv review", rows)


@dataclass
class Stewards:
    """Records with a truth, and the answers given so far: rows of `judgement`."""

    con: Connection
    labelled: LabelledSet
    policy: Policy
    answers: list[dict[str, object]]

    def match(self, before: Resolution | None, model: Model | None) -> Resolution:
        """Match the records with the answers; trains where no model is given."""
        columns = duckdb_schema(JUDGEMENT)
        given = {name: [answer.get(name) for answer in self.answers] for name in columns}
        told = self.con.from_arrow(pa.table(given)) if self.answers else self.con.sql("SELECT 1 LIMIT 0")
        typed = ", ".join(
            f"CAST({name if self.answers else 'NULL'} AS {type_}) AS {name}" for name, type_ in columns.items()
        )
        state = PreviousState.none(self.con)
        if before is not None:
            state = PreviousState(before.crosswalk, before.customer_redirect, before.review_task)
        return resolve(
            self.con, self.labelled.records, self.labelled.identifiers, told.project(typed), state, self.policy,
            model=model, now=NOW, run_id=str(len(self.answers)), pair_cache=before.pair_levels if before else None,
        )  # fmt: skip

    def answer(self, found: Resolution, most: int) -> None:
        """Answer the first open questions by the truth."""
        for question in self._asked(found)[:most]:
            (source, left), (other, right) = question.left, question.right
            is_one = self.labelled.entities[left] == self.labelled.entities[right]
            self.answers.append(
                {
                    "judgement_id": f"J{len(self.answers):06}",
                    "left_source": source,
                    "left_key": left,
                    "right_source": other,
                    "right_key": right,
                    "verdict": "must_link" if is_one else "cannot_link",
                    "judged_by": "truth",
                    "judged_at": NOW,
                }
            )

    def _asked(self, found: Resolution) -> list[Question]:
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(f"sqlite:///{Path(folder) / 'scv.db'}")
            migrate(store)
            with writing_schema(store) as connection:
                for table, rows in ((CROSSWALK, found.crosswalk), (REVIEW_TASK, found.review_task)):
                    loader(connection).insert(connection, table, rows)
            asked = questions(store, self.policy.thresholds)
            store.dispose()
            return asked

    def row(self, what: str, found: Resolution) -> Row:
        """Return what a table says of a run."""
        told = quality(*self.labelled.labels(found.crosswalk))
        joined = sum(answer["verdict"] == "must_link" for answer in self.answers)
        of_answers = f"{joined} of {len(self.answers)} one person" if self.answers else ""
        return (f"{what}: pairs F1 / B-cubed F1", f"{told.pairs.f1:.4f}/{told.b_cubed.f1:.4f}", of_answers)


if __name__ == "__main__":
    main()
