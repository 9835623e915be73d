"""JSON and JSON lines: numbers exact, nested fields by path, unknown fields refused, a bad line kept."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.errors import DeliveryRefused
from tests.sources.company import Company

COLUMNS = """
id: {type: text, required: true}
total: {type: money}
mail: {type: email, from: customer.email}
lines: {type: list, columns: {sku: {type: text}, price: {type: money}}}
note: {type: json}
"""
JSONL = "x/{date}.jsonl"
FILE = "x/2026-08-23.jsonl"


def jsonl(company: Company, *lines: str, end: str = "\n") -> Company:
    company.simple("jsonl", JSONL, COLUMNS).deliver(FILE, "\n".join(lines) + end)
    return company


def test_nested_fields_lists_and_numbers_come_as_exact_text(company: Company) -> None:
    line = (
        '{"id": 12345678901234567890, "total": 12.50, "customer": {"email": "a@x.be"},'
        ' "lines": [{"sku": "A1", "price": 1.1}], "note": {"b": [true, null]}}'
    )
    assert jsonl(company, line).values() == [
        {
            "id": "12345678901234567890",
            "total": "12.50",
            "mail": "a@x.be",
            "lines": '[{"sku":"A1","price":1.1}]',
            "note": '{"b":[true,null]}',
        }
    ]


def test_a_missing_field_is_null(company: Company) -> None:
    assert jsonl(company, '{"id": "1"}', '{"id": "2", "customer": null}').values()[1]["mail"] is None


@pytest.mark.parametrize(
    "bad", ["{", "[1]", "12", '{"id": NaN}', "not json", '{"id": "x", "customer": "Bob"}', '{"id": "x", "lines": [1]}']
)
def test_a_line_that_cannot_be_taken_apart_is_kept_in_its_place(company: Company, bad: str) -> None:
    rows = jsonl(company, '{"id": "1"}', bad, '{"id": "3"}').rows()
    assert [(row["id"], row["_malformed"], row["_row_number"]) for row in rows] == [
        ("1", None, 1),
        (None, bad, 2),
        ("3", None, 3),
    ]


def test_half_a_surrogate_pair_is_kept_escaped(company: Company) -> None:
    rows = jsonl(company, '{"id": "\\ud800"}', '{"id": "2"}').rows()
    assert [(row["id"], row["_malformed"]) for row in rows] == [(None, '{"id": "\\ud800"}'), ("2", None)]


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_last_line_that_is_no_object_means_a_file_cut_short(company: Company, end: str) -> None:
    with pytest.raises(DeliveryRefused, match="cut short: its last line is no JSON object"):
        jsonl(company, '{"id": "1"}', '{"id": "2", "to', end=end).rows()


def test_an_unknown_field_is_refused_with_a_suggestion(company: Company) -> None:
    with pytest.raises(DeliveryRefused, match="found 'totl', which the contract does not know; did you mean 'total'"):
        jsonl(company, '{"id": "1", "totl": 1}').rows()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('{"id": "1", "customer": {"email": "a", "vip": 1}}', "customer.vip"),
        ('{"id": "1", "lines": [{"sku": "A", "colour": "red"}]}', "lines.colour"),
    ],
)
def test_an_unknown_nested_field_is_refused_unless_it_is_ignored(company: Company, line: str, name: str) -> None:
    with pytest.raises(DeliveryRefused, match=f"found '{name}'"):
        jsonl(company, line).rows()
    path = company.root / "sources/crm.yaml"
    path.write_text(path.read_text() + f"ignore: [{name}]\n")
    assert company.values()[0]["id"] == "1"


def test_a_required_field_that_no_record_has_refuses_the_file(company: Company) -> None:
    with pytest.raises(DeliveryRefused, match="field 'id' is expected but no record has it"):
        jsonl(company, '{"total": 1}', '{"total": 2}').rows()


def test_an_empty_file_is_refused(company: Company) -> None:
    with pytest.raises(DeliveryRefused, match="the file is empty"):
        jsonl(company, end="").rows()


def test_the_records_of_a_document_are_found_by_their_path(company: Company) -> None:
    company.simple("json", "x/{date}.json", COLUMNS, "options: {records: export.tickets}")
    company.deliver("x/2026-08-23.json", json.dumps({"export": {"tickets": [{"id": "1"}, {"id": "2"}]}, "n": 2}))
    assert [row["id"] for row in company.values()] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"export": [{"id": "1"}', "not JSON from line 1 on: cut short or damaged"),
        ('{"exports": []}', "there is no list of records at 'export'"),
        ('{"export": {"id": 1}}', "there is no list of records at 'export'"),
        ('{"export": [{"id": Infinity}]}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("", "the file is empty"),
    ],
)
def test_a_broken_document_is_refused(company: Company, content: str, message: str) -> None:
    company.simple("json", "x/{date}.json", COLUMNS, "options: {records: export}")
    company.deliver("x/2026-08-23.json", content)
    with pytest.raises(DeliveryRefused, match=message):
        company.rows()


_records = st.lists(
    st.fixed_dictionaries(
        {"id": st.text(st.characters(codec="utf-8"), min_size=1), "total": st.integers() | st.none()}
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(_records, st.booleans())
def test_whatever_a_json_writer_writes_is_read_back(records: list[dict[str, object]], is_ascii: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        company = jsonl(Company(Path(folder)), *(json.dumps(record, ensure_ascii=is_ascii) for record in records))
        found = [(row["id"], row["total"]) for row in company.values()]
    assert found == [(r["id"], None if r["total"] is None else str(r["total"])) for r in records]
