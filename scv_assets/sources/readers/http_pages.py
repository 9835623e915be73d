"""An API -> raw rows: a day's records as JSON, page by page, all of them or none.

What can pass (429, 5xx, a broken connection, a time-out) is tried again with growing pauses, or when Retry-After says.
A page that is no JSON, comes short or repeats itself refuses the whole delivery.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import httpx

from scv_assets.environment import expand
from scv_assets.errors import DeliveryRefused, SourceContractError, SourceUnavailable
from scv_assets.sources.readers.json_files import record_list
from scv_assets.sources.readers.json_records import of_objects, parse, read_records
from scv_assets.sources.readers.options import HttpOptions
from scv_assets.sources.readers.reading import Batches, Reading

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_PASSING = {408, 425, 429, 500, 502, 503, 504}


def read_http(reading: Reading) -> Batches:
    """Yield the records of all pages of the delivery's day."""
    options = reading.contract.extract.options
    assert isinstance(options, HttpOptions)
    where = reading.contract.where("extract", "options")
    headers = {name: expand(value, where) for name, value in options.headers.items()}
    with httpx.Client(timeout=options.timeout_seconds, headers=headers, follow_redirects=False) as client:
        pages = _Pages(reading, options, client)
        yield from read_records(reading, of_objects(item for page in pages.all() for item in page))


def label(options: HttpOptions, day: date) -> str:
    """Return what a day's records are called: the address without its query or password, and the day."""
    parts = urlsplit(options.url)
    host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
    return f"{host}{parts.path.replace('{date}', str(day))}@{day}"


class _Pages:
    """Follows one delivery's pages."""

    def __init__(self, reading: Reading, options: HttpOptions, client: httpx.Client) -> None:
        self._reading = reading
        self._options = options
        self._client = client
        self._is_exhausted = False
        where = reading.contract.where("extract", "options")
        self._url = expand(options.url, where).replace("{date}", str(reading.day))
        self._fixed = {
            name: expand(value, where).replace("{date}", str(reading.day)) for name, value in options.parameters.items()
        }

    def all(self) -> Iterator[list[Any]]:
        """Give the records of each page and check that they are complete."""
        paging = self._options.paging
        count, total, short = 0, None, False
        previous: list[Any] | None = None
        for response in self._responses():
            document = self._document(response)
            records = record_list(self._reading, document, self._options.records)
            if records and records == previous:
                raise self._refused("a page repeats the one before; the paging parameters are not those of the API")
            if records and short:
                raise self._refused("a page came short and another followed; the answer is not complete")
            total = self._total(document, total)
            short = bool(paging.size_parameter) and len(records) < paging.size and paging.kind in {"page", "offset"}
            count += len(records)
            previous = records
            yield records
            if not records or (total is not None and count >= total):
                self._is_exhausted = True
        if total is not None and count != total:
            raise self._refused(f"{count} records came of the {total} announced; the answer is not complete")

    def _responses(self) -> Iterator[httpx.Response]:
        """Give the pages' responses; `all` says when a numbered paging is exhausted."""
        paging = self._options.paging
        sized = {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
        parameters = {**self._fixed, **sized}
        if paging.kind in {"none", "cursor", "link"}:
            yield from self._chained(parameters)
            return
        place = paging.first if paging.kind == "page" else 0
        while not self._is_exhausted:
            yield self._get(self._url, {**parameters, paging.parameter: str(place)})
            place += 1 if paging.kind == "page" else paging.size

    def _chained(self, parameters: dict[str, str]) -> Iterator[httpx.Response]:
        paging = self._options.paging
        seen: set[str] = set()
        response = self._get(self._url, parameters)
        while True:
            yield response
            following = self._following(response)
            if following is None:
                return
            if following in seen:
                raise self._refused("the pages lead in a circle")
            seen.add(following)
            if paging.kind == "cursor":
                response = self._get(self._url, {**parameters, paging.parameter: following})
            else:
                response = self._get(self._same_host(response, following), {})

    def _following(self, response: httpx.Response) -> str | None:
        paging = self._options.paging
        if paging.kind == "none":
            return None
        if paging.kind == "link" and not paging.next:
            found = response.links.get("next", {}).get("url")
        else:
            found = _at(self._document(response), paging.next)
        return str(found) if found not in (None, "", False) else None

    def _same_host(self, response: httpx.Response, address: str) -> str:
        """Return the next page's address; the headers hold a secret, which must not go to another host."""
        target = response.url.join(address)
        if (target.scheme, target.host, target.port) != (response.url.scheme, response.url.host, response.url.port):
            raise self._refused("the next page is said to be on another host")
        return str(target)

    def _document(self, response: httpx.Response) -> Any:
        try:
            return parse(response.content.decode("utf-8"))
        except ValueError:
            raise self._refused("a page is no JSON; the answer is cut short or damaged") from None

    def _total(self, document: Any, before: int | None) -> int | None:
        path = self._options.paging.total
        if not path:
            return None
        found = _at(document, path)
        if not isinstance(found, int) or isinstance(found, bool):
            raise self._refused(f"a page has no number of records at '{'.'.join(path)}'")
        if before is not None and found != before:
            raise self._refused("the number of records changed while the pages were read; read them again")
        return found

    def _get(self, url: str, parameters: dict[str, str]) -> httpx.Response:
        pause = _FIRST_PAUSE_SECONDS
        for left in range(self._options.retries, -1, -1):
            try:
                response = self._client.get(url, params=parameters or None)
            except httpx.TransportError as error:
                if not left:
                    raise SourceUnavailable(
                        f"{self._reading.file}: no answer ({type(error).__name__}); try again later"
                    ) from error
                asked = None
            else:
                if response.status_code not in _PASSING:
                    return self._accepted(response)
                if not left:
                    raise SourceUnavailable(f"{self._reading.file}: answers {response.status_code}; try again later")
                asked = _retry_after(response)
            sleep(min(asked if asked is not None else pause, _LONGEST_PAUSE_SECONDS))
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _accepted(self, response: httpx.Response) -> httpx.Response:
        code = response.status_code
        if code in {401, 403}:
            where = self._reading.contract.where("extract", "options", "headers")
            raise SourceContractError(f"{self._reading.file}: answers {code}; mend the credentials", where=where)
        if code != 200:
            raise self._refused(f"the API answers {code}; mend the address or the parameters")
        return response

    def _refused(self, message: str) -> DeliveryRefused:
        return self._reading.refused(message)


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that the server asks to wait (a number, or an HTTP date), or None."""
    said = response.headers.get("Retry-After", "")
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(tz=UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
