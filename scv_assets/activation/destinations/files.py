"""Files for whoever fetches them: CSV and Parquet of what changed, with a manifest that says they are whole.

A delivery is a set of files whose names hold its content's hash, and a manifest `<name>.manifest.json` that is put
there last: what no manifest names is not there yet, and one delivery twice is the same files. In a CSV a cell that a
spreadsheet would run as a formula begins with an apostrophe (OWASP, CSV injection). `operation` is `upsert` or
`delete`; `delete` leaves all attributes empty.
"""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.destinations.interface import Changes
from scv_assets.activation.destinations.outcomes import DELIVERED, Message, Outcome, Tally
from scv_assets.errors import DestinationUnavailable
from scv_assets.sql_quoting import identifier, literal

MESSAGES_A_FILE = 10_000
FORMATS = ("csv", "parquet")


class Files:
    """A folder, here or behind any fsspec address (sftp://, s3://, …)."""

    messages_at_once = MESSAGES_A_FILE

    def __init__(self, name: str, place: str, formats: tuple[str, ...], tally: Tally) -> None:
        self._name = name
        self._fs, self._root = fsspec.core.url_to_fs(place)
        self._formats = formats
        self.tally = tally

    def close(self) -> None:
        """Nothing is kept open."""

    def take(self, con: Connection, changes: Mapping[str, Changes]) -> None:
        """Write one delivery an object of which anything changed."""
        for name, change in changes.items():
            rows = _rows(con, change)
            if len(rows.limit(1)):
                self._deliver(con, name, rows)

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Write the messages as one delivery; its name is every message's receipt."""
        import duckdb

        with duckdb.connect() as con:
            name = self._deliver(con, "messages", _message_rows(con, messages))
        return [Outcome(DELIVERED, receipt=name) for _ in messages]

    def ask(self, message: Message) -> Outcome | None:
        """Look for the message in the deliveries that are whole."""
        manifests = self._fs.glob(f"{self._root}/messages-*.manifest.json")
        for path in sorted(manifests, reverse=True):
            manifest = json.loads(self._fs.cat_file(path))
            if message.idempotency_key in manifest["keys"]:
                return Outcome(DELIVERED, receipt=str(manifest["delivery"]))
        return None

    def _deliver(self, con: Connection, name: str, rows: Relation) -> str:
        with tempfile.TemporaryDirectory() as folder:
            made = {format_: Path(folder) / f"part.{format_}" for format_ in self._formats}
            for format_, path in made.items():
                _WRITERS[format_](con, rows, path)
            digests = {format_: _digest(path) for format_, path in made.items()}
            delivery = f"{name}-{next(iter(digests.values()))[:16]}"
            manifest = {
                "delivery": delivery,
                "rows": len(rows),
                "columns": rows.columns,
                "files": {
                    f"{delivery}.{format_}": {"sha256": digest, "bytes": made[format_].stat().st_size}
                    for format_, digest in digests.items()
                },
            }
            if name == "messages":
                manifest["keys"] = [row[0] for row in rows.project("idempotency_key").fetchall()]
            self._put(delivery, made, manifest)
        return delivery

    def _put(self, delivery: str, made: Mapping[str, Path], manifest: Mapping[str, Any]) -> None:
        try:
            self._fs.makedirs(self._root, exist_ok=True)
            for format_, path in made.items():
                self._placed(f"{delivery}.{format_}", path.read_bytes())
            text = json.dumps(manifest, indent=1, sort_keys=True)
            self._placed(f"{delivery}.manifest.json", text.encode())
        except OSError as error:
            told = error.strerror or type(error).__name__
            raise DestinationUnavailable(f"{self._name}: the files cannot be written ({told}); try again") from None
        self.tally.count("file")

    def _placed(self, name: str, content: bytes) -> None:
        beside = f"{self._root}/.{name}.part"
        self._fs.pipe_file(beside, content)
        self._fs.mv(beside, f"{self._root}/{name}")


def _rows(con: Connection, change: Changes) -> Relation:
    """Return one row a changed object: operation, the key, the attributes as text; sorted by key."""
    settings = change.settings
    columns = [f"payload ->> {literal(name)} AS {identifier(name)}" for name in settings.fields.values()]
    nothing = [f"NULL::VARCHAR AS {identifier(name)}" for name in settings.fields.values()]
    key = identifier(settings.key)
    written, removed = change.written, change.removed
    return con.sql(f"""
        SELECT * FROM (
            SELECT 'upsert' AS operation, key AS {key}{"".join(f", {column}" for column in columns)} FROM written
            UNION ALL
            SELECT 'delete', key{"".join(f", {column}" for column in nothing)} FROM removed
        ) ORDER BY 2, 1
    """)


def _message_rows(con: Connection, messages: Sequence[Message]) -> Relation:
    names = ("idempotency_key", "campaign", "customer_id", "channel")
    columns = {name: [getattr(message, name) for message in messages] for name in names}
    columns["payload"] = [json.dumps(dict(one.payload), sort_keys=True, ensure_ascii=False) for one in messages]
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    con.register("messages_sent", table)
    return con.sql("SELECT * FROM messages_sent ORDER BY idempotency_key")


def _as_csv(con: Connection, rows: Relation, path: Path) -> None:
    neutral = ", ".join(
        f"CASE WHEN regexp_matches({name}, '^[=+\\-@\\t\\r]') THEN '''' || {name} ELSE {name} END AS {name}"
        for name in map(identifier, rows.columns)
    )
    rows.project(neutral).write_csv(str(path), header=True, sep=",", quotechar='"', escapechar='"', quoting="all")


def _as_parquet(con: Connection, rows: Relation, path: Path) -> None:
    rows.write_parquet(str(path), compression="zstd")


_WRITERS = {"csv": _as_csv, "parquet": _as_parquet}


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
