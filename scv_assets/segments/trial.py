"""What other segments would change, computed beside what is published: nothing is published by it.

The text that is tried runs over the lake's facts as the company's own does, with the store's history as the state
before; compared is who is in which segment at the end of the last day. For `scv segments try`.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.scratch_lake import ScratchLake
from resources.store.tables import OVERLAPPING_MEMBERSHIP, SEGMENT_MEMBERSHIP, duckdb_schema
from scv_assets import stages
from scv_assets.errors import ConfigError, NotFound
from scv_assets.home import Home
from scv_assets.segments.definitions import refuse_silent_changes
from scv_assets.segments.policy import Segmentation, SegmentPolicy, load_policy
from scv_assets.segments.run import POLICY, segment
from scv_assets.sql_quoting import literal
from scv_assets.yaml_document import YamlDocument

#: where somebody is who is in no segment of an overlapping segmentation, or of one that only one of both texts has
NOWHERE = "(none)"


@dataclass(frozen=True)
class Move:
    """A customer who would be somewhere else; of an overlapping segmentation one side is `NOWHERE`."""

    customer_id: str
    from_segment: str
    to_segment: str


@dataclass(frozen=True)
class SegmentationTrial:
    """One segmentation. Versions are null on the side that does not have it.

    `before`, `after`: segment -> customers; `moves`: `from -> to` -> customers; `restated`: customers of whom some day,
    today or earlier, would be told otherwise; `sample`: some who would move, the same on every call.
    """

    segmentation: str
    kind: str
    version_before: str | None
    version_after: str | None
    before: dict[str, int]
    after: dict[str, int]
    moves: dict[str, int]
    restated: int
    sample: tuple[Move, ...]


@dataclass(frozen=True)
class SegmentsTrial:
    """All segmentations of either text, by name; `as_of_on`: the day that is compared.

    `refusals`: why the text would be refused as it is (a changed rule under a published version).
    """

    as_of_on: date
    segmentations: tuple[SegmentationTrial, ...]
    refusals: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """True where nobody's history changes."""
        return not any(one.restated for one in self.segmentations)

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain values: ids and counts, no personal data."""
        return {**asdict(self), "as_of_on": self.as_of_on.isoformat()}


def try_segments(home: Home, store: sa.Engine, document: YamlDocument, *, now: datetime, sample: int) -> SegmentsTrial:
    """Compare other segments with the company's.

    Raises `NotFound` where nothing was ever computed, `ConfigError` where the text is wrong.
    """
    lake = home.lake()
    if lake.part(stages.published_path("crosswalk")) is None:
        raise NotFound("nothing is computed yet, so there is nobody to move: scv run")
    policies = load_policy(home.document(POLICY)), load_policy(document)
    lakes = ScratchLake(lake), ScratchLake(lake)
    as_of_on = segment(home, lakes[0], store, now=now, may_change_silently=True).as_of_on
    segment(home.beside(POLICY, document, lakes[1]), lakes[1], store, now=now, may_change_silently=True)
    with lakes[1].connect() as con:
        stays = _stays(con, lakes[0]), _stays(con, lakes[1])
        names = sorted({one.name for policy in policies for one in policy.every})
        found = tuple(_compared(con, name, policies, stays, sample) for name in names)
    return SegmentsTrial(as_of_on, found, _refusals(document, policies[1], store))


def _refusals(document: YamlDocument, policy: SegmentPolicy, store: sa.Engine) -> tuple[str, ...]:
    try:
        refuse_silent_changes(document, policy, store)
    except ConfigError as error:
        return (str(error),)
    return ()


def _stays(con: Connection, lake: Lake) -> Relation:
    """Return what is known of all segmentations: segmentation, customer_id, segment, valid_from, valid_to."""
    exclusive = lake.scan(con, stages.published_path(SEGMENT_MEMBERSHIP.name), duckdb_schema(SEGMENT_MEMBERSHIP))
    several = lake.scan(con, stages.published_path(OVERLAPPING_MEMBERSHIP.name), duckdb_schema(OVERLAPPING_MEMBERSHIP))
    columns = "segmentation, customer_id, segment, valid_from, valid_to"
    return con.sql(f"""
        SELECT {columns} FROM exclusive WHERE superseded_at IS NULL
        UNION ALL SELECT {columns} FROM several WHERE superseded_at IS NULL
    """)


def _compared(
    con: Connection,
    name: str,
    policies: tuple[SegmentPolicy, SegmentPolicy],
    stays: tuple[Relation, Relation],
    size: int,
) -> SegmentationTrial:
    was, will = (policy.segmentation(name) for policy in policies)
    olds, news = (one.filter(f"segmentation = {literal(name)}") for one in stays)
    now_in, then_in = (one.filter("valid_to IS NULL").project("customer_id, segment") for one in (olds, news))
    is_overlapping = any(one is not None and one.is_overlapping for one in (was, will))
    key = "USING (customer_id, segment)" if is_overlapping else "USING (customer_id)"
    moved = con.sql(f"""
        SELECT coalesce(o.customer_id, n.customer_id) AS customer_id, coalesce(o.segment, '{NOWHERE}') AS from_segment,
            coalesce(n.segment, '{NOWHERE}') AS to_segment
        FROM now_in AS o FULL JOIN then_in AS n {key} WHERE o.segment IS DISTINCT FROM n.segment
    """)
    restated = con.sql("""
        SELECT DISTINCT customer_id FROM (
            (FROM olds EXCEPT FROM news) UNION ALL (FROM news EXCEPT FROM olds)
        )
    """)
    return SegmentationTrial(
        name,
        "overlapping" if is_overlapping else "exclusive",
        _version(was),
        _version(will),
        _counted(now_in),
        _counted(then_in),
        _counted(con.sql("SELECT from_segment || ' -> ' || to_segment AS segment FROM moved")),
        len(restated),
        _sample(con, moved, size),
    )


def _version(segmentation: Segmentation | None) -> str | None:
    return segmentation.version if segmentation else None


def _counted(rows: Relation) -> dict[str, int]:
    counts = rows.aggregate("segment, count(*) AS customers").order("customers DESC, segment").fetchall()
    return {str(segment_): int(customers) for segment_, customers in counts}


def _sample(con: Connection, moved: Relation, size: int) -> tuple[Move, ...]:
    """Return some of those who move, of every move in turn; an id is a hash, so its order is none of theirs."""
    rows = con.sql(
        """
        SELECT customer_id, from_segment, to_segment FROM moved
        ORDER BY row_number() OVER (PARTITION BY from_segment, to_segment ORDER BY customer_id), from_segment,
            to_segment, customer_id
        LIMIT $size
        """,
        params={"size": size},
    ).fetchall()
    return tuple(Move(*row) for row in rows)
