"""What another matching policy would change, computed beside what is published: nothing is published by it.

Both policies run over the lake's records, with the store's customers as the state before: who is who, and all that
follows from it up to golden profiles, segments and the messages that campaigns decide. For `scv match diff` and the job
`policy_diff`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.scratch_lake import ScratchLake
from resources.store.tables import (
    CROSSWALK,
    GOLDEN_FIELDS,
    GOLDEN_PROFILE,
    MATCH_EDGE,
    REVIEW_TASK,
    SOURCE_RECORD,
    duckdb_schema,
)
from scv_assets import stages
from scv_assets.activation.run import messages_due
from scv_assets.decisions import decisions_made
from scv_assets.errors import NotFound
from scv_assets.golden.run import make_golden
from scv_assets.governance.run import keep_consent
from scv_assets.home import Home
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.run import POLICY, identify
from scv_assets.interactions.run import TABLES as INTERACTIONS
from scv_assets.interactions.run import attach_kind
from scv_assets.segments.run import add_segment, segment
from scv_assets.yaml_document import YamlDocument

Said = Callable[[str], None]

#: Columns of a golden profile beside its fields that are compared.
_ALSO = ("household_id", "is_contactable_email", "is_contactable_phone", "is_contactable_post")
#: Steps that `policy_diff` tells of: `said` is called so often.
STEPS = 2 * 6 + 1


@dataclass(frozen=True)
class Example:
    """A group of customers that meet or part: their ids before and after, their records (`source:key`).

    `evidence`: the strongest pair that is linked by one policy only, as `left right decision weight`; None: none kept.
    """

    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    records: tuple[str, ...]
    evidence: str | None


@dataclass(frozen=True)
class PolicyDiff:
    """Figures of both policies. `merges`: customers that several become; `splits`: customers that become several.

    `pairs_gained`, `pairs_lost`: pairs of records of one customer by one policy only. `other_ids`: records whose
    customer id changes. Of customers who are there by both: `fields`: golden field -> for how many it changes;
    `segments`: `from -> to` -> how many. `messages`: campaign -> messages that are decided for the last day, by either.
    """

    records: int
    customers_before: int
    customers_after: int
    merges: int
    splits: int
    pairs_gained: int
    pairs_lost: int
    other_ids: int
    questions_before: int
    questions_after: int
    profiles_changed: int
    fields: dict[str, int]
    segments: dict[str, int]
    messages: dict[str, tuple[int, int]]
    sample: tuple[Example, ...]

    @property
    def is_empty(self) -> bool:
        """True where every customer keeps its records."""
        return not self.pairs_gained and not self.pairs_lost

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain values: ids, keys and counts, no personal data but what keys hold."""
        return asdict(self)


def policy_diff(
    home: Home, store: sa.Engine, document: YamlDocument, *, now: datetime, sample: int, said: Said
) -> PolicyDiff:
    """Compare another policy with the company's.

    Raises `NotFound` where nothing was ever computed, `ConfigError` where the policy is wrong.
    """
    read_policy(document)
    lake = home.lake()
    if any(lake.part(stages.published_path(table)) is None for table in ("source_record", "crosswalk")):
        raise NotFound("nothing is computed yet, so there is nothing to compare with: scv run")
    before, sent = _computed(home, store, home.document(POLICY), now, lambda name: said(f"as it is: {name}"))
    after, would_send = _computed(home, store, document, now, lambda name: said(f"as it would be: {name}"))
    said("comparing")
    with after.connect() as con:
        found = _compared(con, before, after, sample)
    return replace(found, messages={name: (sent[name], would_send[name]) for name in sent})


