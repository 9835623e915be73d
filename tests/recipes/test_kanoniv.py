"""Five systems of one company by contracts alone: nothing lost, nobody twice, and who is who as far as the data tells.

There is no truth file. What can be known without one is worked out here in pandas from the CSV files: which records
share an e-mail and a name, which interactions name which record.
"""

from itertools import combinations, permutations

import pandas as pd
import pytest
from rapidfuzz.distance import DamerauLevenshtein

from tests.recipes.following import Followed, public_data

pytestmark = pytest.mark.slow

#: file (and source) of persons -> its key
PERSONS = {
    "crm_contacts": "crm_contact_id",
    "billing_accounts": "billing_account_id",
    "support_users": "support_user_id",
    "app_signups": "app_user_id",
    "partner_leads": "partner_lead_id",
}
#: the short names that the data uses; a customer's names differ by these, an initial or a slip of the pen
SHORT = {
    "ben": "benjamin", "bill": "william", "bob": "robert",
    "chris": "christopher", "dick": "richard", "nick": "nicholas",
}  # fmt: skip
#: of the pairs with the same e-mail and the same name, how many are one customer
TOGETHER_SHARE = 0.995


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(public_data("kanoniv") / f"{name}.csv", dtype=str, keep_default_na=False)


def _parted(whole: str) -> tuple[str, str]:
    """Part `Bailey, Pamela` and `Pamela Bailey` into given and family name."""
    last, comma, first = whole.partition(",")
    return (first, last) if comma else (whole.partition(" ")[0], whole.partition(" ")[2])


def _persons(source: str, key: str) -> pd.DataFrame:
    frame = _read(source)
    whole = next((name for name in ("account_name", "display_name") if name in frame), None)
    if whole is not None:
        frame[["first_name", "last_name"]] = [_parted(text) for text in frame[whole]]
    texts = frame[["first_name", "last_name", "email"]].apply(lambda column: column.str.lower().str.strip(" ."))
    texts[["source", "source_key"]] = [[source, of_row] for of_row in frame[key]]
    return pd.DataFrame(texts)


@pytest.fixture(scope="module")
def persons(five_systems: Followed) -> pd.DataFrame:
    """The person records of the files with the customer that the run gave them."""
    crosswalk = five_systems.query("SELECT source, source_key, customer_id FROM crosswalk")
    records = pd.concat([_persons(source, key) for source, key in PERSONS.items()])
    return records.merge(crosswalk, how="left", on=["source", "source_key"])


def customer_of(persons: pd.DataFrame, source: str) -> dict[str, str]:
    """Return the customer of each record of a file."""
    of_source = persons[persons["source"] == source]
    return dict(zip(of_source["source_key"], of_source["customer_id"], strict=True))


def test_every_person_record_is_in_exactly_one_customer(five_systems: Followed, persons: pd.DataFrame) -> None:
    assert persons.groupby("source").size().to_dict() == {
        "crm_contacts": 1_839,
        "billing_accounts": 1_200,
        "support_users": 1_400,
        "app_signups": 1_300,
        "partner_leads": 800,
    }
    assert not persons.duplicated(["source", "source_key"]).any()
    assert persons["customer_id"].notna().all()
    profiles = five_systems.query("SELECT customer_id FROM golden_profile")
    assert set(profiles["customer_id"]) == set(persons["customer_id"])
    assert profiles["customer_id"].is_unique


def test_no_row_is_refused_and_no_file_of_persons_is_left_out(five_systems: Followed) -> None:
    assert five_systems.query("SELECT * FROM quarantine").empty
    told = five_systems.scv("status")
    assert "crm_companies.csv" in told
    assert "partner_referrals.csv" in told


def test_every_invoice_is_an_order_of_the_customer_who_holds_its_account(
    five_systems: Followed, persons: pd.DataFrame
) -> None:
    invoices = _read("billing_invoices").sort_values("invoice_id")
    orders = five_systems.query("SELECT * FROM customer_order ORDER BY order_id")
    assert orders["order_id"].tolist() == invoices["invoice_id"].tolist()
    owners = invoices["billing_account_id"].map(customer_of(persons, "billing_accounts"))
    assert orders["customer_id"].tolist() == owners.tolist()
    assert orders["gross_cents"].tolist() == invoices["amount_cents"].astype(int).tolist()
    assert pd.to_datetime(orders["ordered_at"]).tolist() == pd.to_datetime(invoices["issued_at"]).tolist()
    states = {"paid": "paid", "open": "placed", "void": "cancelled"}
    assert orders["status"].tolist() == invoices["status"].map(states).tolist()


def test_a_customers_spend_is_that_of_the_invoices_that_are_not_void(
    five_systems: Followed, persons: pd.DataFrame
) -> None:
    invoices = _read("billing_invoices")
    invoices["customer_id"] = invoices["billing_account_id"].map(customer_of(persons, "billing_accounts"))
    valid = invoices[invoices["status"] != "void"].assign(cents=invoices["amount_cents"].astype(int))
    expected = valid.groupby("customer_id").agg(orders_count=("cents", "size"), spend_cents=("cents", "sum"))
    traits = five_systems.query("SELECT customer_id, orders_count, spend_cents FROM customer_trait").set_index(
        "customer_id"
    )
    assert set(traits.index) == set(persons["customer_id"])
    found = traits[traits["orders_count"] > 0].sort_index()
    assert found.to_dict() == expected.sort_index().to_dict()


