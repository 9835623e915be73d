"""Actito's imports in bulk: a zipped CSV and its definition in one multipart POST, then asking until it has ended.

    POST {imports_prefix}/entities/{entity}/etl-executions          -> {"id"}
    GET  {imports_prefix}/entities/{entity}/etl-executions/{id}     -> {"status", "linesInError", "errors"}

An import that ended is read line by line: a line in error is a record that was refused, and an import of which fewer
lines were loaded than were sent has failed, whatever its status says.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from scv_assets.activation.destinations.calls import document, said
from scv_assets.activation.destinations.outcomes import Record, Result
from scv_assets.activation.destinations.pace import Clock
from scv_assets.activation.destinations.settings import DestinationSettings, ObjectSettings
from scv_assets.errors import ConfigError, DestinationUnavailable

LARGEST_BYTES = 100 * 1024 * 1024
FIRST_LOOK_SECONDS = 2.0
LONGEST_LOOK_SECONDS = 60.0
GIVEN_UP_SECONDS = 4 * 3600.0
_RUNNING = {"PENDING", "RUNNING", "SCHEDULED", "QUEUED"}


class Imports:
    """The imports of one entity."""

    def __init__(self, settings: DestinationSettings, call: Callable[..., httpx.Response], clock: Clock) -> None:
        self._settings = settings
        self._call = call
        self._clock = clock
        entity = quote(settings.options["entity"], safe="")
        self._path = f"{settings.options['imports_prefix']}/entities/{entity}/etl-executions"

    def load(self, settings: ObjectSettings, records: Sequence[Record]) -> list[Result]:
        """Import the records and return what became of each."""
        zipped = _zipped(settings, records)
        if len(zipped) > LARGEST_BYTES:
            middle = len(records) // 2
            return self.load(settings, records[:middle]) + self.load(settings, records[middle:])
        definition = json.dumps(_definition(settings), sort_keys=True).encode()
        files = {
            "inputFile": (f"{settings.name}.zip", zipped, "application/zip"),
            "parameters": ("definition.json", definition, "application/json"),
        }
        answer = self._call("POST", self._path, files=files)
        execution = document(answer).get("id")
        if not answer.is_success or execution is None:
            raise ConfigError(
                f"{self._settings.name} answers {answer.status_code}{said(answer)} to an import; mend its fields",
                where=self._settings.where,
            )
        return self._read(str(execution), records)

    def _read(self, execution: str, records: Sequence[Record]) -> list[Result]:
        ended = self._ended(execution)
        reasons = {str(one.get("key")): str(one.get("reason") or "refused") for one in ended.get("errors", [])}
        if ended.get("status") != "FINISHED" or int(ended.get("linesLoaded", -1)) + len(reasons) != len(records):
            raise DestinationUnavailable(
                f"{self._settings.name}: an import was accepted and not loaded ({ended.get('status')}); try again later"
            )
        return [Result(record.key, reasons.get(record.key)) for record in records]

    def _ended(self, execution: str) -> dict[str, Any]:
        pause, waited = FIRST_LOOK_SECONDS, 0.0
        while waited < GIVEN_UP_SECONDS:
            self._clock.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, LONGEST_LOOK_SECONDS)
            told = document(self._call("GET", f"{self._path}/{quote(execution, safe='')}"))
            if told.get("status") not in _RUNNING:
                return told
        raise DestinationUnavailable(f"{self._settings.name}: an import has not ended; try again later")


def _definition(settings: ObjectSettings) -> dict[str, Any]:
    kind = "PROFILE_TABLE" if settings.name == "profile" else "CUSTOM_TABLE"
    attributes = [settings.key, *settings.fields.values()]
    return {
        "dataLoadings": [
            {
                "destination": {"type": kind, "table": settings.table, "mode": "CREATE_OR_UPDATE"},
                "key": settings.key,
                "attributesMapping": [{"header": name, "attribute": name} for name in attributes],
            }
        ],
        "csvFormat": {"separator": ";", "enclosing": '"', "encoding": "UTF-8"},
    }


def _zipped(settings: ObjectSettings, records: Sequence[Record]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    names = list(settings.fields.values())
    writer.writerow([settings.key, *names])
    for record in records:
        writer.writerow(
            [record.key, *("" if record.payload[name] is None else _cell(record.payload[name]) for name in names)]
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(f"{settings.name}.csv")
        archive.writestr(entry, text.getvalue().encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
