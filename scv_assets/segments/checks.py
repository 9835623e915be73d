"""What must hold of segments: everyone is in exactly one of each segmentation, every day."""

import dagster as dg
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import (
    ATTRIBUTION,
    CUSTOMER_ORDER,
    GOLDEN_PROFILE,
    OVERLAPPING_MEMBERSHIP,
    SEGMENT_DEFINITION,
    SEGMENT_MEMBERSHIP,
    duckdb_schema,
)
from scv_assets import stages
from scv_assets.claims import claim
from scv_assets.home import Home
from scv_assets.segments.attribution import unbalanced
from scv_assets.segments.invariants import overlaps_or_gaps, repeated_stays
from scv_assets.segments.policy import load_policy
from scv_assets.segments.run import POLICY


def segment_checks(home: Home) -> list[dg.AssetChecksDefinition]:
    """Return the checks of the segments stage."""

    def unshared(con: Connection, lake: Lake) -> Relation:
        attributed, orders = (
            lake.scan(con, stages.published_path(table.name), duckdb_schema(table))
            for table in (ATTRIBUTION, CUSTOMER_ORDER)
        )
        policy = load_policy(home.document(POLICY))
        return unbalanced(con, attributed=attributed, orders=orders, policy=policy)

    return [
        claim(
            ("segments", "segment_membership"),
            "everyone_in_exactly_one_segment",
            "Every customer is in exactly one segment of each segmentation, every day since it was first seen",
            _faults,
            is_blocking=True,
        ),
        claim(
            ("segments", "overlapping_membership"),
            "nobody_twice_in_a_segment",
            "Nobody is in the same overlapping segment twice on a day, nor in one that the glossary does not define",
            _repeated,
            is_blocking=True,
        ),
        claim(
            ("segments", "attribution"),
            "every_order_is_shared_out_whole",
            "In each model the shares of an order add up to 1 and its credits to its amount",
            unshared,
            is_blocking=True,
        ),
        claim(
            ("segments", "golden_profile"),
            "every_profile_has_its_segment",
            "No golden profile without a lifecycle segment, unless all its records are deleted",
            lambda con, lake: lake.scan(
                con, stages.published_path("golden_profile"), duckdb_schema(GOLDEN_PROFILE)
            ).filter("lifecycle_segment IS NULL AND is_deleted IS NOT true"),
            is_blocking=True,
        ),
    ]


def _faults(con: Connection, lake: Lake) -> Relation:
    membership = lake.scan(con, stages.published_path("segment_membership"), duckdb_schema(SEGMENT_MEMBERSHIP))
    return overlaps_or_gaps(con, membership)


def _repeated(con: Connection, lake: Lake) -> Relation:
    overlapping, definitions = (
        lake.scan(con, stages.published_path(table.name), duckdb_schema(table))
        for table in (OVERLAPPING_MEMBERSHIP, SEGMENT_DEFINITION)
    )
    return repeated_stays(con, overlapping, definitions)
