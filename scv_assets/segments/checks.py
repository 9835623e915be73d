"""What must hold of segments: everyone is in exactly one of each segmentation, every day."""

import dagster as dg
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import GOLDEN_PROFILE, SEGMENT_MEMBERSHIP, duckdb_schema
from scv_assets import stages
from scv_assets.claims import claim
from scv_assets.segments.invariants import overlaps_or_gaps


def segment_checks() -> list[dg.AssetChecksDefinition]:
    """Return the checks of the segments stage."""
    return [
        claim(
            ("segments", "segment_membership"),
            "everyone_in_exactly_one_segment",
            "Every customer is in exactly one segment of each segmentation, every day since it was first seen",
            _faults,
            is_blocking=True,
        ),
        claim(
            ("segments", "golden_profile"),
            "every_profile_has_its_segment",
            "No golden profile without a lifecycle segment",
            lambda con, lake: lake.scan(
                con, stages.published_path("golden_profile"), duckdb_schema(GOLDEN_PROFILE)
            ).filter("lifecycle_segment IS NULL"),
            is_blocking=True,
        ),
    ]


def _faults(con: Connection, lake: Lake) -> Relation:
    membership = lake.scan(con, stages.published_path("segment_membership"), duckdb_schema(SEGMENT_MEMBERSHIP))
    return overlaps_or_gaps(con, membership)
