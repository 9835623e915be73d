"""Files are whole or not there, say what they hold, and run nothing in a spreadsheet."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from scv_assets.activation.destinations.files import Files
from scv_assets.errors import DestinationUnavailable
from tests.activation.delivery.company import Company, consent, message, profile

YAML = """
  exports:
    kind: files
    url: exports
    objects:
      profile: {key: id, fields: {first_name: name, email: mail, birth_on: born}}
    channels: [post]
"""


@pytest.fixture
def exporting(company: Company) -> Company:
    company.destinations(YAML)
    company.add("golden_profile", profile("ann"), profile("bob", first_name="=cmd|' /C calc'!A0"))
    return company


def manifests(company: Company) -> list[dict[str, Any]]:
    found = (company.root / "exports").glob("*.manifest.json")
    return [json.loads(path.read_text()) for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]


def cells(company: Company, delivery: str) -> list[list[str]]:
    with (company.root / "exports" / f"{delivery}.csv").open(newline="") as handle:
        return list(csv.reader(handle))


def test_a_manifest_says_what_the_files_hold(exporting: Company) -> None:
    exporting.deliver("exports")
    (manifest,) = manifests(exporting)
    assert (manifest["rows"], manifest["columns"]) == (2, ["operation", "id", "name", "mail", "born"])
    for name, told in manifest["files"].items():
        content = (exporting.root / "exports" / name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (told["sha256"], told["bytes"])
    assert {Path(name).suffix for name in manifest["files"]} == {".csv", ".parquet"}


def test_a_cell_that_a_spreadsheet_would_run_is_neutral_in_csv_and_as_it_is_in_parquet(exporting: Company) -> None:
    exporting.deliver("exports")
    (manifest,) = manifests(exporting)
    assert cells(exporting, manifest["delivery"])[2][2] == "'=cmd|' /C calc'!A0"
    table = pq.read_table(exporting.root / "exports" / f"{manifest['delivery']}.parquet")
    assert table.column("name").to_pylist() == ["Ann", "=cmd|' /C calc'!A0"]


def test_only_what_changed_comes_and_nothing_where_nothing_did(exporting: Company) -> None:
    exporting.deliver("exports")
    assert exporting.deliver("exports").calls == 0
    exporting.change("golden_profile", {"customer_id": "ann"}, first_name="Anna")
    exporting.remove("golden_profile", customer_id="bob")
    exporting.deliver("exports")
    _first, second = manifests(exporting)
    assert cells(exporting, second["delivery"])[1:] == [
        ["upsert", "ann", "Anna", "ann@mail.be", ""],
        ["delete", "bob", "", "", ""],
    ]


def test_a_delivery_that_was_cut_short_has_no_manifest_and_comes_again(
    exporting: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Files._placed

    def full(self: Files, name: str, content: bytes) -> None:
        if name.endswith(".manifest.json"):
            raise OSError(28, "No space left on device")
        plain(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(Files, "_placed", full)
        with pytest.raises(DestinationUnavailable, match="No space left"):
            exporting.deliver("exports")
    assert manifests(exporting) == []
    assert exporting.rows("sync_state") == []
    exporting.deliver("exports")
    assert len(manifests(exporting)) == 1
    assert len(list((exporting.root / "exports").glob("*.csv"))) == 1


def test_messages_are_delivered_with_their_file_as_receipt(exporting: Company) -> None:
    exporting.add("consent_state", consent("ann", "post"))
    exporting.add("outbox", *(message(f"m{n}", destination="exports", channel="post") for n in range(3)))
    assert exporting.deliver("exports").sent.delivered == 3
    (receipt,) = {row["receipt"] for row in exporting.rows("outbox")}
    assert [row[0] for row in cells(exporting, receipt)[1:]] == ["m0", "m1", "m2"]
