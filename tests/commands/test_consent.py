"""`scv consent`: a preference centre's file goes in whole, but for the rows that are refused, and comes out again."""

import csv
from pathlib import Path

import pytest

from resources.store.tables import CONSENT_EVENT
from tests.commands.customers import ANNA, BART, OLD_ANNA, insert
from tests.pipeline.company import Company

HEADER = "customer,channel,purpose,granted,occurred_at\n"
PURPOSES = [
    {"channel": channel, "purpose": "marketing", "legal_basis": basis, "is_granted_by_silence": basis != "consent"}
    for channel, basis in (("email", "consent"), ("sms", "consent"), ("post", "legitimate_interest"))
]


@pytest.fixture
def company(changeable: Company) -> Company:
    with changeable.store() as engine:
        insert(engine, consent_purpose=PURPOSES)
    return changeable


def imported(company: Company, tmp_path: Path, *lines: str, code: int = 0) -> str:
    file = tmp_path / "words.csv"
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    told = company.scv("consent", "import", str(file), "--as", "eva")
    assert told.code == code, told.text
    return told.out


def exported(company: Company, tmp_path: Path) -> dict[tuple[str, str], dict[str, str]]:
    file = tmp_path / "out.csv"
    told = company.scv("consent", "export", str(file))
    assert told.code == 0, told.text
    with file.open(encoding="utf-8", newline="") as text:
        return {(row["customer"], row["channel"]): row for row in csv.DictReader(text)}


def test_a_refusal_in_the_preference_centre_is_the_customers_own_and_of_each_of_its_records(
    company: Company, tmp_path: Path
) -> None:
    said = imported(company, tmp_path, " Anna.De.Smet@Example.org ,email,marketing,no,2026-10-01 10:00")
    assert said.startswith("1 of 1 row taken, 4 events new to the ledger")
    written = [row for row in company.rows(CONSENT_EVENT.name) if row["customer_id"] == ANNA]
    assert {(row["source"], row["source_key"], row["granted"]) for row in written} == {
        ("preference_centre", None, False),
        ("crm", "C1", False),
        ("web", "ck_0123456789abc", False),
        ("app", "AU01016730", False),
    }
    assert {str(row["occurred_at"]) for row in written} == {"2026-10-01 08:00:00"}
    assert exported(company, tmp_path)[ANNA, "email"]["allowed"] == "no"


def test_a_refusal_that_is_written_on_every_record_is_told_once(company: Company, tmp_path: Path) -> None:
    imported(company, tmp_path, f"{ANNA},email,marketing,no,2026-10-01 10:00", f"{ANNA},sms,marketing,yes,2026-10-01")
    told = company.scv("why", ANNA).out
    lines = [" ".join(line.split()) for line in told[told.index("What it said on consent") :].splitlines()]
    assert "email marketing 2026-10-01 08:00 no preference centre, on 3 records decides" in lines
    assert len([line for line in lines if line.startswith("email marketing 2026-10-01")]) == 1
    assert len([line for line in lines if line.startswith("sms marketing")]) == 1


def test_the_same_file_twice_adds_nothing_and_leaves_one_line_in_the_audit_log(
    company: Company, tmp_path: Path
) -> None:
    line = f"{OLD_ANNA},sms,marketing,yes,2026-10-01 10:00"
    imported(company, tmp_path, line)
    again = imported(company, tmp_path, line)
    assert "0 events new" in again
    (entry,) = company.rows("audit_log")
    assert (entry["actor"], entry["action"]) == ("eva", "say_consent")
    assert ANNA not in str(entry)


#: rows that cannot be taken, each with its reason
REFUSED = {
    "nobody@example.org,email,marketing,yes,2026-10-01": "no customer answers to it",
    "de.smet@example.org,email,marketing,yes,2026-10-01": "several customers answer to it; name one by its id",
    f"{ANNA},fax,marketing,yes,2026-10-01": "governance.yaml declares no such channel for the purpose",
    f"{ANNA},email,raffle,yes,2026-10-01": "governance.yaml declares no such channel for the purpose",
    f"{ANNA},email,marketing,maybe,2026-10-01": "granted is neither yes nor no",
    f"{ANNA},email,marketing,yes,yesterday": "occurred_at is no instant; write YYYY-MM-DD HH:MM:SS",
    f"{ANNA},email,marketing,yes,": "occurred_at is empty",
    f"{ANNA},email,marketing,yes,2099-01-01": "occurred_at is in the future",
    ",email,marketing,yes,2026-10-01": "customer is empty",
}


def test_a_row_that_cannot_be_taken_is_refused_with_its_reason_and_the_others_go_in(
    company: Company, tmp_path: Path
) -> None:
    before = exported(company, tmp_path)
    said = imported(company, tmp_path, f"{BART},email,marketing,yes,2026-10-01", *REFUSED, code=1)
    assert f"1 of {len(REFUSED) + 1} rows taken" in said
    with (tmp_path / "words.csv.refused.csv").open(encoding="utf-8", newline="") as text:
        told = list(csv.reader(text))
    assert told == [["row", "reason"], *([str(row), reason] for row, reason in enumerate(REFUSED.values(), start=2))]
    after = exported(company, tmp_path)
    assert after[BART, "email"]["granted"] == "yes"
    assert {who: state for who, state in after.items() if who[0] == ANNA} == {
        who: state for who, state in before.items() if who[0] == ANNA
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("customer,channel,purpose,granted\nx,email,marketing,yes\n", "column 'occurred_at' is missing"),
        (HEADER.replace("channel", "chanel") + "x,email,marketing,yes,2026-10-01\n", "did you mean 'channel'?"),
        (HEADER, "there is no row below the header"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(company: Company, tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "words.csv"
    file.write_text(content, encoding="utf-8")
    told = company.scv("consent", "import", str(file))
    assert told.code == 1
    assert said in told.err
    assert told.err.count("\n") == 1
    assert len(company.rows(CONSENT_EVENT.name)) == 1


def test_what_was_exported_can_be_imported_and_changes_nothing(company: Company, tmp_path: Path) -> None:
    imported(company, tmp_path, f"{BART},post,marketing,no,2026-10-01")
    before = exported(company, tmp_path)
    assert {key: row["allowed"] for key, row in before.items()} == {
        (ANNA, "email"): "yes",
        (ANNA, "post"): "yes",
        (ANNA, "sms"): "no",
        (BART, "email"): "no",
        (BART, "post"): "no",
        (BART, "sms"): "no",
    }
    told = company.scv("consent", "import", str(tmp_path / "out.csv"))
    assert told.code == 0, told.text
    after = exported(company, tmp_path)
    assert {key: row["allowed"] for key, row in after.items()} == {key: row["allowed"] for key, row in before.items()}


def test_why_tells_every_word_and_which_decides(company: Company, tmp_path: Path) -> None:
    imported(company, tmp_path, f"{ANNA},email,marketing,no,2026-10-01 10:00")
    told = company.scv("why", ANNA, COLUMNS="120")
    assert told.code == 0, told.text
    lines = [" ".join(line.split()) for line in told.out.splitlines()]
    assert "email marketing 2026-10-01 08:00 no preference centre, on 3 records decides" in lines
    assert "email marketing 2026-09-01 10:00 yes crm:C1 older than a word of the same record" in lines
