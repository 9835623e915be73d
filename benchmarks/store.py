"""How fast results are published: a million profiles of twelve filled columns, whole, by difference, and unchanged.

    python -m benchmarks.store [rows] [store URL]

Without a URL it is a SQLite file in a temporary folder. The store at the URL must be empty: its tables are filled.
"""

import resource
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.table import print_table
from resources.lake import Lake
from resources.store.engine import open_store
from resources.store.migrations import migrate
from resources.store.publish import publish
from resources.store.unloading import relation

NOW = datetime.fromisoformat("2026-11-20T03:00:00")
DATASETS = {"golden_profile": "golden/golden_profile", "crosswalk": "identity/crosswalk"}


def lay(lake: Lake, rows: int, version: int) -> None:
    """Write profiles, of which every hundredth differs by the version, and their crosswalk."""
    with lake.connect() as con:
        profiles = con.sql(
            f"""
            SELECT 'c' || lpad(CAST(n AS VARCHAR), 9, '0') AS customer_id, 'first ' || n % 1000 AS first_name,
                'last ' || n % 5000 AS last_name, DATE '1970-01-01' + CAST(n % 9000 AS INTEGER) AS birth_on,
                md5(CAST(n AS VARCHAR)) || '@example.org' AS email, '+324' || n AS phone, 'Rue de la Loi' AS street,
                n % 100 || CASE WHEN n % 100 = {version} THEN 'b' ELSE '' END AS house_number, '1000' AS postcode,
                'Bruxelles' AS city, 'BE' AS country, TIMESTAMP '2026-01-01' + to_seconds(n) AS created_at
            FROM range({rows}) AS numbers(n) ORDER BY customer_id
            """
        )
        lake.write(DATASETS["golden_profile"], profiles, made_from=str(version))
        crosswalk = con.sql("SELECT 'crm' AS source, customer_id AS source_key, customer_id FROM profiles ORDER BY ALL")
        lake.write(DATASETS["crosswalk"], crosswalk, made_from="")


def main() -> None:
    """Publish three times and print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'scv.db'}")
        migrate(store)
        lake = Lake(Path(folder) / "lake")
        measured: list[tuple[str, str, str]] = []
        for name, version in (("whole", 100), ("difference of 1 %", 1), ("unchanged", 1)):
            lay(lake, rows, version)
            with lake.connect() as con:
                wall, cpu = time.perf_counter(), time.process_time()
                publish(store, lake, con, DATASETS, now=NOW, run_id=name)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            measured.append(
                (
                    f"{name}: 2 tables of {rows:,} rows",
                    f"{wall:.2f} s ({2 * rows / wall:,.0f} rows/s)",
                    f"CPU {cpu:.2f} s",
                )
            )
        with lake.connect() as con:
            wall = time.perf_counter()
            relation(con, store, "crosswalk")
            measured.append(("crosswalk back into DuckDB", f"{time.perf_counter() - wall:.2f} s", ""))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print_table(f"Publishing into {store.dialect.name}", [*measured, ("peak memory", f"{peak:.2f} GB", "2 GB")])
        store.dispose()


if __name__ == "__main__":
    main()
