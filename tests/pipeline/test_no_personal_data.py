"""Nobody's data in what a run says about itself: its output, its logs, its events, its asset metadata."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import dagster as dg
import pyarrow.parquet as pq
import pytest

from tests.pipeline.company import Company, Told


@pytest.fixture(scope="module")
def secrets(published_demo: Company) -> set[str]:
    """What must not be told: every e-mail, phone, family name with its given name, and street with its number."""
    people = pq.read_table(published_demo.root / "truth" / "people.parquet").to_pylist()
    found: set[str] = set()
    for person in people:
        found |= {person[name] for name in ("email", "former_email", "mobile", "former_mobile", "landline")}
        found.add(f"{person['first_name']} {person['last_name']}")
        found.add(f"{person['street']} {person['house_number']}")
    for row in published_demo.rows("source_record"):
        found |= {row[name] for name in ("email", "phone", "raw_email", "raw_phone", "raw_full_name")}
    for row in published_demo.rows("golden_profile"):
        found |= {row[name] for name in ("last_name", "email", "phone") if row[name]}
    return {text for text in found if text and len(text) > 4}


def told(secrets: set[str], text: str) -> list[str]:
    """Return the secrets that a text tells; a name counts as a whole word."""
    return sorted(secret for secret in secrets if secret in text)


@pytest.fixture(scope="module")
def events(published_demo: Company) -> Iterator[list[str]]:
    """Every event of every run, as Dagster keeps it: messages, metadata, checks, errors."""
    with (
        mock.patch.dict(os.environ, {"DAGSTER_HOME": str(published_demo.root / ".dagster")}),
        dg.DagsterInstance.get() as instance,
    ):
        runs = instance.get_runs()
        assert runs
        yield [dg.serialize_value(entry) for run in runs for entry in instance.all_logs(run.run_id)]


def test_the_events_of_a_run_tell_nobodys_data(events: list[str], secrets: set[str]) -> None:
    assert len(events) > 200
    assert any("rows_refused" in event for event in events)
    assert told(secrets, "\n".join(events)) == []


def test_the_output_of_a_run_tells_nobodys_data(first_run: tuple[Company, Told], secrets: set[str]) -> None:
    assert told(secrets, first_run[1].text) == []


def test_what_a_process_logs_tells_nobodys_data(demo_copy: Company, secrets: set[str]) -> None:
    """Everything that any library logs, at the finest level, in a run over a corrected day."""
    orders = demo_copy.inbox("ecommerce/orders_2026-10-10.csv")
    rows = orders.read_bytes().splitlines(keepends=True)
    orders.write_bytes(b"".join(rows[:-1]))
    program = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from scv_assets import cli
sys.argv = ["scv", "run"]
cli.main()
"""
    run = demo_copy.python("-c", program)
    out, err = run.communicate()
    assert run.returncode == 0, err[-3000:]
    assert told(secrets, out + err) == []


def test_the_files_of_dagster_hold_nobodys_data(published_demo: Company, secrets: set[str]) -> None:
    """Event databases, compute logs, stored values: whatever lies in Dagster's folder, byte for byte."""
    texts = {secret.encode() for secret in secrets if "@" in secret or secret.startswith("+")}
    files = [path for path in (published_demo.root / ".dagster").rglob("*") if path.is_file()]
    assert files
    found: dict[Path, list[bytes]] = {}
    for path in files:
        content = path.read_bytes()
        hits = sorted(text for text in texts if text in content)
        if hits:
            found[path] = hits
    assert found == {}
