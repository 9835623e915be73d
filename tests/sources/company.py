"""Builders: a company's folder with the contracts and files that a test writes."""

from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

from scv_assets.home import Home, load_home
from scv_assets.sources.contract import Contract
from scv_assets.sources.deliveries import Delivery, deliveries
from scv_assets.sources.extraction import extract

DAY = date(2026, 8, 23)

SETTINGS = """
name: Test
time_zone: Europe/Brussels
currency: EUR
countries: [BE, FR]
start_on: 2026-08-23
end_on: 2026-11-20
"""

CRM = """
source: crm
title: CRM contacts
owner: {team: marketing}
kind: crm
extract:
  reader: csv
  path: crm/contacts_{date}.csv
key: [id]
columns:
  id: {type: text, required: true}
  email: {type: email}
  name: {type: text}
maps:
  person: {source_key: id, email: email, last_name: name}
"""


class Company:
    """A folder under test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("scv.yaml", SETTINGS)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def deliver(self, name: str, content: str | bytes) -> Path:
        """Put a file in the inbox."""
        return self.write(f"inbox/{name}", content)

    def contract(self, text: str, name: str | None = None) -> "Company":
        """Write a contract under its source's name."""
        text = dedent(text)
        source = name or text.split("source:", 1)[1].split("\n", 1)[0].strip()
        self.write(f"sources/{source}.yaml", text)
        return self

    def simple(self, reader: str, path: str, columns: str, extra: str = "", source: str = "crm") -> "Company":
        """Write a contract whose first column is its key and a person's source_key."""
        first = columns.strip().split(":", 1)[0].strip()
        head = f"source: {source}\ntitle: T\nowner: {{team: t}}\nkind: crm\n"
        where = f"extract:\n  reader: {reader}\n" + (f"  path: {path}\n" if path else "")
        body = "columns:\n" + "\n".join(f"  {line.strip()}" for line in columns.strip().splitlines())
        options = "\n".join(f"  {line}" for line in dedent(extra).strip().splitlines())
        self.write(
            f"sources/{source}.yaml",
            f"{head}{where}{options}\nkey: [{first}]\n{body}\nmaps:\n  person: {{source_key: {first}}}\n",
        )
        return self

    @property
    def home(self) -> Home:
        """The folder, loaded anew."""
        return load_home(self.root)

    def only(self, source: str = "crm") -> tuple[Home, Contract]:
        """Return the home and one contract."""
        home = self.home
        return home, home.contracts[source]

    def delivery(self, source: str = "crm") -> Delivery:
        """Return a source's first delivery."""
        return deliveries(*self.only(source))[0]

    def rows(self, source: str = "crm") -> list[dict[str, Any]]:
        """Return the raw rows of a source's first delivery, without their time of arrival."""
        home, contract = self.only(source)
        table = extract(home, contract, deliveries(home, contract)[0])
        return [dict(row) for row in table.drop_columns(["_arrived_at"]).to_pylist()]

    def values(self, source: str = "crm") -> list[dict[str, Any]]:
        """Return the raw rows without what extraction adds."""
        return [{name: v for name, v in row.items() if not name.startswith("_")} for row in self.rows(source)]
