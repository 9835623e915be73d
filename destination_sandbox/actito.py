"""An Actito licence: profile tables, custom tables, subscriptions, imports, as the public reference describes them.

Kept: a token lives 15 minutes; 100 calls a minute, 5 at once; an e-mail address that is none is refused (400); a record
that is there is refused (409) where `allowUpdate` does not say otherwise; a deleted profile takes its records of custom
tables with it; an import is a zip of at most 100 MB (400), 24 a table and day (429), and fails as a whole where one of
its two files is missing; its lines in error are told, the others are loaded.
"""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from destination_sandbox.faults import Faults
from destination_sandbox.gate import App, Counts, Gate
from destination_sandbox.limits import Clock, WallClock, Window
from destination_sandbox.pages import page_routes

CALLS, SECONDS, AT_ONCE = 100, 60.0, 5
TOKEN_SECONDS = 900.0
LARGEST_BYTES = 100 * 1024 * 1024
IMPORTS_A_DAY = 24
#: what loading a line takes
SECONDS_A_LINE = 0.00005
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_RATE = {"message": "Too many requests"}

Row = dict[str, str | None]


@dataclass
class ActitoLicence:
    """What the licence holds: rows by table and key, the lists that profiles are subscribed to, imports by id."""

    profiles: dict[str, dict[str, Row]] = field(default_factory=dict)
    records: dict[str, dict[str, Row]] = field(default_factory=dict)
    subscriptions: set[tuple[str, str]] = field(default_factory=set)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    imports_today: Counter[str] = field(default_factory=Counter)
    profile_key: str = ""
    deleted: int = 0
    created: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, int]:
        """Return how much there is of each."""
        tables = {f"profiles of {name}": len(rows) for name, rows in self.profiles.items()}
        tables |= {f"records of {name}": len(rows) for name, rows in self.records.items()}
        lists = Counter(name for _, name in self.subscriptions)
        return {
            **tables,
            **{f"subscribed to {name}": count for name, count in sorted(lists.items())},
            "imports": len(self.imports),
            "profiles deleted": self.deleted,
        }

    def samples(self) -> dict[str, list[Any]]:
        """Return the last of each."""
        tables = {**self.profiles, **self.records}
        return {name: list(rows.values())[-10:] for name, rows in tables.items()}

    def put(self, tables: dict[str, dict[str, Row]], table: str, key: str, row: Row) -> None:
        """Write a row."""
        rows = tables.setdefault(table, {})
        if key not in rows:
            self.created[table] += 1
        rows[key] = rows.get(key, {}) | row

    def delete_profile(self, table: str, attribute: str, key: str) -> bool:
        """Remove a profile, what refers to it, and its subscriptions; return whether it was there."""
        if self.profiles.get(table, {}).pop(key, None) is None:
            return False
        self.deleted += 1
        self.subscriptions = {one for one in self.subscriptions if one[0] != key}
        for rows in self.records.values():
            for record in [name for name, row in rows.items() if row.get(attribute) == key]:
                del rows[record]
        return True


def actito_app(licence: ActitoLicence, faults: Faults, counts: Counts, clock: Clock | None = None) -> App:
    """Return the server of a licence."""
    time = clock or WallClock()
    api = _Api(licence, time)
    entity = "/v4/entity/{entity}"
    profile = f"{entity}/table/{{table}}/profile"
    record = f"{entity}/customTable/{{table}}/record"
    imports = "/mass-imports/v5/entities/{entity}/etl-executions"
    routes = [
        Route("/auth/token", api.token, methods=["GET"]),
        Route(profile, api.write_profile, methods=["POST"]),
        Route(f"{profile}/{{key}}/subscription/{{name}}", api.subscription, methods=["POST", "DELETE"]),
        Route(f"{profile}/{{key}}", api.delete_profile, methods=["DELETE"]),
        Route(record, api.write_record, methods=["POST"]),
        Route(f"{record}/{{key:path}}", api.record, methods=["GET", "DELETE"]),
        Route(imports, api.start_import, methods=["POST"]),
        Route(f"{imports}/{{id}}", api.import_state, methods=["GET"]),
        *page_routes("Actito", licence, counts, faults),
    ]
    window = Window(CALLS, SECONDS, time)
    return Gate(Starlette(routes=routes), window, faults, counts, at_once=AT_ONCE, rate_body=_RATE)


