"""How long a day's campaign decisions take on a synthetic base, and how much memory.

    python -m benchmarks.campaigns [--customers 1000000] [--memory 2GB]

A year of a company: four orders and ten lines a customer, two consents, two addresses, a move or two; on each of the
last days three customers in a hundred leave a cart and one in a thousand becomes an ambassador. Drawn by hashing, so
that every run has the same. The campaigns are those of the demo company, the voucher with an audience over traits.
"""

import argparse
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from benchmarks.table import print_table
from resources.lake import Lake
from resources.store.tables import METADATA, duckdb_schema
from scv_assets import stages
from scv_assets.activation.decide import decide
from scv_assets.activation.local_time import end_of_day
from scv_assets.activation.metrics import campaign_metrics
from scv_assets.activation.policy_reading import read_campaigns
from scv_assets.activation.run import gather
from scv_assets.golden.run import SILENCE_PATH
from scv_assets.home import load_home
from scv_assets.segments.policy import load_policy
from scv_assets.yaml_document import YamlDocument

COMPANY = Path(__file__).parents[1] / "demo_company" / "company"
ZONE = "Europe/Brussels"
TODAY = date(2026, 11, 20)
AUDIENCE = "    audience: orders_count_365d >= 1 and not recency_days > 400\n"

_DAY = f"DATE '{TODAY}'"
_CUSTOMER = "'C' || md5(n::VARCHAR)"
#: published table -> its rows, of the customers numbered `n`
_TABLES = {
    "crosswalk": f"SELECT 'crm' AS source, n::VARCHAR AS source_key, {_CUSTOMER} AS customer_id FROM people",
    "customer_redirect": f"""SELECT 'Cold' || n AS old_customer_id, {_CUSTOMER} AS customer_id
        FROM people WHERE n % 50 = 0""",
    "golden_profile": f"""SELECT {_CUSTOMER} AS customer_id, 'First' || n % 900 AS first_name,
        ['fr', 'nl', 'en'][n % 3 + 1] AS language, DATE '1960-01-01' + (n % 15000)::INTEGER AS birth_on FROM people""",
    "field_provenance": f"""SELECT {_CUSTOMER} AS customer_id, field, 'crm' AS source, n::VARCHAR AS source_key
        FROM people CROSS JOIN (VALUES ('email'), ('phone')) f(field)""",
    "contact_point": f"""SELECT {_CUSTOMER} AS customer_id, kind, kind || n AS value, n % 40 <> 3 AS is_valid,
        true AS is_primary FROM people CROSS JOIN (VALUES ('email'), ('phone')) k(kind)""",
    "customer_order": f"""SELECT 'pos' AS source, n || '-' || k AS order_id, {_CUSTOMER} AS customer_id,
        'store' AS channel, 'completed' AS status, 5000 AS gross_cents, hash(n, k) % 20 = 0 AS is_return,
        TIMESTAMP '2026-11-20 18:00:00' - to_seconds((hash(n, k, 1) % 31536000)::BIGINT) AS ordered_at
        FROM people CROSS JOIN range(4) r(k)""",
    "order_line": """SELECT 'pos' AS source, n || '-' || k % 4 AS order_id, 1 + k // 4 AS line_number,
        'p' || hash(n, k, 2) % 5000 AS product_id, 'Article' AS product_name, 1.0 AS quantity
        FROM people CROSS JOIN range(10) r(k)""",
    "cart": f"""SELECT 'web' AS source, 'c' || n AS cart_id, {_CUSTOMER} AS customer_id, 'open' AS status,
        TIMESTAMP '2026-11-20 12:00:00' - to_days((n % 33)::INTEGER) AS last_touched_at,
        '[{{"action":"add_to_cart","product_id":"p' || n % 5000 || '","quantity":1}}]' AS lines FROM people""",
    "visit": f"""SELECT 'web' AS source, n::VARCHAR AS visit_id, {_CUSTOMER} AS customer_id, 'web' AS channel,
        TIMESTAMP '2026-11-20 12:00:00' - to_days((n % 300)::INTEGER) AS started_at FROM people""",
    "ticket": f"""SELECT 'service' AS source, n::VARCHAR AS ticket_id, {_CUSTOMER} AS customer_id, 'complaint' AS kind,
        TIMESTAMP '2026-11-01' AS opened_at, if(n % 3 = 0, NULL, TIMESTAMP '2026-11-10') AS closed_at, 'open' AS status
        FROM people WHERE n % 20 = 0""",
    "message_event": f"""SELECT 'mail' AS source, n::VARCHAR AS message_id, 'delivered' AS kind,
        TIMESTAMP '2026-11-01' AS occurred_at, {_CUSTOMER} AS customer_id, 'email' AS channel FROM people""",
    "consent_event": """SELECT n || channel AS event_id, 'crm' AS source, n::VARCHAR AS source_key, channel,
        'marketing' AS purpose, hash(n, channel) % 3 > 0 AS granted, 'consent' AS legal_basis,
        TIMESTAMP '2026-01-01' AS occurred_at FROM people CROSS JOIN (VALUES ('email'), ('sms')) c(channel)""",
    "consent_state": f"""SELECT {_CUSTOMER} AS customer_id, channel, 'marketing' AS purpose,
        hash(n, channel) % 3 > 0 AS is_granted, n || channel AS decided_by_event
        FROM people CROSS JOIN (VALUES ('email'), ('sms')) c(channel)""",
    "segment_membership": f"""SELECT {_CUSTOMER} AS customer_id, 'lifecycle' AS segmentation,
        ['multi_purchase', 'ambassador'][k + 1] AS segment, {_DAY} - if(k = 0, 300, n % 1000)::INTEGER AS valid_from,
        if(k = 0 AND n % 1000 < 300, {_DAY} - (n % 1000)::INTEGER, NULL) AS valid_to,
        TIMESTAMP '2026-11-20' AS recorded_at, 'move' AS cause
        FROM people CROSS JOIN range(2) r(k) WHERE k = 0 OR n % 1000 < 300""",
    "segment_transition": f"""SELECT {_CUSTOMER} AS customer_id, 'lifecycle' AS segmentation,
        {_DAY} - (n % 1000)::INTEGER AS moved_on, 'multi_purchase' AS from_segment, 'ambassador' AS to_segment,
        'order' AS factor FROM people WHERE n % 1000 < 300""",
    "record_identifier": """SELECT 'crm' AS source, n::VARCHAR AS source_key, 'email' AS namespace, 'e' || n AS value,
        TIMESTAMP '2026-01-01' AS first_seen_at FROM people""",
    "source_record": """SELECT 'crm' AS source, n::VARCHAR AS source_key, TIMESTAMP '2026-01-01' AS first_seen_at
        FROM people""",
}


