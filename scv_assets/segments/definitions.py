"""The glossary of segments: every version of every definition that was ever published, and since when it holds.

A definition that changes its rule is another term: it takes another version. A title or a text may be mended.
"""

from datetime import date
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.engine import reading
from resources.store.tables import SEGMENT_DEFINITION, duckdb_schema
from scv_assets.segments.business_days import day
from scv_assets.segments.policy import Segmentation, SegmentPolicy
from scv_assets.yaml_document import YamlDocument

Rules = list[tuple[str, str]]


def definitions(con: Connection, policy: SegmentPolicy, recorded: Relation, first_on: date, as_of_on: date) -> Relation:
    """Return the glossary, as segment_definition, sorted by key; `recorded`: as last published.

    A segmentation's first version holds from `first_on`, as its history does; another from `as_of_on`, the day at which
    it is first published. One that is no longer declared ends there.
    """
    rows = [row for segmentation in policy.every for row in _rows(segmentation)]
    names = list(rows[0])
    declared = con.from_arrow(pa.table({name: [row[name] for row in rows] for name in names}))
    columns = ", ".join(
        f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in duckdb_schema(SEGMENT_DEFINITION).items()
    )
    return con.sql(f"""
        WITH known AS (SELECT DISTINCT segmentation FROM recorded),
        terms AS (
            SELECT declared.*, NULL::DATE AS valid_to, coalesce(
                (SELECT min(valid_from) FROM recorded AS r
                 WHERE r.segmentation = declared.segmentation AND r.version = declared.version),
                CASE WHEN known.segmentation IS NULL THEN {day(first_on)} ELSE {day(as_of_on)} END) AS valid_from
            FROM declared LEFT JOIN known USING (segmentation)
            UNION ALL BY NAME
            SELECT recorded.* REPLACE (coalesce(valid_to, {day(as_of_on)}) AS valid_to)
            FROM recorded ANTI JOIN declared USING (segmentation, version, segment)
        )
        SELECT {columns} FROM terms ORDER BY segmentation, version, segment
    """)


def _rows(segmentation: Segmentation) -> list[dict[str, Any]]:
    return [
        {
            "segmentation": segmentation.name,
            "version": segmentation.version,
            "segment": segment.name,
            "kind": _kind(segmentation),
            "term": segmentation.title,
            "owner": segmentation.owner,
            "definition": segmentation.definition,
            "position": position,
            "title": segment.title,
            "description": segment.description,
            "rule": segment.condition.text,
        }
        for position, segment in enumerate(segmentation.segments, start=1)
    ]


def _kind(segmentation: Segmentation) -> str:
    return "overlapping" if segmentation.is_overlapping else "exclusive"


def refuse_silent_changes(document: YamlDocument, policy: SegmentPolicy, store: sa.Engine) -> None:
    """Refuse every segmentation whose rules are others than those published under the same version, at its version.

    Raises `ConfigError` (or notes it, where the document collects problems). A store without a glossary refuses none.
    """
    published = _published(store)
    for node in document.root.mapping()["segmentations"].items():
        name = node.mapping()["name"].text() if node.is_mapping else ""
        segmentation = policy.segmentation(name)
        before = published.get((name, segmentation.version)) if segmentation else None
        if segmentation is None or before is None:
            continue
        now = (_kind(segmentation), [(segment.name, segment.condition.text) for segment in segmentation.segments])
        if now != before:
            changed = sorted({segment for segment, _ in set(before[1]) ^ set(now[1])}) or [name]
            node.mapping()["version"].refuse(
                f"the rule of {', '.join(repr(one) for one in changed)} is not the one that version"
                f" '{segmentation.version}' of '{name}' was published with; give it another version"
            )


def _published(store: sa.Engine) -> dict[tuple[str, str], tuple[str, Rules]]:
    """Return, by segmentation and version, the kind and the rules in their order."""
    columns = SEGMENT_DEFINITION.c
    query = sa.select(columns.segmentation, columns.version, columns.kind, columns.segment, columns.rule).order_by(
        columns.segmentation, columns.version, columns.position, columns.segment
    )
    found: dict[tuple[str, str], tuple[str, Rules]] = {}
    with reading(store) as connection:
        if not sa.inspect(connection).has_table(SEGMENT_DEFINITION.name):
            return {}
        for segmentation, version, kind, segment, rule in connection.execute(query):
            found.setdefault((segmentation, version), (kind, []))[1].append((segment, rule))
    return found
