"""`scv profile`: whatever is at hand finds the customer, and what is shown can be read in 80 columns."""

from datetime import datetime

import pytest

from tests.commands.customers import ANNA, BART, IDENTIFIERS, golden, identifier, insert, link, order, record
from tests.pipeline.company import Company


def shown(company: Company, *arguments: str, columns: str = "80") -> str:
    told = company.scv("profile", *arguments, COLUMNS=columns)
    assert told.code == 0, told.text
    return told.out


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_every_kind_of_identifier_finds_the_customer(known: Company, identifier: str) -> None:
    assert ANNA in shown(known, identifier).splitlines()[1]


def test_an_identifier_of_several_customers_lists_them(known: Company) -> None:
    told = shown(known, "de.smet@example.org")
    assert told.startswith("2 customers answer to this")
    assert f"  {ANNA}  Anna De Smet" in told
    assert f"  {BART}  Bart De Smet" in told


@pytest.mark.parametrize("typed", ["nobody@example.org", "crm/nobody", "", "%", "' OR 1=1 --"])
def test_an_unknown_identifier_is_one_sentence(known: Company, typed: str) -> None:
    told = known.scv("profile", typed)
    assert (told.code, told.out) == (1, "")
    assert told.err == (f"NotFound: no customer answers to '{typed}'; try an e-mail, a phone, a card, or source/key\n")


def test_nothing_is_wider_than_the_terminal_and_no_id_is_broken(known: Company) -> None:
    told = shown(known, ANNA)
    assert max(map(len, told.splitlines())) <= 80
    for whole in (ANNA, BART, "anna.de.smet@example.org", "AU01016730", "ck_0123456789abc", "2026-11-03"):
        assert whole in told


def test_every_part_is_there_in_words(known: Company) -> None:
    told = shown(known, ANNA)
    for part in ("Golden profile", "Segments", "Traits", "Records", "Identifiers", "Ways to reach", "Consents"):
        assert f"\n{part}\n" in told
    for part in ("Lives with", "Earlier ids, which lead here", "Timeline (Europe/Brussels)"):
        assert f"\n{part}\n" in told
    assert "multi purchase · 3 records of 3 sources · may be contacted by email" in told
    assert "joins nobody: held by 2 different people" in told
    assert "1,234.56 EUR" in told
    assert "(Ana)" in told


def test_golden_fields_stand_in_the_order_of_the_profile(known: Company) -> None:
    told = shown(known, ANNA)
    assert told.index("first name") < told.index("last name")


def test_a_part_that_holds_nothing_is_left_out(known: Company) -> None:
    told = shown(known, BART)
    assert "Timeline" not in told
    assert "Traits" not in told


def test_the_timeline_is_in_the_companys_time_with_amounts_aligned(known: Company) -> None:
    lines = shown(known, ANNA).split("Timeline")[1].splitlines()
    first, second = (line for line in lines if "shop/" in line)
    assert first.startswith("2026-09-04 00:30  order     store · completed · shop/O1")
    assert second.startswith("2026-11-03 18:03  order     return · store · completed · shop/O2")
    assert first.endswith("49.95 EUR")
    assert second.endswith("-10.00 EUR")
    assert len(first) == len(second)
    assert "Vase, Plaid, Bougie and 2 more" in " ".join(" ".join(lines).split())


def test_a_move_has_a_day_and_no_time(known: Company) -> None:
    assert "2026-11-03        segment   lifecycle: one purchase → multi purchase" in shown(known, ANNA)


def test_joined_records_are_told_once_a_run_and_a_merge_by_itself(known: Company) -> None:
    told = shown(known, ANNA, columns="120")
    assert "2026-11-21 03:30  identity  new customer: 2 records" in told
    assert "merged C1111111111111111aaaaaaaa crm/C1 (match)" in told


def test_days_count_back_from_what_the_customer_did_last(known: Company) -> None:
    told = shown(known, ANNA, "--days", "10")
    assert "shop/O2" in told
    assert "shop/O1" not in told


def test_hostile_values_act_on_nothing(changeable: Company) -> None:
    """Markup of the terminal's layout, an escape sequence, a mark that turns the writing round."""
    hostile = "C000000000000000000000bad"
    with changeable.store() as engine:
        insert(
            engine,
            golden_profile=[golden(hostile, "[/red]", "\x1b[31m\u202eDupond", source_count=1, record_count=1)],
            crosswalk=[link("crm", "[bold]9", hostile)],
            source_record=[record("crm", "[bold]9", "[/]", "\x1b]0;title\x07")],
            record_identifier=[identifier("crm", "[bold]9", "crm_id", "[/bold]")],
            customer_order=[
                order("[/O9]", "2026-09-03T10:00:00", 1)
                | {"customer_id": hostile, "status": "[blink]", "ordered_at": datetime.fromisoformat("2026-09-03")}
            ],
        )
    told = shown(changeable, hostile)
    assert "[/red] �[31m�Dupond" in told
    assert "crm     [bold]9" in told
    assert "[blink] · shop/[/O9]" in told
    assert not {"\x1b", "\x07", "\u202e"} & set(told)
