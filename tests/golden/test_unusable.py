"""Which addresses reach nobody."""

from typing import Any

import pytest

from scv_assets.golden.unusable import bounced, placeholders
from tests.golden.tables import day, messages, records
from tests.in_memory import connected

ANN = "ann@example.be"
ADDRESS = {"street": "Kouter", "house_number": "1", "postcode": "9000", "city": "Gent", "country": "BE"}

CASES: list[tuple[str, list[dict[str, Any]], set[tuple[str, str]]]] = [
    ("nothing was sent", [], set()),
    ("it arrived", [{"kind": "delivered"}], set()),
    ("it bounced", [{"kind": "bounced"}], {("email", ANN)}),
    ("it was sent, and nothing more is known", [{"kind": "bounced"}, {"kind": "sent"}], {("email", ANN)}),
    ("it arrived, and bounced since", [{"kind": "delivered"}, {"kind": "bounced"}], {("email", ANN)}),
    ("it bounced, and arrived since", [{"kind": "bounced"}, {"kind": "delivered"}], set()),
    ("whoever opens has received", [{"kind": "bounced"}, {"kind": "opened"}], set()),
    (
        "bounced and delivered at once: doubtful",
        [{"kind": "bounced", "occurred_at": day(1)}, {"kind": "delivered", "occurred_at": day(1)}],
        {("email", ANN)},
    ),
    ("an SMS that bounced", [{"kind": "bounced", "channel": "sms"}], {("phone", "+3292223344")}),
    ("a letter that came back", [{"kind": "bounced", "channel": "post"}], {("post", "Kouter 1, 9000 Gent, BE")}),
    ("an unknown recipient", [{"kind": "bounced", "person_key": None}, {"kind": "bounced", "person_key": "9"}], set()),
    ("the same key elsewhere is another person", [{"kind": "bounced", "source": "web"}], set()),
    (
        "another record with the address received it since",
        [{"kind": "bounced"}, {"kind": "delivered", "person_key": "2"}],
        set(),
    ),
]


@pytest.mark.parametrize(("events", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_address_bounces_while_the_newest_known_of_it_is_a_bounce(
    events: list[dict[str, Any]], expected: set[tuple[str, str]]
) -> None:
    con = connected()
    held = records(con, [{"email": ANN, "phone": "+3292223344", **ADDRESS}, {"email": ANN}])
    assert set(bounced(con, records=held, message_events=messages(con, *events)).fetchall()) == expected


def test_placeholders_are_addresses_of_nobody() -> None:
    con = connected()
    held = records(
        con, [{"email": ANN, "phone": "+32475123456"}, {"email": "noreply@shop.be", "phone": "+32499999999"}]
    )
    found = placeholders(con, records=held).fetchall()
    assert sorted(found) == [("email", "noreply@shop.be"), ("phone", "+32499999999")]
    assert placeholders(con, records=records(con, [{"email": ANN}])).fetchall() == []