def test_every_ticket_is_under_the_customer_who_asked(five_systems: Followed, persons: pd.DataFrame) -> None:
    asked = _read("support_tickets").sort_values("ticket_id")
    tickets = five_systems.query("SELECT * FROM ticket ORDER BY ticket_id")
    assert tickets["ticket_id"].tolist() == asked["ticket_id"].tolist()
    assert (
        tickets["customer_id"].tolist() == asked["support_user_id"].map(customer_of(persons, "support_users")).tolist()
    )
    is_open = asked["status"].isin(["open", "pending"])
    assert (tickets["status"] == "open").tolist() == is_open.tolist()
    closed = pd.to_datetime(asked["resolved_at"].mask(is_open | (asked["resolved_at"] == "")))
    assert pd.to_datetime(tickets["closed_at"]).astype(str).tolist() == closed.astype(str).tolist()


def test_every_event_of_the_app_is_a_visit_of_its_user(five_systems: Followed, persons: pd.DataFrame) -> None:
    events = _read("app_events").sort_values("event_id")
    visits = five_systems.query("SELECT visit_id, customer_id, started_at FROM visit ORDER BY visit_id")
    assert visits["visit_id"].tolist() == events["event_id"].tolist()
    assert visits["customer_id"].tolist() == events["app_user_id"].map(customer_of(persons, "app_signups")).tolist()
    assert pd.to_datetime(visits["started_at"]).tolist() == pd.to_datetime(events["timestamp"]).tolist()


def test_records_with_one_email_and_one_name_are_one_customer(five_systems: Followed, persons: pd.DataFrame) -> None:
    """All but few, and of those few the published identifier says that it was held back, and why."""
    named = persons[(persons["email"] != "") & (persons["first_name"] != "") & (persons["last_name"] != "")]
    pairs = [
        (email, one == other)
        for (email, _, _), group in named.groupby(["email", "first_name", "last_name"])
        for one, other in combinations(group["customer_id"], 2)
    ]
    apart = {email for email, is_together in pairs if not is_together}
    share = sum(is_together for _, is_together in pairs) / len(pairs)
    print(f"\n{len(pairs):,} pairs with one e-mail and one name: {share:.2%} together; {len(apart)} e-mails part some")
    assert share >= TOGETHER_SHARE
    blocked = five_systems.query(
        "SELECT DISTINCT value FROM record_identifier WHERE namespace = 'email' AND is_blocked"
    )
    assert apart <= set(blocked["value"])


def test_a_customer_has_one_name_but_for_slips(persons: pd.DataFrame) -> None:
    named = persons[(persons["first_name"] != "") & (persons["last_name"] != "")]
    pairs = [
        (one, other)
        for _, group in named.groupby("customer_id")
        for one, other in combinations(sorted(group["first_name"] + " " + group["last_name"]), 2)
    ]
    implausible = [pair for pair in pairs if not _is_one_name(*pair)]
    assert len(pairs) > 5_000
    assert implausible == []


def _is_one_name(one: str, other: str) -> bool:
    """Tell whether two whole names differ by two slips at most, besides an initial or a short name."""
    (first, last), (other_first, other_last) = one.split(" ", 1), other.split(" ", 1)
    is_initial = min(len(first), len(other_first)) == 1 and first[0] == other_first[0]
    slips = DamerauLevenshtein.distance(last, other_last)
    if not is_initial:
        slips += DamerauLevenshtein.distance(SHORT.get(first, first), SHORT.get(other_first, other_first))
    return slips <= 2


def test_no_customer_has_two_personal_addresses_of_different_names(persons: pd.DataFrame) -> None:
    """Every address of the data is made of its holder's name, so two in one customer would be two people."""
    held = persons[persons["email"] != ""].groupby("customer_id")["email"].nunique()
    assert held.max() == 1


def test_duplicates_inside_and_between_the_systems_are_told(five_systems: Followed, persons: pd.DataFrame) -> None:
    metrics = five_systems.query("""
        SELECT source, field, numerator, denominator FROM quality_metric
        WHERE metric IN ('intra_base_duplicate_rate', 'inter_base_duplicate_rate')
    """)
    told = {(row.source, row.field): (row.numerator, row.denominator) for row in metrics.itertuples()}
    customers = {source: customer_of(persons, source) for source in PERSONS}
    known = {source: set(records.values()) for source, records in customers.items()}
    expected = {
        (source, "(record)"): (len(records) - len(known[source]), len(records)) for source, records in customers.items()
    } | {
        (source, other): (len(known[source] & known[other]), len(known[source]))
        for source, other in permutations(PERSONS, 2)
    }
    print("".join(f"\n{source} and {of}: {count:,} of {all_:,}" for (source, of), (count, all_) in expected.items()))
    assert {pair: told[pair] for pair in expected} == expected


def test_the_duplicates_that_an_email_gives_away_are_found(persons: pd.DataFrame) -> None:
    """The CRM holds 188 contacts whose e-mail it has already; who has no e-mail can be a duplicate besides."""
    contacts = persons[persons["source"] == "crm_contacts"]
    mailed = contacts[contacts["email"] != ""]
    by_email = len(mailed) - mailed["email"].nunique()
    found = len(contacts) - contacts["customer_id"].nunique()
    assert by_email == 188
    assert found >= by_email
