"""Survivorship: from a customer's records to one value a field, with the losing values kept beside it.

Pure set-based work over relations, one unit of the policy at a time so that memory stays bounded. What the rules mean
is in `ranking`, who may speak for a customer in `members`, what a steward said in `overrides`.
"""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import GOLDEN_FIELDS
from scv_assets.golden.intermediate import keep
from scv_assets.golden.members import members
from scv_assets.golden.overrides import in_force
from scv_assets.golden.policy import ONLY_VALUE, STEWARDS_OVERRIDE, SurvivorshipPolicy
from scv_assets.golden.ranking import rank
from scv_assets.golden.unusable import placeholders
from scv_assets.sql_quoting import literal

#: `field_provenance.source` of a value that a steward set; source_key is then the steward.
STEWARD = "steward"


@dataclass(frozen=True)
class Survivors:
    """`fields`: customer_id and the golden fields. `provenance`: the rows of field_provenance. Both sorted by key."""

    fields: Relation
    provenance: Relation


def survive(
    con: Connection,
    *,
    records: Relation,
    crosswalk: Relation,
    trust: Relation,
    overrides: Relation,
    policy: SurvivorshipPolicy,
) -> Survivors:
    """Choose each customer's golden values from records alone (no address is known to have bounced).

    In: `records` as source_record, `crosswalk` (source, source_key, customer_id), `trust` (source, trust),
    `overrides` (customer_id, field, value, decided_by, decided_at).
    """
    unusable = placeholders(con, records=records)
    speaking = members(con, records=records, crosswalk=crosswalk, trust=trust, unusable=unusable)
    return survivors(con, speaking=keep(con, speaking), overrides=overrides, policy=policy)


def survivors(con: Connection, *, speaking: Relation, overrides: Relation, policy: SurvivorshipPolicy) -> Survivors:
    """Choose each customer's golden values from the records that speak for the customer (see `members`).

    A customer with no value at all has a row in `fields` (all null) and none in `provenance`; one for whom no record
    speaks has neither.
    Raises `ConfigError` where an override cannot apply (see `overrides.in_force`).
    """
    customers = con.sql("SELECT DISTINCT customer_id FROM speaking")
    ruling = keep(con, in_force(con, overrides=overrides, customers=customers, policy=policy))
    provenance: list[Relation] = []
    chosen: dict[str, Relation] = {}
    for unit in policy.units:
        ranked = keep(con, rank(con, speaking, unit))
        for field in unit.fields:
            winners = _winners(con, ranked, ruling, field)
            chosen[field] = winners
            provenance.append(_provenance(con, ranked, winners, field))
    return Survivors(_fields(con, customers, chosen), _sorted_union(con, provenance))


def _winners(con: Connection, ranked: Relation, ruling: Relation, field: str) -> Relation:
    """One row a customer whose field is decided; place 0 is a steward's word. The value may be null."""
    return con.sql(f"""
        WITH said AS (SELECT * FROM ruling WHERE field = {literal(field)})
        SELECT customer_id, 0 AS place, value, {literal(STEWARD)} AS source, decided_by AS source_key,
            decided_at AS observed_at
        FROM said
        UNION ALL
        SELECT customer_id, place, {field}::VARCHAR AS value, source, source_key, updated_at AS observed_at
        FROM ranked ANTI JOIN said USING (customer_id)
        WHERE place = 1
    """)


def _provenance(con: Connection, ranked: Relation, winners: Relation, field: str) -> Relation:
    return con.sql(f"""
        WITH rival AS (
            SELECT ranked.customer_id, {field}::VARCHAR AS value, min(ranked.place) AS place,
                arg_min(ranked.source, ranked.place) AS source, arg_min(ranked.source_key, ranked.place) AS source_key,
                arg_min_null(updated_at, ranked.place) AS updated_at, arg_min(lost_by, ranked.place) AS lost_by
            FROM ranked JOIN winners AS winner
                ON winner.customer_id = ranked.customer_id AND ranked.place > winner.place
            WHERE {field} IS NOT NULL AND {field}::VARCHAR IS DISTINCT FROM winner.value
            GROUP BY ALL
        ), losing AS (
            SELECT customer_id, arg_min(lost_by, place) AS lost_by,
                to_json(list({{'value': value, 'source': source, 'source_key': source_key,
                    'observed_at': strftime(updated_at, '%Y-%m-%dT%H:%M:%S')}} ORDER BY place))::VARCHAR AS candidates
            FROM rival GROUP BY customer_id
        )
        SELECT customer_id, {literal(field)} AS field, value, source, source_key,
            CASE WHEN place = 0 THEN {literal(STEWARDS_OVERRIDE)}
                 ELSE coalesce(lost_by, {literal(ONLY_VALUE)}) END AS rule,
            observed_at, coalesce(candidates, '[]') AS candidates
        FROM winners LEFT JOIN losing USING (customer_id)
        WHERE value IS NOT NULL OR place = 0 OR candidates IS NOT NULL
    """)


def _fields(con: Connection, customers: Relation, chosen: dict[str, Relation]) -> Relation:
    joined = customers.set_alias("customer")
    for field in GOLDEN_FIELDS:
        cast = "value::DATE" if field == "birth_on" else "value"
        values = chosen[field].project(f"customer_id, {cast} AS {field}").set_alias(f"of_{field}")
        joined = joined.join(values, "customer_id", how="left").set_alias("customer")
    return joined.order("customer_id")


def _sorted_union(con: Connection, provenance: list[Relation]) -> Relation:
    together = provenance[0]
    for relation in provenance[1:]:
        together = together.union(relation)
    return together.order("customer_id, field")