class _Api:
    def __init__(self, licence: ActitoLicence, clock: Clock) -> None:
        self._licence = licence
        self._clock = clock
        self._tokens: dict[str, float] = {}

    async def token(self, request: Request) -> Response:
        if not request.headers.get("authorization"):
            return JSONResponse({"message": "no key"}, 401)
        token = f"token-{len(self._tokens) + 1}"
        self._tokens[token] = self._clock.seconds() + TOKEN_SECONDS
        return JSONResponse({"accessToken": token, "tokenType": "bearer", "expiresIn": f"{TOKEN_SECONDS:.0f}s"})

    async def write_profile(self, request: Request) -> Response:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        pairs = (await request.json())["attributes"]
        row = _row(pairs)
        if not _is_valid(row):
            return JSONResponse({"error": "INVALID_ATTRIBUTE"}, 400)
        key = str(pairs[0]["value"])
        self._licence.profile_key = pairs[0]["name"]
        self._licence.put(self._licence.profiles, request.path_params["table"], key, row)
        return JSONResponse({"profileId": key}, 201)

    async def delete_profile(self, request: Request) -> Response:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        attribute, _, key = request.path_params["key"].partition("=")
        is_there = self._licence.delete_profile(request.path_params["table"], attribute, key)
        return Response(status_code=204 if is_there else 404)

    async def subscription(self, request: Request) -> Response:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        _, _, key = request.path_params["key"].partition("=")
        if key not in self._licence.profiles.get(request.path_params["table"], {}):
            return JSONResponse({"error": "PROFILE_NOT_FOUND"}, 404)
        listed = (key, request.path_params["name"])
        if request.method == "POST":
            self._licence.subscriptions.add(listed)
        else:
            self._licence.subscriptions.discard(listed)
        return Response(status_code=204)

    async def write_record(self, request: Request) -> Response:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        table, pairs = request.path_params["table"], (await request.json())["properties"]
        key = str(pairs[0]["value"])
        is_there = key in self._licence.records.get(table, {})
        if is_there and request.query_params.get("allowUpdate") != "true":
            return JSONResponse({"error": "RECORD_ALREADY_EXISTS"}, 409)
        self._licence.put(self._licence.records, table, key, _row(pairs))
        return JSONResponse({"businessKey": key}, 200 if is_there else 201)

    async def record(self, request: Request) -> Response:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        rows, key = self._licence.records.get(request.path_params["table"], {}), request.path_params["key"]
        if key not in rows:
            return JSONResponse({"error": "RECORD_NOT_FOUND"}, 404)
        if request.method == "DELETE":
            del rows[key]
            return Response(status_code=204)
        return JSONResponse({"properties": [{"name": name, "value": value} for name, value in rows[key].items()]})

    async def start_import(self, request: Request) -> Response:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        parts = _parts(request.headers["content-type"], await request.body())
        zipped, parameters = parts.get("inputFile"), parts.get("parameters")
        if zipped is None or parameters is None:
            return JSONResponse({"error": "MISSING_FILE"}, 400)
        if len(zipped) > LARGEST_BYTES:
            return JSONResponse({"error": "FILE_TOO_LARGE"}, 400)
        loading = json.loads(parameters)["dataLoadings"][0]
        table = loading["destination"]["table"]
        if self._licence.imports_today[table] >= IMPORTS_A_DAY:
            return JSONResponse({"error": "TOO_MANY_IMPORTS"}, 429, {"Retry-After": "86400"})
        self._licence.imports_today[table] += 1
        return JSONResponse({"id": self._load(zipped, loading, table)}, 201)

    def _load(self, zipped: bytes, loading: dict[str, Any], table: str) -> str:
        with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
            text = archive.read(archive.namelist()[0]).decode()
        is_profile = loading["destination"]["type"] == "PROFILE_TABLE"
        tables = self._licence.profiles if is_profile else self._licence.records
        errors, loaded = [], 0
        for row in csv.DictReader(io.StringIO(text), delimiter=";"):
            key = row[loading["key"]]
            if not _is_valid(row):
                errors.append({"key": key, "reason": "INVALID_ATTRIBUTE"})
                continue
            self._licence.put(tables, table, key, {name: value or None for name, value in row.items()})
            loaded += 1
        execution = f"import-{len(self._licence.imports) + 1}"
        ends = self._clock.seconds() + loaded * SECONDS_A_LINE
        self._licence.imports[execution] = {"ends": ends, "told": _told(loaded, errors)}
        return execution

    async def import_state(self, request: Request) -> Response:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        known = self._licence.imports.get(request.path_params["id"])
        if known is None:
            return JSONResponse({"error": "EXECUTION_NOT_FOUND"}, 404)
        return JSONResponse(known["told"] if self._clock.seconds() >= known["ends"] else {"status": "RUNNING"})

    def _unauthorised(self, request: Request) -> Response | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        is_alive = self._clock.seconds() < self._tokens.get(token, float("-inf"))
        return None if is_alive else JSONResponse({"message": "no such token"}, 401)


def _told(loaded: int, errors: list[dict[str, str]]) -> dict[str, Any]:
    return {"status": "FINISHED", "linesLoaded": loaded, "linesInError": len(errors), "errors": errors}


def _parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the parts of a multipart body by their names (RFC 7578)."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            found[str(part.get_param("name", header="content-disposition"))] = content
    return found


def _row(pairs: list[dict[str, Any]]) -> Row:
    return {pair["name"]: None if pair["value"] is None else str(pair["value"]) for pair in pairs}


def _is_valid(row: Row | dict[str, str]) -> bool:
    emails = [value for name, value in row.items() if "email" in name.lower() and value]
    return all(_EMAIL.fullmatch(str(email)) for email in emails)
