"""What people decide: appended to logs, each with its line in the audit log, in one transaction.

State is a pure function of the log: a verdict is taken back by a date, never removed, and a new one on the same pair
(or field) takes the one before back, so that at most one is in force. Identifiers are derived from what was decided,
and the same click twice is one decision. The audit log names no person's data: it points to the decision.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from resources.lake import fingerprint
from resources.store.engine import is_postgresql, writing
from resources.store.tables import AUDIT_LOG, GOLDEN_FIELDS, GOLDEN_OVERRIDE, JUDGEMENT, QUARANTINE
from scv_assets.errors import NotFound, ScvError

VERDICTS = ("must_link", "cannot_link", "unsure")

Record = tuple[str, str]  # (source, source_key)


def judge(engine: sa.Engine, left: Record, right: Record, verdict: str, *, by: str, reason: str, now: datetime) -> str:
    """Append a steward's verdict on two records, in whichever order, and return its judgement_id.

    The same word again, by the same steward on the same pair while it is in force, is the verdict that stands already.

    Raises `NotFound` for a verdict that is none, or where both records are one.
    """
    if verdict not in VERDICTS:
        raise NotFound(f"there is no verdict {verdict!r}; it is one of {', '.join(VERDICTS)}")
    if left == right:
        raise NotFound("a verdict needs two different records")
    (left_source, left_key), (right_source, right_key) = sorted((left, right))
    pair = {"left_source": left_source, "left_key": left_key, "right_source": right_source, "right_key": right_key}
    said = {"verdict": verdict, "judged_by": by, "reason": reason}
    return _append(engine, JUDGEMENT, pair, said, "judged_at", actor=by, action="judge", now=now)


def revoke(engine: sa.Engine, judgement_id: str, *, by: str, now: datetime) -> None:
    """Take a verdict back; one that was taken back already stays as it is. Raises `NotFound`."""
    _revoke(engine, JUDGEMENT, judgement_id, actor=by, now=now)


def override(
    engine: sa.Engine, customer_id: str, field: str, value: str | None, *, by: str, reason: str, now: datetime
) -> str:
    """Append a steward's word on a golden field (null: leave it empty) and return its override_id.

    It takes effect at the next run. Raises `NotFound` for a field that stewards do not set, `ScvError` for a birth_on
    that is no day.
    """
    if field not in GOLDEN_FIELDS:
        raise NotFound(f"there is no golden field {field!r} to set; it is one of {', '.join(GOLDEN_FIELDS)}")
    if field == "birth_on" and value:
        _refuse_no_day(value)
    place = {"customer_id": customer_id, "field": field}
    said = {"value": value, "decided_by": by, "reason": reason}
    return _append(engine, GOLDEN_OVERRIDE, place, said, "decided_at", actor=by, action="override", now=now)


def _refuse_no_day(value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ScvError("the birth_on cannot be read; write it YYYY-MM-DD") from None


def revoke_override(engine: sa.Engine, override_id: str, *, by: str, now: datetime) -> None:
    """Take a steward's word on a field back; one that was taken back already stays as it is. Raises `NotFound`."""
    _revoke(engine, GOLDEN_OVERRIDE, override_id, actor=by, now=now)


def discard_quarantine(engine: sa.Engine, source: str, file: str, row_number: int, *, by: str, now: datetime) -> None:
    """Say that a refused row is not worth mending; it stays so whatever is published later. Raises `NotFound`."""
    columns = QUARANTINE.c
    is_row = sa.and_(columns.source == source, columns.file == file, columns.row_number == row_number)
    with writing(engine, QUARANTINE) as connection:
        status = connection.execute(sa.select(columns.status).where(is_row)).scalar_one_or_none()
        if status is None:
            raise NotFound(f"no row {row_number} of {file} of {source} is in quarantine")
        if status != "discarded":
            connection.execute(sa.update(QUARANTINE).where(is_row).values(status="discarded"))
            audited(connection, by, "discard_quarantine", f"{source}/{file}/{row_number}", now, {"status": status})


@contextlib.contextmanager
def kept_decisions(connection: sa.Connection, table: sa.Table) -> Iterator[None]:
    """Keep the discards that people made in `quarantine` while its rows are replaced by those of a run.

    The run may have read the table before the discard was made.
    """
    if table is not QUARANTINE:
        yield
        return
    if is_postgresql(connection):
        connection.exec_driver_sql("LOCK TABLE quarantine IN SHARE ROW EXCLUSIVE MODE")
    key = "source, file, row_number"
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE discarded_row AS SELECT {key} FROM quarantine WHERE status = 'discarded'"
    )
    yield
    connection.exec_driver_sql(
        f"UPDATE quarantine SET status = 'discarded' WHERE ({key}) IN (SELECT {key} FROM discarded_row)"
    )
    connection.exec_driver_sql("DROP TABLE discarded_row")


def _append(
    engine: sa.Engine,
    table: sa.Table,
    place: dict[str, Any],
    said: dict[str, Any],
    instant: str,
    *,
    actor: str,
    action: str,
    now: datetime,
) -> str:
    """Append to a log whose key is a hash of the row and of how often its place was decided on before."""
    place, said, actor = _storable(engine, place), _storable(engine, said), _text(engine, actor)
    (key,) = table.primary_key.columns
    with writing(engine, table) as connection:
        at_place = sa.and_(*(table.c[name] == value for name, value in place.items()))
        earlier = connection.execute(sa.select(table).where(at_place)).mappings().all()
        for row in earlier:
            if row["revoked_at"] is None and all(row[name] == value for name, value in said.items()):
                return str(row[key.name])
        in_force = sa.and_(at_place, table.c.revoked_at.is_(None))
        connection.execute(sa.update(table).where(in_force).values(revoked_at=now))
        identifier = fingerprint(table.name, place, said, now, len(earlier))
        connection.execute(sa.insert(table).values({key.name: identifier, instant: now, **place, **said}))
        audited(connection, actor, action, identifier, now, {"table": table.name})
    return identifier


def _revoke(engine: sa.Engine, table: sa.Table, identifier: str, *, actor: str, now: datetime) -> None:
    (key,) = table.primary_key.columns
    with writing(engine, table) as connection:
        row = connection.execute(sa.select(table.c.revoked_at).where(key == identifier)).one_or_none()
        if row is None:
            raise NotFound(f"there is no {table.name} {identifier!r}")
        if row.revoked_at is None:
            connection.execute(sa.update(table).where(key == identifier).values(revoked_at=now))
            audited(connection, actor, "revoke", identifier, now, {"table": table.name})


def audited(
    connection: sa.Connection, actor: str, action: str, subject: str, now: datetime, details: dict[str, Any]
) -> None:
    """Append a line to the audit log, in the transaction of what it tells of; nothing in it is personal data."""
    earlier = connection.execute(sa.select(sa.func.count()).where(AUDIT_LOG.c.subject == subject)).scalar_one()
    connection.execute(
        sa.insert(AUDIT_LOG).values(
            entry_id=fingerprint(actor, action, subject, now, earlier),
            actor=actor,
            action=action,
            subject=subject,
            at=now,
            details=json.dumps(details, sort_keys=True, ensure_ascii=False),
        )
    )


def _storable(engine: sa.Engine, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with what no store can hold replaced: lone surrogates, and NUL where it is PostgreSQL."""
    return {name: _text(engine, value) if isinstance(value, str) else value for name, value in values.items()}


def _text(engine: sa.Engine, value: str) -> str:
    cleaned = re.sub("[\ud800-\udfff]", "\ufffd", value)
    return cleaned.replace("\0", "\ufffd") if is_postgresql(engine) else cleaned
