"""Quality, time and memory of identity resolution beside the yardsticks, at the threshold that ships.

    python -m benchmarks.identity [--sets fake_1000 "FEBRL 3" person100k] [--million] [--rules tight] [--engine native]

Each set runs in a process of its own, so that its memory is its own. `tight` and `wide` replace the blocking rules of
the policy that ships by those with which the yardsticks were measured.

Time and memory are those of `resolve`, from the set in memory to all identity tables and the levels that are kept, in
Parquet files: more than the yardsticks, which train, predict and cluster. Memory counts the set and the interpreter.
A run with one per cent of new records comes after one without these; the run over all records that its edges are held
against has the same model.
"""

import argparse
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks.labelled_sets import SETS
from benchmarks.table import print_table
from resources.store.tables import JUDGEMENT, duckdb_schema
from scv_assets.identity.evaluation import quality
from scv_assets.identity.model import Model
from scv_assets.identity.policy import Policy
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.resolve import PreviousState, Resolution, resolve
from scv_assets.yaml_document import read_yaml

MATCHING = Path(__file__).parents[1] / "demo_company" / "company" / "matching.yaml"
#: The yardsticks' rules (e-mail; phone; surname and birth date; …), in this project's features.
TIGHT: tuple[tuple[str, ...], ...] = (
    ("email",),
    ("phone",),
    ("last_name", "birth_on"),
    ("first_name", "birth_on"),
    ("last_name", "postcode"),
    ("first_name", "postcode"),
    ("full_name", "city"),
    ("full_name", "postcode_area"),
    ("street", "house_number", "postcode"),
    ("first_start", "last_start", "birth_year"),
)
#: What the wide yardstick looks at beside: its e-mail start goes with the family name.
WIDE: tuple[tuple[str, ...], ...] = (
    *TIGHT,
    ("full_name",),
    ("birth_on",),
    ("email_local",),
    ("street",),
    ("first_start", "last_start"),
    ("last_name", "city"),
    ("first_name", "city"),
    ("email_start", "last_name"),
)
RULES = {"tight": TIGHT, "wide": WIDE}
COSTS = {
    ("person1m", "tight"): "Splink 49 s wall, 63 s CPU, 1.5 GB; recordlinkage 54, 54, 1.8",
    ("person1m", "wide"): "Splink 122 s wall, 207 s CPU, 2.4 GB",
}


def main() -> None:
    """Print a table with the rows of each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", choices=list(SETS), default=[name for name in SETS if name != "person1m"])
    parser.add_argument("--million", action="store_true", help="person1m too: minutes, and some GB")
    parser.add_argument("--rules", choices=["shipped", *RULES], default="shipped")
    parser.add_argument("--engine", choices=["native", "recordlinkage", "splink"], default="native")
    parser.add_argument("--one", choices=list(SETS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(_measured(options.one, options.rules, options.engine)))
        return
    rows = []
    for name in [*options.sets, *(["person1m"] if options.million else [])]:
        command = [sys.executable, "-m", "benchmarks.identity", "--one", name]
        command += ["--rules", options.rules, "--engine", options.engine]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        rows += _rows(name, options.rules, done)
    print_table(f"Identity resolution, {options.engine}, {options.rules} rules, threshold .95, no labels", rows)


def _rows(name: str, rules: str, done: "subprocess.CompletedProcess[str]") -> list[tuple[str, str, str]]:
    if done.returncode:
        return [(name, done.stderr.strip().splitlines()[-1], "")]
    told = json.loads(done.stdout)
    return [
        (f"{name}: pairs F1 / B-cubed F1", f"{told['pairs']:.3f}/{told['b_cubed']:.3f}", SETS[name][1]),
        (f"{name}: precision, recall of pairs", f"{told['precision']:.3f}, {told['recall']:.3f}", ""),
        (
            f"{name}: {int(told['candidates']):,} pairs",
            f"{told['seconds']:.1f} s wall, {told['cpu']:.1f} s CPU, {told['memory']:.1f} GB",
            COSTS.get((name, rules), ""),
        ),
        (f"{name}: again, nothing new", f"{told['again']:.1f} s wall", ""),
        (
            f"{name}: one per cent of the records new",
            f"{told['seconds_of_more']:.1f} s wall, {told['cpu_of_more']:.1f} s CPU: "
            f"1/{told['seconds'] / told['seconds_of_more']:.1f} of the first run; "
            f"edges {'equal' if told['is_equal'] else 'not equal'} to those of a run over all",
            "1/20, equal" if name == "person1m" else "equal",
        ),
    ]


def shipped(rules: str) -> Policy:
    """Return the policy that ships; its blocking rules replaced by `RULES` of that name."""
    policy = read_policy(read_yaml(MATCHING))
    if rules == "shipped":
        return policy
    return dataclasses.replace(policy, blocking=dataclasses.replace(policy.blocking, rules=RULES[rules]))


def _measured(name: str, rules: str, engine: str) -> dict[str, float]:
    con = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    labelled, policy = SETS[name][0](con), shipped(rules)
    judgements, nothing = _none(con, duckdb_schema(JUDGEMENT)), PreviousState.none(con)
    now = datetime(2026, 9, 1)  # noqa: DTZ001

    def run(
        records: duckdb.DuckDBPyRelation, before: Resolution | None = None, model: Model | None = None
    ) -> tuple[Resolution, float, float]:
        """Return a run after another one or the first, with its wall and processor time; the model is the given one."""
        start, worked = time.perf_counter(), time.process_time()
        known = PreviousState(before.crosswalk, before.customer_redirect, before.review_task) if before else nothing
        found = resolve(
            con, records, labelled.identifiers, judgements, known, policy, model=model, now=now,
            run_id="2" if before else "1", pair_cache=before.pair_levels if before else None, engine=engine,
        )  # fmt: skip
        _write(found)
        return found, time.perf_counter() - start, time.process_time() - worked

    first, seconds, cpu = run(labelled.records)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    _, again, _ = run(labelled.records, first, first.model)
    known, *_ = run(labelled.records.filter("hash(source, source_key) % 100 <> 0"))
    grown, seconds_of_more, cpu_of_more = run(labelled.records, known, known.model)
    whole, *_ = run(labelled.records, None, known.model)
    found = quality(*labelled.labels(first.crosswalk))
    return {
        "pairs": found.pairs.f1,
        "precision": found.pairs.precision,
        "recall": found.pairs.recall,
        "b_cubed": found.b_cubed.f1,
        "candidates": float(str(first.counts["candidate_pairs"])),
        "seconds": seconds,
        "cpu": cpu,
        "memory": memory,
        "again": again,
        "seconds_of_more": seconds_of_more,
        "cpu_of_more": cpu_of_more,
        "is_equal": grown.match_edge.to_arrow_table().equals(whole.match_edge.to_arrow_table()),
    }


def _write(found: Resolution) -> None:
    """Write every table of a run, as the lake does."""
    with tempfile.TemporaryDirectory() as folder:
        for name in [field.name for field in dataclasses.fields(found) if field.name not in ("model", "counts")]:
            getattr(found, name).write_parquet(str(Path(folder) / f"{name}.parquet"))


def _none(con: duckdb.DuckDBPyConnection, schema: dict[str, str]) -> duckdb.DuckDBPyRelation:
    return con.sql("SELECT " + ", ".join(f"CAST(NULL AS {t}) AS {name}" for name, t in schema.items()) + " LIMIT 0")


if __name__ == "__main__":
    main()
