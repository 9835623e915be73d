"""How long the golden stage takes on a synthetic base, step by step, and how much memory.

    python -m benchmarks.golden [--records 1000000] [--memory 2GB]

The records are drawn by hashing their numbers, so that every run has the same: two a customer on average, misspelt
and missing values, shared addresses and phones, bounces and refusals.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from benchmarks.table import print_table
from resources.lake import Lake, Part
from scv_assets.golden.build import Golden, build
from scv_assets.golden.overrides import nothing_overridden
from scv_assets.golden.policy import survivorship_policy
from scv_assets.yaml_document import read_yaml

POLICY = Path(__file__).parents[1] / "demo_company" / "company" / "survivorship.yaml"
SOURCES = ("crm", "ecommerce", "pos", "social")
CUSTOMERS_PER_RECORD = 0.6
T = TypeVar("T")


def main() -> None:
    """Print a table with one line a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--memory", default="2GB", help="DuckDB's limit; the process needs some 0.3 GB beside it")
    options = parser.parse_args()
    start = time.perf_counter()
    rows = _steps(options.records, options.memory)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    rows += [
        ("whole stage", f"{time.perf_counter() - start:.1f} s", "< 60 s a million"),
        ("peak memory", f"{peak:.2f} GB", "< 4 GB"),
    ]
    print_table(f"Golden stage, {options.records:,} records, {options.memory} for DuckDB, 2 threads", rows)


def _steps(records: int, memory: str) -> list[tuple[str, str, str]]:
    """Run the stage into a lake of its own; return a table row a step."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder, memory=memory)
        with lake.connect() as con:
            con.execute(f"CREATE TABLE base AS {_base(records)}")
            made, seconds = _timed(lambda: _golden(con))
            rows = [("build", f"{seconds:.1f} s", "")]
            for name in ("profile", "provenance", "contact_points", "households"):
                part, seconds = _timed(lambda name=name: _written(lake, name, getattr(made, name)))  # type: ignore[misc]
                rows.append((f"{name}: {part.rows:,} rows", f"{seconds:.1f} s", ""))
    return rows


def _golden(con: Connection) -> Golden:
    return build(
        con,
        records=con.sql("SELECT * EXCLUDE (customer_id) FROM base"),
        crosswalk=con.sql("SELECT source, source_key, customer_id FROM base"),
        trust=con.sql("SELECT * FROM (VALUES ('crm', 0.9), ('ecommerce', 0.8), ('pos', 0.5)) AS t(source, trust)"),
        overrides=nothing_overridden(con),
        consent_state=_consent_state(con),
        message_events=_message_events(con),
        policy=survivorship_policy(read_yaml(POLICY), sources=SOURCES),
    )


def _written(lake: Lake, name: str, rows: Relation) -> Part:
    return lake.write(f"golden/{name}", rows, made_from="benchmark")


def _timed(step: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    result = step()
    return result, time.perf_counter() - start


def _base(records: int) -> str:
    """Return the records with their customer: two people share a home, a name and now and then a phone."""
    customers = int(records * CUSTOMERS_PER_RECORD)
    return f"""
        WITH drawn AS (
            SELECT number, (hash(number, 1) % {customers})::BIGINT AS person, hash(number, 2) AS luck
            FROM range({records}) AS numbers(number)
        ), person AS (
            SELECT *, (person // 2)::BIGINT AS home FROM drawn
        )
        SELECT ['crm', 'ecommerce', 'pos', 'social'][(luck % 4 + 1)::INTEGER] AS source, number::VARCHAR AS source_key,
            'c' || md5(person::VARCHAR) AS customer_id,
            CASE WHEN luck % 19 > 0 THEN 'First' || hash(person, 3) % 900 || if(luck % 23 = 0, 'e', '')
                END AS first_name,
            CASE WHEN luck % 17 > 0 THEN 'Last' || hash(home, 4) % 20000 || if(luck % 29 = 0, 's', '') END AS last_name,
            CASE WHEN luck % 2 = 0 THEN DATE '1950-01-01' + (hash(person, 5) % 20000)::INTEGER END AS birth_on,
            CASE WHEN luck % 3 > 0 THEN 'p' || person || '.' || luck % 31 % 2 || '@example.be' END AS email,
            CASE WHEN luck % 5 > 1 THEN '+324' ||
                lpad((hash(if(luck % 7 = 0, home, person), 6) % 100000000)::VARCHAR, 8, '0') END AS phone,
            CASE WHEN luck % 4 > 0 THEN 'Rue ' || hash(home, 7) % 50000 || if(luck % 37 = 0, ' bis', '') END AS street,
            CASE WHEN luck % 4 > 0 AND luck % 13 > 0 THEN (hash(home, 8) % 200)::VARCHAR END AS house_number,
            CASE WHEN luck % 4 > 0 THEN (1000 + hash(home, 9) % 9000)::VARCHAR END AS postcode,
            CASE WHEN luck % 4 > 0 THEN 'City' || hash(home, 9) % 9000 END AS city, 'BE' AS country,
            ['fr', 'nl'][(hash(person, 10) % 2 + 1)::INTEGER] AS language,
            TIMESTAMP '2025-01-01' + to_seconds((luck % 30000000)::BIGINT) AS updated_at,
            TIMESTAMP '2025-01-01' AS first_seen_at, luck % 50 = 0 AS is_deleted
        FROM person
    """


def _consent_state(con: Connection) -> Relation:
    return con.sql("""
        SELECT DISTINCT customer_id, 'email' AS channel, 'marketing' AS purpose, hash(customer_id) % 4 > 0 AS is_granted
        FROM base
    """)


def _message_events(con: Connection) -> Relation:
    return con.sql("""
        SELECT source, source_key AS person_key, 'email' AS channel,
            if(hash(source_key, 12) % 20 = 0, 'bounced', 'delivered') AS kind, TIMESTAMP '2026-01-01' AS occurred_at
        FROM base WHERE hash(source_key, 11) % 2 = 0
    """)


if __name__ == "__main__":
    main()
