"""Each scenario of the story is played by someone and leaves its trace in the extracts."""

from collections import Counter

import pandas as pd
import pytest

from demo_company.presentation import PLACEHOLDER_EMAILS, PLACEHOLDER_PHONES
from scv_assets.home import Home
from tests.demo_company.company import Company
from tests.demo_company.rows import good

PLAYED = {
    "twin": 10,
    "namesake": 10,
    "shared_mailbox": 20,
    "recycled_phone": 4,
    "mover": 30,
    "name_change": 5,
    "kiosk_sign_up": 200,
    "cart_then_store": 12,
    "cart_partly_in_store": 6,
    "shared_computer": 8,
    "shared_device": 6,
    "app_reinstall": 4,
    "follower_to_caller": 6,
    "late_card": 5,
    "referrer": 6,
}


@pytest.mark.parametrize(("scenario", "least"), sorted(PLAYED.items()))
def test_the_scenario_is_played(company: Company, scenario: str, least: int) -> None:
    assert len(company.playing(scenario)) >= least


def test_twins_share_their_birthday_and_parents_name_only_namesakes(company: Company) -> None:
    people = company.truth("people").set_index("person_id")
    twins = people.loc[sorted(company.playing("twin"))].groupby("household_id")
    assert all(len(group) == 2 and group["born_on"].nunique() == 1 for _, group in twins)
    namesakes = people.loc[sorted(company.playing("namesake"))].groupby("household_id")
    assert all(group["first_name"].nunique() < len(group) and group["born_on"].nunique() > 1 for _, group in namesakes)


def test_couples_on_one_mailbox_and_strangers_on_one_number(company: Company) -> None:
    people = company.truth("people").set_index("person_id")
    couples = people.loc[sorted(company.playing("shared_mailbox"))].dropna(subset=["email"])
    assert couples.groupby("email").size().ge(2).all()
    recycled = people.loc[sorted(company.playing("recycled_phone"))]
    shared = set(recycled["former_mobile"].dropna()) & set(recycled["mobile"])
    assert len(shared) * 2 == len(recycled)


def test_one_kiosk_tablet_serves_two_hundred_people(company: Company, home: Home) -> None:
    rows = good(company, home, "pos")
    signups = rows[rows["type"] == "kiosk_signup"]
    persons = company.persons("pos")
    people = {persons[card] for card in signups.loc[signups["tablet_id"] == "KIOSK-0001", "loyalty_card"]}
    assert len(people) >= 200


def test_a_cart_left_online_is_bought_in_the_store_the_next_day(company: Company, home: Home) -> None:
    carts = company.truth("carts")
    lines = company.truth("order_lines").query("source == 'pos'")
    orders = company.truth("orders").query("source == 'pos' and not is_return and not is_anonymous")
    bought = orders.merge(lines, on="order_id")
    for cart in carts[carts["fate"].str.startswith("left")].to_dict("records"):
        wait = bought["ordered_at"] - cart["last_touched_at"]
        soon = (wait > pd.Timedelta(0)) & (wait < pd.Timedelta(hours=48))
        found = set(bought.loc[soon & (bought["person_id"] == cart["person_id"]), "product_id"])
        expected = set(cart["products"]) if cart["fate"] == "left_for_store" else {cart["products"][0]}
        assert expected <= found


def test_visits_before_the_login_are_on_the_same_cookie(company: Company, home: Home) -> None:
    rows = good(company, home, "web")
    known = rows[rows["account_id"].notna()].groupby("cookie_id")["at"].min()
    unknown = rows[rows["account_id"].isna()].groupby("cookie_id")["at"].min()
    both = pd.concat([known, unknown], axis=1, keys=["known", "unknown"]).dropna()
    assert (both["unknown"] < both["known"]).sum() >= 100


def test_two_people_use_one_browser_and_one_phone_in_turn(company: Company, home: Home) -> None:
    web, app = good(company, home, "web"), good(company, home, "app")
    assert (web.groupby("cookie_id")["account_id"].nunique() == 2).sum() >= 4
    assert (app.groupby("device_id")["app_user_id"].nunique() == 2).sum() >= 3
    assert (app.groupby("app_user_id")["device_id"].nunique() == 2).sum() >= 3
    assert "logout" in set(app["event_name"])


