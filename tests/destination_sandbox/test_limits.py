"""A sandbox refuses what the system it stands for refuses, so that a client that passes here passes there."""

import concurrent.futures

import httpx
import pytest

from destination_sandbox.faults import Faults
from destination_sandbox.gate import Counts
from destination_sandbox.limits import Window
from destination_sandbox.serving import Running, running, served
from destination_sandbox.sms import SmsGateway, sms_app
from tests.activation.delivery.company import TestClock

UPSERT = "/crm/v3/objects/contacts/batch/upsert"
TOKEN = {"Authorization": "Bearer any"}


def contact(key: str, **properties: str) -> dict[str, object]:
    return {"id": key, "idProperty": "customer_id", "properties": properties}


def upsert(server: Running, *inputs: dict[str, object]) -> int:
    return httpx.post(f"{server.url}{UPSERT}", json={"inputs": list(inputs)}, headers=TOKEN).status_code


def test_a_window_takes_what_it_allows_and_says_when_the_next_is_taken() -> None:
    clock = TestClock()
    window = Window(2, 10.0, clock)
    assert [window.take(), window.take()] == [None, None]
    clock.move(seconds=4)
    assert window.take() == pytest.approx(6.0)
    clock.move(seconds=6)
    assert window.take() is None


def test_hubspot_refuses_the_call_after_the_hundred_and_ninetieth() -> None:
    with running("hubspot", TestClock()) as server, httpx.Client(base_url=server.url, headers=TOKEN) as client:
        codes = [client.post(UPSERT, json={"inputs": [contact("a")]}) for _ in range(191)]
        assert [answer.status_code for answer in codes] == [200] * 190 + [429]
        assert int(codes[-1].headers["Retry-After"]) == 10


def test_hubspot_refuses_an_id_twice_more_than_a_hundred_and_an_address_of_somebody_else() -> None:
    with running("hubspot") as server:
        assert upsert(server, contact("a"), contact("a")) == 400
        assert upsert(server, *(contact(str(n)) for n in range(101))) == 400
        assert upsert(server, contact("a", email="x@mail.be")) == 200
        assert upsert(server, contact("b", email="X@mail.be")) == 409
        assert upsert(server, contact("b", email="none")) == 400


def test_a_batch_that_hubspot_refuses_is_done_up_to_what_was_wrong() -> None:
    with running("hubspot") as server:
        assert upsert(server, contact("a"), contact("b", email="none"), contact("c")) == 400
        assert [one["customer_id"] for one in server.holds.contacts.values()] == ["a"]


def test_actito_takes_a_hundred_calls_a_minute_five_at_once_and_no_token_longer_than_it_lives() -> None:
    clock = TestClock()
    with running("actito", clock) as server, httpx.Client(base_url=server.url) as client:
        token = client.get("/auth/token", headers={"Authorization": "key"}).json()["accessToken"]
        headers = {"Authorization": f"Bearer {token}"}
        path = "/v4/entity/E/table/T/profile"
        body = {"attributes": [{"name": "id", "value": "1"}]}
        codes = [client.post(path, json=body, headers=headers).status_code for _ in range(100)]
        assert codes == [201] * 99 + [429]
        clock.move(minutes=16)
        assert client.post(path, json=body, headers=headers).status_code == 401
        server.faults.slow_seconds = 0.3
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            asked = [pool.submit(client.get, "/auth/token", headers={"Authorization": "key"}) for _ in range(6)]
            assert sorted(future.result().status_code for future in asked) == [200] * 5 + [429]


def test_actito_refuses_an_import_without_its_definition_and_the_twenty_fifth_of_a_day() -> None:
    with running("actito") as server, httpx.Client(base_url=server.url, timeout=10) as client:
        token = client.get("/auth/token", headers={"Authorization": "key"}).json()["accessToken"]
        headers = {"Authorization": f"Bearer {token}"}
        path = "/mass-imports/v5/entities/E/etl-executions"
        half = {"inputFile": ("data.zip", b"PK", "application/zip")}
        assert client.post(path, files=half, headers=headers).status_code == 400
        server.holds.imports_today["T"] = 24
        parameters = b'{"dataLoadings": [{"destination": {"table": "T"}}]}'
        whole = {**half, "parameters": ("definition.json", parameters, "application/json")}
        assert client.post(path, files=whole, headers=headers).status_code == 429


def test_a_sandbox_shows_what_it_holds() -> None:
    with running("hubspot") as server:
        upsert(server, contact("a", email="<b>@mail.be"))
        assert httpx.get(f"{server.url}/sandbox").json()["holds"]["contacts"] == 1
        page = httpx.get(server.url).text
        assert "HubSpot sandbox" in page
        assert "<b>" not in page


def test_an_sms_that_nobody_lets_arrive_does_so_by_itself_where_it_is_told_to() -> None:
    clock, gateway = TestClock(), SmsGateway(arrives_after=5.0)
    with served(sms_app(gateway, Faults(), Counts(), clock)) as url, httpx.Client(base_url=url) as client:
        sent = {"to": "+32470000000", "text": "Hello", "reference": "m1"}
        assert client.post("/messages", json=sent).json()["status"] == "accepted"
        clock.move(seconds=4)
        assert client.get("/messages/m1").json()["status"] == "accepted"
        clock.move(seconds=1)
        assert client.get("/messages/m1").json()["status"] == "delivered"