def _computed(
    home: Home, store: sa.Engine, document: YamlDocument, now: datetime, said: Said
) -> tuple[Lake, dict[str, int]]:
    """Return a lake with the view as this policy makes it, and the messages that campaigns then decide.

    What is current already is taken as it is.
    """
    lake = ScratchLake(home.lake())
    beside = home.beside(POLICY, document, lake)
    decisions = decisions_made(store)
    said("who is who")
    identify(beside, lake, store, decisions=decisions, now=now, run_id="policy diff")
    said("consent")
    keep_consent(beside, lake, store, decisions=decisions)
    said("interactions")
    for kind in INTERACTIONS:
        attach_kind(beside, lake, kind)
    said("golden profiles")
    make_golden(beside, lake, store, decisions=decisions)
    said("segments")
    segment(beside, lake, store, now=now)
    add_segment(beside, lake)
    said("campaigns")
    return lake, messages_due(beside, lake, store, now=now)


def _compared(con: Connection, before: Lake, after: Lake, sample: int) -> PolicyDiff:
    moved = _moved(con, before, after)
    figures = con.sql("""
        WITH cells AS (SELECT old, new, count(*) AS n FROM moved GROUP BY old, new),
             olds AS (SELECT old, count(*) AS parts, sum(n) AS n FROM cells GROUP BY old),
             news AS (SELECT new, count(*) AS parts, sum(n) AS n FROM cells GROUP BY new)
        SELECT (SELECT sum(n) FROM cells), (SELECT count(*) FROM olds), (SELECT count(*) FROM news),
               (SELECT count(*) FROM news WHERE parts > 1), (SELECT count(*) FROM olds WHERE parts > 1),
               (SELECT sum(n * (n - 1) / 2) FROM news) - (SELECT sum(n * (n - 1) / 2) FROM cells),
               (SELECT sum(n * (n - 1) / 2) FROM olds) - (SELECT sum(n * (n - 1) / 2) FROM cells),
               (SELECT count(*) FROM moved WHERE old <> new)
    """).fetchall()[0]
    records, customers_before, customers_after, merges, splits, gained, lost, other_ids = (int(n or 0) for n in figures)
    changed, fields = _fields(con, before, after)
    return PolicyDiff(
        records=records,
        customers_before=customers_before,
        customers_after=customers_after,
        merges=merges,
        splits=splits,
        pairs_gained=gained,
        pairs_lost=lost,
        other_ids=other_ids,
        questions_before=_questions(con, before),
        questions_after=_questions(con, after),
        profiles_changed=changed,
        fields=fields,
        segments=_segments(con, before, after),
        messages={},
        sample=_sample(con, moved, before, after, sample),
    )


def _table(con: Connection, lake: Lake, table: sa.Table) -> Relation:
    return lake.scan(con, stages.published_path(table.name), duckdb_schema(table))


def _moved(con: Connection, before: Lake, after: Lake) -> Relation:
    """Return a row a record: source, source_key, its customer by either policy."""
    olds, news = _table(con, before, CROSSWALK), _table(con, after, CROSSWALK)
    return con.from_arrow(
        con.sql("""
        SELECT source, source_key, o.customer_id AS old, n.customer_id AS new
        FROM olds o JOIN news n USING (source, source_key) ORDER BY source, source_key
    """).to_arrow_table()
    )


def _questions(con: Connection, lake: Lake) -> int:
    tasks = _table(con, lake, REVIEW_TASK)
    return int(con.sql("SELECT count(*) FROM tasks WHERE status = 'open'").fetchall()[0][0])


def _fields(con: Connection, before: Lake, after: Lake) -> tuple[int, dict[str, int]]:
    """Return for how many customers of both a golden profile changes, and for how many each field does."""
    olds, news = _table(con, before, GOLDEN_PROFILE), _table(con, after, GOLDEN_PROFILE)
    names = (*GOLDEN_FIELDS, *_ALSO)
    differs = [f"o.{name} IS DISTINCT FROM n.{name}" for name in names]
    counted = ", ".join(f"count(*) FILTER (WHERE {one})" for one in differs)
    row = con.sql(f"""
        SELECT count(*) FILTER (WHERE {" OR ".join(differs)}), {counted}
        FROM olds o JOIN news n USING (customer_id)
    """).fetchall()[0]
    return int(row[0]), {name: int(count) for name, count in zip(names, row[1:], strict=True) if count}


