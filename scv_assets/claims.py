"""A claim about a dataset, as a Dagster asset check: a query that finds the rows for which it does not hold."""

from collections.abc import Callable

import dagster as dg
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from scv_assets.faults import translated

#: gives the rows that break the claim
Offenders = Callable[[Connection, Lake], Relation]


def claim(
    asset: tuple[str, str], name: str, description: str, offenders: Offenders, *, is_blocking: bool
) -> dg.AssetChecksDefinition:
    """Return a check that passes where nobody offends; a blocking one stops what depends on the asset.

    Its metadata counts the offenders and shows none of them: rows hold personal data.
    """

    @dg.asset_check(
        asset=dg.AssetKey(asset),
        name=name,
        description=description,
        blocking=is_blocking,
        required_resource_keys={"lake"},
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        lake: Lake = context.resources.lake
        with translated(), lake.connect() as con:
            count = len(offenders(con, lake).limit(1_000_000))
        severity = dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN
        return dg.AssetCheckResult(passed=count == 0, severity=severity, metadata={"offenders": count})

    return check
