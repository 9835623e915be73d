"""What was last published of each table: the store's own record of it, and the very files, kept in the lake.

The lake's dataset `published/<table>` holds the files (hard links, no copy) under partitions `<content>:<partition>`.
Those of the next publish are registered before the store commits and those of the last one forgotten after, so that
wherever a run is killed the files of what the store holds are there to compute the next difference from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, Part, fingerprint
from resources.store.engine import reading
from resources.store.tables import PUBLICATION, duckdb_schema
from scv_assets.errors import PublishRefused


@dataclass(frozen=True)
class Published:
    """What the store says of a table: the fingerprint of its content, its rows, the run that published it."""

    content: str
    row_count: int
    run_id: str


def published(connection: sa.Connection) -> dict[str, Published]:
    """Return what was last published, by table."""
    columns = PUBLICATION.c
    rows = connection.execute(sa.select(columns.table_name, columns.content, columns.row_count, columns.run_id))
    return {table: Published(content, int(count), run) for table, content, count, run in rows}


def base(engine: sa.Engine) -> str:
    """Return a fingerprint of all publications: what a run reads first and `publish` is to find unchanged."""
    with reading(engine) as connection:
        return base_of(published(connection))


def base_of(state: Mapping[str, Published]) -> str:
    """Return the fingerprint of a state."""
    return fingerprint(*((table, entry.content, entry.run_id) for table, entry in sorted(state.items())))


def record(connection: sa.Connection, table: str, entry: Published, now: datetime) -> None:
    """Say what is published of the table, in the transaction that publishes it."""
    connection.execute(sa.delete(PUBLICATION).where(PUBLICATION.c.table_name == table))
    connection.execute(
        sa.insert(PUBLICATION).values(
            table_name=table,
            content=entry.content,
            row_count=entry.row_count,
            published_at=now,
            run_id=entry.run_id,
        )
    )


@dataclass(frozen=True)
class Candidate:
    """A table as a dataset of the lake holds it: what may be published next."""

    table: sa.Table
    dataset: str
    parts: dict[str, Part]

    @property
    def content(self) -> str:
        """Fingerprint of the files and of the columns that are read from them."""
        return _content(self.table, self.parts)

    @property
    def row_count(self) -> int:
        """Rows of the files."""
        return sum(part.rows for part in self.parts.values())


def candidate(lake: Lake, table: sa.Table, dataset: str) -> Candidate:
    """Return what the dataset holds now; nothing at all is refused, for an empty table is a file without rows."""
    parts = lake.parts(dataset)
    if not parts:
        raise PublishRefused(f"nothing was published: {dataset} holds nothing yet; materialise it first")
    return Candidate(table, dataset, parts)


def register(lake: Lake, wanted: Candidate) -> None:
    """Keep the candidate's files, so that what is published can be read whatever becomes of the dataset."""
    place = _place(wanted.table)
    registered = {f"{wanted.content}:{partition}": part for partition, part in wanted.parts.items()}
    if registered.items() <= lake.parts(place).items():
        return
    lake.link(place, wanted.dataset, registered)
    lake.commit(place, registered)


def forget_all_but(lake: Lake, kept: Candidate) -> None:
    """Forget what else was registered of the table."""
    place = _place(kept.table)
    others = [name for name in lake.parts(place) if not name.startswith(f"{kept.content}:")]
    if others:
        lake.commit(place, {}, removed=others)


def registered(lake: Lake, con: Connection, table: sa.Table, content: str) -> Relation | None:
    """Return the rows that were published with this content, or None where the lake does not hold them whole."""
    place = _place(table)
    prefix = f"{content}:"
    parts = {name: part for name, part in lake.parts(place).items() if name.startswith(prefix)}
    if _content(table, {name.removeprefix(prefix): part for name, part in parts.items()}) != content:
        return None
    if not all(lake.fs.exists(file) for file in lake.files(place, parts)):
        return None
    return lake.scan(con, place, duckdb_schema(table), parts)


def _content(table: sa.Table, parts: Mapping[str, Part]) -> str:
    return fingerprint(duckdb_schema(table), [(name, part.content) for name, part in sorted(parts.items())])


def _place(table: sa.Table) -> str:
    return f"published/{table.name}"
