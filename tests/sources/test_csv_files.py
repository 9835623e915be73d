"""A CSV is read exactly or refused whole; a bad row in it is kept."""

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.errors import DeliveryRefused
from tests.sources.company import CRM, Company

FILE = "crm/contacts_2026-08-23.csv"
GOOD = "id,email,name\n1,a@x.be,Ann\n2,b@x.be,Bob\n"


def crm(company: Company, content: str | bytes, options: str = "") -> Company:
    company.contract(CRM.replace("\nkey:", f"\n  options: {{{options}}}\nkey:") if options else CRM)
    company.deliver(FILE, content)
    return company


def test_rows_come_as_delivered_with_file_and_number(company: Company) -> None:
    assert crm(company, GOOD).rows() == [
        {"id": "1", "email": "a@x.be", "name": "Ann", "_malformed": None, "_file": FILE, "_row_number": 1},
        {"id": "2", "email": "b@x.be", "name": "Bob", "_malformed": None, "_file": FILE, "_row_number": 2},
    ]


_text = st.text(st.characters(codec="utf-8"), max_size=12)
_rows = st.lists(st.tuples(_text, _text, _text), max_size=5)


@settings(max_examples=60, deadline=None)
@given(rows=_rows, delimiter=st.sampled_from(",;\t|"), is_packed=st.booleans())
def test_whatever_a_csv_writer_writes_is_read_back(
    rows: list[tuple[str, ...]], delimiter: str, is_packed: bool
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([("id", "email", "name"), *rows])
    content = out.getvalue().encode()
    with tempfile.TemporaryDirectory() as folder:
        company = Company(Path(folder))
        suffix = ".gz" if is_packed else ""
        text = CRM.replace("{date}.csv", "{date}.csv" + suffix)
        company.contract(text.replace("\nkey:", f"\n  options: {{delimiter: {json.dumps(delimiter)}}}\nkey:"))
        company.deliver(FILE + suffix, gzip.compress(content) if is_packed else content)
        assert [tuple(row.values()) for row in company.values()] == rows


def test_quoted_newlines_delimiters_and_quotes_are_data(company: Company) -> None:
    content = 'id,email,name\r\n1,"a,b","Ann ""A""\r\nline 2"\r\n'
    assert crm(company, content).values() == [{"id": "1", "email": "a,b", "name": 'Ann "A"\r\nline 2'}]


def test_a_nul_a_right_to_left_mark_and_a_formula_are_kept(company: Company) -> None:
    content = "id,email,name\n1,\x00,\u202e=1+1\n"
    assert crm(company, content).values() == [{"id": "1", "email": "\x00", "name": "\u202e=1+1"}]


def test_a_megabyte_in_one_field_is_kept(company: Company) -> None:
    long = "x" * 1_000_000
    assert crm(company, f"id,email,name\n1,,{long}\n").values()[0]["name"] == long


def test_a_byte_order_mark_is_no_data(company: Company) -> None:
    assert crm(company, b"\xef\xbb\xbf" + GOOD.encode()).values()[0]["id"] == "1"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-8-sig", "utf-8"])
def test_each_declared_encoding_is_read(company: Company, encoding: str) -> None:
    content = "id,email,name\n1,,Zoé\n".encode(encoding)
    assert crm(company, content, f"encoding: {encoding}").values()[0]["name"] == "Zoé"


@pytest.mark.parametrize(
    ("declared", "delivered"), [("utf-8", "cp1252"), ("cp1252", "utf-8"), ("utf-16", "cp1252"), ("cp1252", "utf-16")]
)
def test_a_file_of_another_encoding_is_refused(company: Company, declared: str, delivered: str) -> None:
    content = "id,email,name\n1,,Zoé\n".encode(delivered)
    with pytest.raises(DeliveryRefused, match=FILE):
        crm(company, content, f"encoding: {declared}").rows()


def test_a_row_of_another_width_is_kept_whole_and_the_others_go_on(company: Company) -> None:
    rows = crm(company, "id,email,name\n1,a,Ann\n2,b\n3,c,Cid,extra\n4,d,Dan\n").rows()
    assert [(row["id"], row["_malformed"], row["_row_number"]) for row in rows] == [
        ("1", None, 1),
        (None, "2,b", 2),
        (None, "3,c,Cid,extra", 3),
        ("4", None, 4),
    ]


def test_a_quote_out_of_place_spoils_its_row_only(company: Company) -> None:
    rows = crm(company, 'id,email,name\n1,"a"b,Ann\n2,b,Bob\n').rows()
    assert [(row["id"], row["_malformed"]) for row in rows] == [(None, '1,"a"b,Ann'), ("2", None)]


@pytest.mark.parametrize("at", range(len("id,email,name\n1,a@x.be,"), len(GOOD)))
def test_a_file_cut_anywhere_inside_a_row_is_refused(company: Company, at: int) -> None:
    if GOOD[:at].endswith("\n"):
        return
    with pytest.raises(DeliveryRefused, match="the file is cut short: it ends inside line"):
        crm(company, GOOD[:at]).rows()


def test_a_source_without_a_last_newline_may_say_so(company: Company) -> None:
    assert len(crm(company, GOOD.rstrip("\n"), "final_newline: false").rows()) == 2
    with pytest.raises(DeliveryRefused, match="cut short"):
        crm(company, GOOD + "3,c", "final_newline: false").rows()


def test_a_source_that_quotes_nothing_may_say_so(company: Company) -> None:
    rows = crm(company, 'id,email,name\n1,a,"Ann\n2,b,5" nails\n', 'quote: ""').values()
    assert [row["name"] for row in rows] == ['"Ann', '5" nails']


def test_a_quote_that_is_never_closed_refuses_the_file(company: Company) -> None:
    with pytest.raises(DeliveryRefused, match="cut short"):
        crm(company, 'id,email,name\n1,"a,Ann\n2,b,Bob\n').rows()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        (
            "id,mail,name\n1,a,b\n",
            "column 'email' expected but not in the first row; did you mean 'mail'.*found 'mail'",
        ),
        ("id,name\n1,a\n", "column 'email' expected but not in the first row$"),
        ("id,email,name,vip\n1,a,b,c\n", "found 'vip', which the contract does not know; describe it or list it"),
        ("id,email,name,email\n1,a,b,c\n", "column 'email' comes more than once"),
        ("id;email;name\n1;a;b\n", "the header is missing or another"),
        ("id,email,name\n,1,a,b\n,2,c,d\n", "every row has 4 fields where the header has 3: a column is shifted"),
    ],
)
def test_a_fault_of_the_whole_file_refuses_it_with_one_clear_word(company: Company, content: str, message: str) -> None:
    with pytest.raises(DeliveryRefused, match=message):
        crm(company, content).rows()