def _segments(con: Connection, before: Lake, after: Lake) -> dict[str, int]:
    olds, news = _table(con, before, GOLDEN_PROFILE), _table(con, after, GOLDEN_PROFILE)
    rows = con.sql("""
        SELECT coalesce(o.lifecycle_segment, 'none') || ' -> ' || coalesce(n.lifecycle_segment, 'none') AS move,
               count(*)
        FROM olds o JOIN news n USING (customer_id)
        WHERE o.lifecycle_segment IS DISTINCT FROM n.lifecycle_segment GROUP BY move ORDER BY count(*) DESC, move
    """).fetchall()
    return {str(move): int(count) for move, count in rows}


def _sample(con: Connection, moved: Relation, before: Lake, after: Lake, size: int) -> tuple[Example, ...]:
    """Return some of the changes, merges and splits in turn; by the hash of their records, the same on every call."""
    rows = con.sql(
        """
        WITH groups AS (
            SELECT 'merge' AS kind, new AS name, list(DISTINCT old ORDER BY old) AS before, [new] AS after,
                   list(source || ':' || source_key ORDER BY source, source_key) AS records
            FROM moved GROUP BY new HAVING count(DISTINCT old) > 1
            UNION ALL
            SELECT 'split', old, [old], list(DISTINCT new ORDER BY new),
                   list(source || ':' || source_key ORDER BY source, source_key)
            FROM moved GROUP BY old HAVING count(DISTINCT new) > 1
        )
        SELECT kind, before, after, records FROM groups
        ORDER BY row_number() OVER (PARTITION BY kind ORDER BY sha256(name), name), kind LIMIT $size
        """,
        params={"size": size},
    ).fetchall()
    edges = {"merge": _table(con, after, MATCH_EDGE), "split": _table(con, before, MATCH_EDGE)}
    return tuple(
        Example(kind, tuple(old), tuple(new), tuple(records), _evidence(con, edges[kind], moved, kind, records))
        for kind, old, new, records in rows
    )


def _evidence(con: Connection, edges: Relation, moved: Relation, kind: str, records: list[str]) -> str | None:
    """Return the strongest link across what meets (by the new policy) or parts (by the old one)."""
    across = "old" if kind == "merge" else "new"
    rows = con.sql(
        f"""
        SELECT left_source || ':' || left_key, right_source || ':' || right_key, via, match_weight
        FROM edges e
        JOIN moved l ON l.source = left_source AND l.source_key = left_key
        JOIN moved r ON r.source = right_source AND r.source_key = right_key
        WHERE decision = 'match' AND l.{across} <> r.{across}
            AND list_contains($records, left_source || ':' || left_key)
            AND list_contains($records, right_source || ':' || right_key)
        ORDER BY match_weight DESC NULLS LAST, 1, 2 LIMIT 1
        """,
        params={"records": records},
    ).fetchall()
    if not rows:
        return None
    left, right, via, weight = rows[0]
    bits = f" {weight:+.2f} bits" if weight is not None else ""
    return f"{left} {right} {via}{bits}"


def people_of(lake: Lake, records: tuple[str, ...]) -> list[tuple[str, str, str, str]]:
    """Return record, name, birth date and e-mail of some records, for somebody who reads a sample."""
    with lake.connect() as con:
        known = _table(con, lake, SOURCE_RECORD)
        return con.sql(
            """
            SELECT source || ':' || source_key AS record, concat_ws(' ', first_name, last_name),
                   coalesce(CAST(birth_on AS VARCHAR), ''), coalesce(email, phone, '')
            FROM known WHERE list_contains($records, source || ':' || source_key) ORDER BY source, source_key
            """,
            params={"records": list(records)},
        ).fetchall()