def main() -> None:
    """Print a table with one line a step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--memory", default="2GB", help="DuckDB's limit; the process needs some 0.3 GB beside it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for file in ("segments.yaml", "campaigns.yaml", "governance.yaml"):
            (home / file).write_text((COMPANY / file).read_text(encoding="utf-8"), encoding="utf-8")
        (home / "scv.yaml").write_text(
            f"name: Benchmark\ntime_zone: {ZONE}\ncurrency: EUR\ncountries: [BE]\nstart_on: 2025-11-21\n"
            f"end_on: {TODAY}\nengine: {{memory: {options.memory}}}\n"
        )
        rows = _steps(home, options.customers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    rows.append(("peak memory", f"{peak:.2f} GB", "< 4 GB"))
    print_table(f"Campaign decisions of a day, {options.customers:,} customers, {options.memory} for DuckDB", rows)


def _steps(folder: Path, customers: int) -> list[tuple[str, str, str]]:
    home = load_home(folder)
    lake = home.lake()
    with lake.connect() as con:
        _write(con, lake, customers)
    text = (
        (folder / "campaigns.yaml")
        .read_text(encoding="utf-8")
        .replace("    once: ever\n", f"{AUDIENCE}    once: ever\n")
    )
    policy = read_campaigns(YamlDocument(text, "campaigns.yaml"), load_policy(home.document("segments.yaml")))
    at = end_of_day(TODAY, ZONE)
    with lake.connect() as con:
        started = _now()
        material = gather(con, home, lake, policy, outbox=None)
        before = _empty(con, "suppression")
        decided = decide(con, material, suppressed=before, at=at)
        messages = lake.write("benchmark/outbox", decided.messages, made_from="benchmark").rows
        held = lake.write("benchmark/suppression", decided.suppressions, made_from="benchmark").rows
        rows = [(f"decide: {messages:,} messages, {held:,} suppressions", _since(started), "< 60 s a million")]
        started = _now()
        metrics = campaign_metrics(
            con,
            material,
            at=at,
            as_of_on=TODAY,
            days=[TODAY],
            recorded=_empty(con, "campaign_metric"),
            decided=decided.messages,
            suppressions=decided.suppressions,
        )
        measured = lake.write("benchmark/metric", metrics, made_from="benchmark").rows
        rows.append((f"metrics of the day: {measured} rows", _since(started), ""))
    return rows


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> str:
    wall, cpu = (now - then for now, then in zip(_now(), started, strict=True))
    return f"{wall:.1f} s ({cpu:.1f} s CPU)"


def _empty(con: Connection, table: str) -> Relation:
    schema = duckdb_schema(METADATA.tables[table])
    return con.sql("SELECT " + ", ".join(f"NULL::{type_} AS {name}" for name, type_ in schema.items()) + " LIMIT 0")


def _write(con: Connection, lake: Lake, customers: int) -> None:
    con.execute(f"CREATE TEMP TABLE people AS SELECT range AS n FROM range({customers})")
    for table, query in _TABLES.items():
        lake.write(stages.published_path(table), con.sql(query), made_from="benchmark")
    silence = "SELECT channel, 'marketing' AS purpose, false AS is_granted FROM (VALUES ('email'), ('sms')) c(channel)"
    lake.write(SILENCE_PATH, con.sql(silence), made_from="benchmark")


if __name__ == "__main__":
    main()