def test_a_file_without_header_is_refused_without_showing_whose_data_it_holds(company: Company) -> None:
    with pytest.raises(DeliveryRefused, match="the header is missing") as caught:
        crm(company, "1,ann@x.be,Ann\n2,bob@x.be,Bob\n").rows()
    assert "ann" not in str(caught.value).lower().replace("channel", "")


def test_an_ignored_column_may_be_there_or_not_and_is_kept(company: Company) -> None:
    company.contract(CRM + "ignore: [vip]\n")
    company.deliver(FILE, "id,email,name,vip\n1,a,b,yes\n")
    assert company.values() == [{"id": "1", "email": "a", "name": "b", "vip": "yes"}]
    company.deliver(FILE, GOOD)
    assert company.values()[0]["vip"] is None


def test_a_column_may_have_another_name_in_the_file(company: Company) -> None:
    company.contract(CRM.replace("name: {type: text}", 'name: {type: text, from: "Nom de  famille"}'))
    company.deliver(FILE, "Nom de famille,id,email\nDupond,1,a\n")
    assert company.values() == [{"id": "1", "email": "a", "name": "Dupond"}]


@pytest.mark.parametrize("kept", [10, 30, -9, -1])
def test_a_compressed_file_cut_short_is_refused(company: Company, kept: int) -> None:
    company.contract(CRM.replace("{date}.csv", "{date}.csv.gz"))
    company.deliver(FILE + ".gz", gzip.compress(GOOD.encode())[:kept])
    with pytest.raises(DeliveryRefused, match="cut short or damaged"):
        company.rows()


def test_a_snapshot_without_rows_is_refused_and_an_increment_is_not(company: Company) -> None:
    assert crm(company, "id,email,name\n").rows() == []
    company.contract(CRM.replace("  path:", "  delivery: snapshot\n  path:"))
    with pytest.raises(DeliveryRefused, match="the snapshot has no row"):
        company.rows()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["utf-8", "cp1252", "utf-16"]))
def test_any_bytes_give_rows_or_one_refusal(content: bytes, encoding: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        company = crm(Company(Path(folder)), "id,email,name\n".encode(encoding) + content, f"encoding: {encoding}")
        try:
            rows = company.rows()
        except DeliveryRefused:
            return
        assert all(row["_malformed"] is not None or row["id"] is not None for row in rows)
