"""An API's day comes whole or not at all, against a real server on loopback with every way of paging and of failing."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scv_assets.errors import DeliveryRefused, SourceContractError, SourceUnavailable
from scv_assets.sources.deliveries import deliveries
from scv_assets.sources.readers import http_pages
from tests.sources.company import DAY, Company

COLUMNS = """
id: {type: text, required: true}
total: {type: money}
"""
Answer = tuple[int, dict[str, str], bytes]


def answer(document: Any, **headers: str) -> Answer:
    return 200, headers, json.dumps(document).encode()


@dataclass
class Api:
    """A server whose answers a test decides; `asked` are the paths and parameters that came."""

    url: str = ""
    respond: Callable[[str, dict[str, str], int], Answer] = lambda path, parameters, nth: answer([])
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    known = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
            known.asked.append((parts.path, parameters, dict(self.headers)))
            status, headers, body = known.respond(parts.path, parameters, len(known.asked))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_port}"
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(http_pages, "sleep", taken.append)
    return taken


def source(company: Company, api: Api, *options: str) -> Company:
    lines = "\n".join(f"  {line}" for line in (f"url: {api.url}/orders/{{date}}", "records: data", *options))
    return company.simple("http", "", COLUMNS, "options:\n" + lines)


def some(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": str(number)} for number in numbers]


def ids(company: Company) -> list[str]:
    return [row["id"] for row in company.values()]


def test_one_answer_gives_its_records_with_exact_numbers(company: Company, api: Api) -> None:
    api.respond = lambda *_: (200, {}, b'{"data": [{"id": "1", "total": 12.50}]}')
    assert source(company, api).values() == [{"id": "1", "total": "12.50"}]
    assert api.asked[0][0] == "/orders/2026-08-23"


def test_pages_are_read_until_one_is_empty(company: Company, api: Api) -> None:
    pages = {"1": some(1, 2), "2": some(3), "3": []}
    api.respond = lambda path, parameters, nth: answer({"data": pages[parameters["p"]]})
    assert ids(source(company, api, "paging: {kind: page, parameter: p, size_parameter: n, size: 2}")) == [
        "1",
        "2",
        "3",
    ]
    assert [parameters for _, parameters, _ in api.asked] == [{"n": "2", "p": page} for page in "123"]


def test_offsets_are_read_until_the_announced_number_is_there(company: Company, api: Api) -> None:
    everything = some(1, 2, 3, 4)
    api.respond = lambda path, parameters, nth: answer(
        {"data": everything[int(parameters["from"]) :][:2], "meta": {"total": 4}}
    )
    paging = "paging: {kind: offset, parameter: from, size_parameter: n, size: 2, total: meta.total}"
    assert ids(source(company, api, paging)) == ["1", "2", "3", "4"]
    assert len(api.asked) == 2


def test_a_cursor_is_followed_to_its_end(company: Company, api: Api) -> None:
    pages = {"": ({"data": some(1), "next": "b"}), "b": {"data": some(2), "next": None}}
    api.respond = lambda path, parameters, nth: answer(pages[parameters.get("after", "")])
    assert ids(source(company, api, "paging: {kind: cursor, parameter: after, next: next}")) == ["1", "2"]


@pytest.mark.parametrize("is_header", [True, False])
def test_next_links_are_followed(company: Company, api: Api, is_header: bool) -> None:
    def respond(path: str, parameters: dict[str, str], nth: int) -> Answer:
        following = f"{api.url}/more?page=2" if path != "/more" else None
        if is_header:
            link = {"Link": f'<{following}>; rel="next"'} if following else {}
            return answer({"data": some(nth)}, **link)
        return answer({"data": some(nth), "links": {"next": following}})

    api.respond = respond
    paging = "paging: {kind: link}" if is_header else "paging: {kind: link, next: links.next}"
    assert ids(source(company, api, paging)) == ["1", "2"]


def test_headers_and_parameters_take_secrets_from_the_environment(
    company: Company, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCV_TEST_TOKEN", "s3cret")
    api.respond = lambda *_: answer({"data": some(1)})
    source(company, api, 'headers: {Authorization: "Bearer ${SCV_TEST_TOKEN}"}', 'parameters: {on: "{date}"}').rows()
    _, parameters, headers = api.asked[0]
    assert (parameters, headers["Authorization"]) == ({"on": "2026-08-23"}, "Bearer s3cret")
    assert "s3cret" not in company.delivery().file


@pytest.mark.parametrize("code", [429, 500, 503])
def test_what_can_pass_is_tried_again_with_growing_pauses(
    company: Company, api: Api, pauses: list[float], code: int
) -> None:
    api.respond = lambda path, parameters, nth: answer({"data": some(1)}) if nth == 3 else (code, {}, b"")
    assert ids(source(company, api)) == ["1"]
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("said", "pause"), [("7", 7.0), ("100000", 60.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("x", 0.5)]
)
def test_retry_after_is_kept_within_reason(
    company: Company, api: Api, pauses: list[float], said: str, pause: float
) -> None:
    api.respond = lambda path, parameters, nth: (
        answer({"data": some(1)}) if nth > 1 else (429, {"Retry_After": said}, b"")
    )
    source(company, api).rows()
    assert pauses == [pause]


def test_a_server_that_stays_down_is_unavailable(company: Company, api: Api, pauses: list[float]) -> None:
    api.respond = lambda *_: (503, {}, b"")
    with pytest.raises(SourceUnavailable, match="answers 503; try again later"):
        source(company, api, "retries: 2").rows()
    assert len(api.asked) == 3


def test_a_server_that_is_not_there_is_unavailable(company: Company, api: Api, pauses: list[float]) -> None:
    source(company, Api(url="http://127.0.0.1:1"), "retries: 1")
    with pytest.raises(SourceUnavailable, match="no answer"):
        company.rows()


def test_a_slow_server_is_unavailable(company: Company, api: Api, pauses: list[float]) -> None:
    held = threading.Event()

    def respond(*_: object) -> Answer:
        held.wait(2)
        return answer({"data": []})

    api.respond = respond
    with pytest.raises(SourceUnavailable, match="ReadTimeout"):
        source(company, api, "timeout: 0.05", "retries: 0").rows()
    held.set()


def test_an_answer_broken_off_is_asked_again(company: Company, api: Api, pauses: list[float]) -> None:
    def respond(path: str, parameters: dict[str, str], nth: int) -> Answer:
        return (200, {"Content_Length": "9999"}, b'{"data": [') if nth == 1 else answer({"data": some(1)})

    api.respond = respond
    assert ids(source(company, api)) == ["1"]


@pytest.mark.parametrize("body", [b'{"data": [{"id": "1"}', b"<html>", b"\xff"])
def test_a_page_that_is_no_json_refuses_the_delivery(company: Company, api: Api, body: bytes) -> None:
    pages = [json.dumps({"data": some(1)}).encode(), body]
    api.respond = lambda path, parameters, nth: (200, {}, pages[nth - 1])
    with pytest.raises(DeliveryRefused, match="a page is no JSON"):
        source(company, api, "paging: {kind: page, parameter: p}").rows()


def test_a_short_page_before_the_last_refuses_the_delivery(company: Company, api: Api) -> None:
    pages = [some(1, 2), some(3), some(4, 5), []]
    api.respond = lambda path, parameters, nth: answer({"data": pages[nth - 1]})
    with pytest.raises(DeliveryRefused, match="a page came short and another followed"):
        source(company, api, "paging: {kind: page, parameter: p, size_parameter: n, size: 2}").rows()


def test_fewer_records_than_announced_refuse_the_delivery(company: Company, api: Api) -> None:
    pages = [some(1, 2), some(3), []]
    api.respond = lambda path, parameters, nth: answer({"data": pages[nth - 1], "total": 4})
    with pytest.raises(DeliveryRefused, match="3 records came of the 4 announced"):
        source(company, api, "paging: {kind: page, parameter: p, total: total}").rows()


def test_a_number_that_changes_while_it_is_read_refuses_the_delivery(company: Company, api: Api) -> None:
    api.respond = lambda path, parameters, nth: answer({"data": some(nth), "total": 3 + nth})
    with pytest.raises(DeliveryRefused, match="changed while the pages were read"):
        source(company, api, "paging: {kind: page, parameter: p, total: total}").rows()


def test_an_api_that_ignores_the_page_is_refused_instead_of_read_for_ever(company: Company, api: Api) -> None:
    api.respond = lambda *_: answer({"data": some(1)})
    with pytest.raises(DeliveryRefused, match="a page repeats the one before"):
        source(company, api, "paging: {kind: page, parameter: p}").rows()


def test_a_cursor_in_a_circle_is_refused(company: Company, api: Api) -> None:
    api.respond = lambda path, parameters, nth: answer({"data": some(nth), "next": "a"})
    with pytest.raises(DeliveryRefused, match="in a circle"):
        source(company, api, "paging: {kind: cursor, parameter: after, next: next}").rows()


def test_a_link_to_another_host_gets_no_secret(company: Company, api: Api) -> None:
    api.respond = lambda *_: answer({"data": some(1), "next": "http://localhost:9/x"})
    with pytest.raises(DeliveryRefused, match="another host"):
        source(company, api, "paging: {kind: link, next: next}").rows()


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (401, SourceContractError, r"sources/crm.yaml:\d+: .*answers 401; mend the credentials"),
        (404, DeliveryRefused, "the API answers 404"),
        (302, DeliveryRefused, "the API answers 302"),
    ],
)
def test_an_answer_that_no_retry_mends_is_told(
    company: Company, api: Api, code: int, kind: type[Exception], message: str
) -> None:
    api.respond = lambda *_: (code, {}, b"")
    with pytest.raises(kind, match=message):
        source(company, api).rows()


def test_every_closed_day_is_a_delivery_and_the_latest_are_looked_at_again(
    company: Company, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    source(company, api, "revisit_days: 2")
    home, contract = company.only()
    monkeypatch.setenv("SCV_NOW", "2026-08-27T10:00:00")
    before = {one.day: one.fingerprint for one in deliveries(home, contract)}
    monkeypatch.setenv("SCV_NOW", "2026-08-28T10:00:00")
    after = {one.day: one.fingerprint for one in deliveries(home, contract)}
    assert list(before) == [date(2026, 8, day) for day in (23, 24, 25, 26)]
    assert [day.day for day in before if before[day] != after[day]] == [25, 26]
    assert deliveries(home, contract, [DAY])[0].day == DAY
