"""How long standardisation takes: each value function on distinct values, then whole person records and their fold.

    python -m benchmarks.standardisation [--values 100000] [--records 250000]

Values are made by hashing their numbers, so that every run has the same: most are plain, as in a real base, and one in
ten is written in a harder way. CPU seconds, since that is what two runs on a busy machine have in common.
"""

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date

import duckdb
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from benchmarks.table import print_table
from scv_assets.standardisation.emails import email
from scv_assets.standardisation.fold import record_identifiers, source_records
from scv_assets.standardisation.mapping import wanted_columns
from scv_assets.standardisation.names import family_name
from scv_assets.standardisation.persons import standardised
from scv_assets.standardisation.phones import phone
from scv_assets.standardisation.standardise import BATCH_ROWS
from scv_assets.standardisation.streets import street_line
from scv_assets.standardisation.whole_addresses import whole_address
from scv_assets.standardisation.whole_names import person_name

COUNTRIES = ("BE", "FR")
FAMILIES = "['dupont', 'JANSSENS', 'Van den Broeck', 'de la Fontaine', 'Müller']"
NAME = f"{FAMILIES}[1 + n % 5] || '-' || translate(hex(n), '0123456789', 'ghijklmnop')"
#: What a column holds, as SQL of the row's number `n`.
EMAIL = "CASE n % 10 WHEN 0 THEN 'Jean <J.' || n || '@Mail.BE>' ELSE 'jean.dupont' || n || '@gmail.com' END"
PHONE = "CASE n % 10 WHEN 0 THEN '+32(0)475 ' || (100000 + n % 900000) ELSE '0' || (470000000 + n % 29999999) END"
STREET = "CASE n % 10 WHEN 0 THEN n % 200 || ' bis, bd St ' || hex(n) ELSE 'Rue ' || hex(n) || ' ' || n % 200 END"
FULL_NAME = f"'Marie ' || {NAME}"
ADDRESS = f"{STREET} || ', ' || (1000 + n % 8999) || ' Bruxelles'"

VALUES: dict[str, tuple[str, Callable[[str], object]]] = {
    "e-mail": (EMAIL, email),
    "phone": (PHONE, lambda value: phone(value, "BE", COUNTRIES)),
    "family name": (NAME, family_name),
    "whole name": (FULL_NAME, person_name),
    "street line": (STREET, lambda value: street_line(value, None, "BE")),
    "whole address": (ADDRESS, lambda value: whole_address(value, "BE")),
}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=100_000)
    parser.add_argument("--records", type=int, default=250_000)
    options = parser.parse_args()
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as con:
        rows = [_value_row(con, name, options.values) for name in VALUES]
        print_table("Standardisation: CPU seconds a million distinct values", rows)
        print_table(f"Standardisation: {options.records:,} person records", _records(con, options.records))


def _value_row(con: Connection, name: str, count: int) -> tuple[str, str, str]:
    sql, function = VALUES[name]
    values = [row[0] for row in con.sql(f"SELECT {sql} FROM range({count}) AS numbers(n)").fetchall()]
    started = time.process_time()
    for value in values:
        function(value)
    spent = (time.process_time() - started) / len(values) * 1_000_000
    return (name, f"{spent:.1f} s", "60 s")


def _records(con: Connection, count: int) -> list[tuple[str, str, str]]:
    started = time.process_time()
    for first in range(0, count, BATCH_ROWS):
        delivered = con.sql(f"SELECT {_columns()} FROM range({first}, {min(first + BATCH_ROWS, count)}) AS numbers(n)")
        with standardised(con, delivered, ("loyalty_card",), COUNTRIES) as rows:
            made = con.sql("SELECT 'crm' AS source, * FROM rows")
            made.insert_into("standard") if first else made.create("standard")
    standard = time.process_time() - started
    folded = [(name, f"{_spent(rows):.1f} s", "") for name, rows in _folded(con).items()]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000
    return [("standardised", f"{standard:.1f} s", ""), *folded, ("memory", f"{memory:.1f} GB", "8 GB")]


def _columns() -> str:
    made = {"_day": f"DATE '{date(2026, 1, 1)}'", "_row_number": "n", "source_key": "n", "email": EMAIL, "phone": PHONE}
    made |= {"first_name": "'MARIE'", "last_name": NAME, "street": STREET, "postcode": "1000 + n % 8999"}
    made |= {
        "city": "'BRUXELLES'",
        "country": "'Belgique'",
        "birth_on": "DATE '1940-01-01' + CAST(n % 20000 AS INTEGER)",
    }
    made |= {"identifier:loyalty_card": "'N° ' || n"}
    wanted = wanted_columns("person", ("loyalty_card",))
    return ", ".join(f'CAST({made.get(name, "NULL")} AS {type_}) AS "{name}"' for name, type_ in wanted.items())


def _folded(con: Connection) -> dict[str, Relation]:
    persons = con.table("standard")
    sources = con.sql(
        "SELECT 'crm' AS source, 'increment' AS delivery, FALSE AS accumulate, DATE '2026-01-01' AS newest_day"
    )
    return {"source_record": source_records(con, persons, sources), "identifiers": record_identifiers(con, persons)}


def _spent(rows: Relation) -> float:
    started = time.process_time()
    rows.to_arrow_table()
    return time.process_time() - started


if __name__ == "__main__":
    main()