def test_an_unclaimed_cookie_is_of_one_person(company: Company, home: Home) -> None:
    visits = company.truth("visits")
    anonymous = visits[visits["login"] == "anonymous"]
    assert anonymous.groupby(["source", "visitor_id"])["person_id"].nunique().eq(1).all()


def test_the_follower_becomes_a_lead_a_reader_a_buyer_and_a_caller(company: Company) -> None:
    who, messages = company.truth("who_is_who"), company.truth("messages")
    opened = set(messages.loc[messages["kind"] == "opened", "person_id"])
    for person in company.playing("follower_to_caller"):
        first = who[who["person_id"] == person].groupby("source")["first_day"].min()
        assert first["social"] <= first["messaging"] <= first["ecommerce"] <= first["call_centre"]
        assert person in opened


def test_a_ticket_comes_again_when_the_card_is_shown_later(company: Company, home: Home) -> None:
    rows = good(company, home, "pos")
    tickets = rows[rows["type"] == "ticket"].sort_values("_day")
    cards = tickets.groupby("record_no")["loyalty_card"].agg(["first", "size"])
    again = cards[cards["size"] > 1]
    assert len(again) >= 3
    first = tickets.drop_duplicates("record_no").set_index("record_no").loc[again.index, "loyalty_card"]
    assert first.isna().all()


def test_the_crm_has_duplicates_and_merges_of_the_same_person(company: Company, home: Home) -> None:
    persons = company.persons("crm")
    assert sum(count > 1 for count in Counter(persons.values()).values()) >= 30
    rows = good(company, home, "crm")
    merged = rows[rows["fusionne_dans"].notna() & (rows["fusionne_dans"] != "")]
    assert len(merged) >= 10
    assert all(
        persons[old] == persons[new] for old, new in zip(merged["contact_id"], merged["fusionne_dans"], strict=True)
    )


def test_complaints_stay_open_or_are_closed_and_consents_are_withdrawn(company: Company) -> None:
    complaints = company.truth("tickets").query("kind == 'complaint'")
    assert complaints["closed_at"].isna().sum() >= 5
    assert complaints["closed_at"].notna().sum() >= 5
    kinds = set(company.truth("messages")["kind"])
    assert {"sent", "delivered", "opened", "clicked", "bounced", "unsubscribed"} == kinds
    consents = company.truth("consents")
    assert set(consents["channel"]) == {"email", "sms", "phone"}
    assert consents.groupby("source")["granted"].nunique().max() == 2


def test_there_are_ambassadors_and_one_time_buyers(company: Company) -> None:
    orders = company.truth("orders")
    bought = orders[~orders["is_return"] & ~orders["is_anonymous"] & (orders["status"] != "cancelled")]
    counts = bought.groupby("person_id").size()
    assert 0.1 < (counts >= 4).mean() < 0.5
    assert (counts == 1).sum() >= 200


def test_names_are_spoilt_in_every_way(company: Company) -> None:
    noted = company.truth("who_is_who")["variations"].dropna().str.split(";").explode()
    assert set(noted) >= {
        "typo_first_name", "typo_last_name", "typo_email", "typo_street", "nickname", "initial", "accents_lost",
        "capitals", "swapped_names", "transposed_birth", "first_of_january", "former_email", "former_phone", "landline",
        "placeholder_email", "placeholder_phone", "tagged_email", "generation_suffix",
    }  # fmt: skip


def test_placeholders_stand_where_nothing_was_known(company: Company, home: Home) -> None:
    columns = {"crm": ["email", "gsm"], "pos": ["email", "phone"], "call_centre": ["email", "numero_appelant"]}
    found = {value for s, names in columns.items() for value in good(company, home, s)[names].to_numpy().ravel()}
    assert found & set(PLACEHOLDER_EMAILS)
    assert found & set(PLACEHOLDER_PHONES)
