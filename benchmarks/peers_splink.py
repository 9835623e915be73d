"""Splink itself beside this project: quality, wall time, processor time and memory, in one run on one machine.

    python -m benchmarks.peers_splink [--sets fake_1000 "FEBRL 3" person100k] [--rules tight]

Splink runs with an expert's settings: first name and surname apart, one comparison for the whole address, e-mail with
its local part, phone, birth date; term frequencies on names, phone, postcode and city; u from ten million sampled
pairs, EM on up to four blockings. Its blocking rules are the yardsticks' (`benchmarks.identity.TIGHT`), which this
project takes too with `--rules tight`; on small sets, whose fields are full of errors, it also looks at all pairs that
agree on one field. Clusters at .95 for both: no threshold is picked with the truth in hand.

Splink reads the fields as they are, in lower case, and each run ends in a cluster a record; this project's run
(`benchmarks.identity`) folds the values, and goes on to all identity tables. Each run is a process of its own.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import duckdb

from benchmarks.labelled_sets import SETS, LabelledSet
from benchmarks.table import print_table
from scv_assets.identity.evaluation import quality

if TYPE_CHECKING:
    from splink import SettingsCreator

CHOSEN = ("fake_1000", "FEBRL 3", "FEBRL 4", "FEBRL 3 with numbers", "FEBRL 4 with numbers", "person100k")
THRESHOLD = 0.95
SAMPLED_PAIRS = 10_000_000
SEED = 1
#: Records up to which Splink also looks at all pairs that agree on one of these fields, as its own examples do.
SMALL = 20_000
WIDE_ON = ("first_name", "last_name", "birth_on", "postcode", "street", "account_id")
#: A set that has nothing in a field is not compared on it.
FIELDS = (
    "first_name",
    "last_name",
    "birth_on",
    "email",
    "phone",
    "street",
    "house_number",
    "postcode",
    "city",
    "account_id",
)


def main() -> None:
    """Print both side by side, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="*", choices=list(SETS), default=list(CHOSEN))
    parser.add_argument("--rules", choices=["shipped", "tight"], default="shipped")
    parser.add_argument("--one", choices=list(SETS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(splink(options.one)))
        return
    rows = []
    for name in options.sets:
        here = _run("benchmarks.identity", name, "--rules", options.rules)
        rows += _rows(name, here, _run("benchmarks.peers_splink", name))
    print_table(f"Here (left) and Splink {version('splink')} (right), {options.rules} rules here, threshold .95", rows)


def _run(module: str, name: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", module, "--one", name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{module} on {name}: {done.stderr.strip().splitlines()[-1]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _rows(name: str, here: dict[str, float], peer: dict[str, float]) -> list[tuple[str, str, str]]:
    def told(found: dict[str, float]) -> tuple[str, str]:
        return (
            f"{found['pairs']:.3f}/{found['b_cubed']:.3f}",
            f"{found['seconds']:.1f} s / {found.get('cpu', math.nan):.1f} s / {found['memory']:.2f} GB",
        )

    (here_quality, here_cost), (peer_quality, peer_cost) = told(here), told(peer)
    return [
        (f"{name}: pairs F1 / B-cubed F1", here_quality, peer_quality),
        (f"{name}: wall / processor / memory", here_cost, peer_cost),
        (f"{name}: wall time as a ratio", f"1/{peer['seconds'] / here['seconds']:.1f}", "1"),
        (f"{name}: candidate pairs", f"{here['candidates']:,.0f}", f"{peer['candidates']:,.0f}"),
    ]


def splink(name: str) -> dict[str, float]:
    """Return quality and wall time of Splink on a set."""
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI
    from splink.blocking_rule_library import block_on

    con = duckdb.connect(config={"threads": 2, "memory_limit": "4GB"})
    labelled = SETS[name][0](con)
    start, worked = time.perf_counter(), time.process_time()
    api, fields = DuckDBAPI(con), _laid(con, labelled)
    linker = Linker(api.register("people"), expert(fields, is_small=len(labelled.entities) <= SMALL), log_level=None)
    sure = [rule for rule in (("email",), ("phone",), ("first_name", "last_name", "birth_on")) if _has(rule, fields)]
    linker.training.estimate_probability_two_random_records_match([block_on(*rule) for rule in sure], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
    for rule in (("first_name", "last_name"), ("birth_on",), ("postcode", "last_name"), ("email",)):
        if _has(rule, fields):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    blocked = linker.inference.compute_blocked_pairs_for_predict()
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, THRESHOLD)
    found = con.sql(f"SELECT unique_id AS source_key, cluster_id AS customer_id FROM {clusters.physical_name}")
    rows = con.from_arrow(found.to_arrow_table())
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    told = quality(*labelled.labels(rows))
    return {
        "pairs": told.pairs.f1,
        "b_cubed": told.b_cubed.f1,
        "candidates": con.table(blocked.physical_name).shape[0],
        "seconds": seconds,
        "cpu": cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def _laid(con: duckdb.DuckDBPyConnection, labelled: LabelledSet) -> frozenset[str]:
    """Lay the records down as a table that Splink reads; return the fields that some record has."""
    records, identifiers = labelled.records, labelled.identifiers
    numbers = con.sql("SELECT source_key, value AS account_id FROM identifiers WHERE namespace = 'account_id'")
    numbered = con.sql("SELECT records.*, account_id FROM records LEFT JOIN numbers USING (source_key)")
    texts = ", ".join(f"nullif(trim(lower(CAST({field} AS VARCHAR))), '') AS {field}" for field in FIELDS)
    con.sql(f"CREATE TABLE people AS SELECT source_key AS unique_id, {texts} FROM numbered")
    counts = con.sql(f"SELECT {', '.join(f'count({field})' for field in FIELDS)} FROM people").fetchall()[0]
    con.sql("ALTER TABLE people ADD COLUMN address VARCHAR")
    con.sql("UPDATE people SET address = nullif(concat_ws(' ', house_number, street), '')")
    return frozenset(field for field, count in zip(FIELDS, counts, strict=True) if count)


def _has(rule: tuple[str, ...], fields: frozenset[str]) -> bool:
    return fields.issuperset(rule)


def expert(fields: frozenset[str], *, is_small: bool) -> "SettingsCreator":
    """Return the settings that somebody who knows Splink well gives it."""
    import splink.comparison_library as cl
    from splink import SettingsCreator
    from splink.blocking_rule_library import CustomRule

    first, last, born = (f"l.{name} = r.{name}" for name in ("first_name", "last_name", "birth_on"))
    starts = {"first_name": 3, "last_name": 4, "birth_on": 4, "postcode": 3}
    begin = {name: f"substr(l.{name}, 1, {most}) = substr(r.{name}, 1, {most})" for name, most in starts.items()}
    alike = {
        ("email",): ["l.email = r.email"],
        ("phone",): ["l.phone = r.phone"],
        ("last_name", "birth_on"): [last, born],
        ("first_name", "birth_on"): [first, born],
        ("last_name", "postcode"): [last, "l.postcode = r.postcode"],
        ("first_name", "postcode"): [first, "l.postcode = r.postcode"],
        ("first_name", "last_name", "city"): [first, last, "l.city = r.city"],
        ("first_name", "last_name", "postcode"): [first, last, begin["postcode"]],
        ("street", "postcode"): ["l.address = r.address", "l.postcode = r.postcode"],
        ("first_name", "last_name"): [begin["first_name"], begin["last_name"], begin["birth_on"]],
    }
    comparisons: list[tuple[str, Any]] = [
        ("first_name", cl.NameComparison("first_name").configure(term_frequency_adjustments=True)),
        ("last_name", cl.NameComparison("last_name").configure(term_frequency_adjustments=True)),
        ("birth_on", cl.DateOfBirthComparison("birth_on", input_is_string=True)),
        ("email", cl.EmailComparison("email")),
        ("account_id", cl.LevenshteinAtThresholds("account_id", [1, 2])),
        ("phone", cl.LevenshteinAtThresholds("phone", 1).configure(term_frequency_adjustments=True)),
    ]
    if is_small:
        alike |= {(name,): [f"l.{name} = r.{name}"] for name in WIDE_ON}
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[*(told for field, told in comparisons if field in fields), *_place(fields)],
        blocking_rules_to_generate_predictions=[
            CustomRule(" AND ".join(sql)) for needed, sql in alike.items() if _has(needed, fields)
        ],
    )


def _place(fields: frozenset[str]) -> list[Any]:
    """Return one comparison for the whole address, or for the city where there is nothing else."""
    import splink.comparison_library as cl

    if "street" not in fields:
        city = cl.JaroWinklerAtThresholds("city", 0.9).configure(term_frequency_adjustments=True)
        return [city] if "city" in fields else []
    near = "jaro_winkler_similarity(address_l, address_r) >= 0.9"
    nothing = " AND ".join(f"({f}_l IS NULL OR {f}_r IS NULL)" for f in ("address", "postcode", "city"))
    levels = [
        {"sql_condition": nothing, "is_null_level": True},
        {"sql_condition": "address_l = address_r AND postcode_l = postcode_r"},
        {"sql_condition": f"({near}) AND (postcode_l = postcode_r OR city_l = city_r)"},
        {"sql_condition": "address_l = address_r"},
        {"sql_condition": "postcode_l = postcode_r", "tf_adjustment_column": "postcode", "tf_adjustment_weight": 1.0},
        {"sql_condition": "city_l = city_r", "tf_adjustment_column": "city", "tf_adjustment_weight": 1.0},
        {"sql_condition": "ELSE"},
    ]
    return [{"output_column_name": "place", "comparison_levels": levels}]


if __name__ == "__main__":
    main()
