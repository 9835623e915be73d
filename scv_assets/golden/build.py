"""The golden stage in one call: profiles, their provenance, contact points and households.

In come the records, who they belong to, and what was decided about them; out come the rows of the published tables.
Segments come later (`lifecycle_segment` is null here).
"""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import GOLDEN_FIELDS
from scv_assets.golden import households as household_rules
from scv_assets.golden.contact_points import contact_points
from scv_assets.golden.contactability import contactability
from scv_assets.golden.intermediate import keep
from scv_assets.golden.members import members
from scv_assets.golden.policy import SurvivorshipPolicy
from scv_assets.golden.survivorship import survivors
from scv_assets.golden.unusable import bounced, placeholders


@dataclass(frozen=True)
class Golden:
    """The rows of golden_profile, field_provenance, contact_point and household, each sorted by its key."""

    profile: Relation
    provenance: Relation
    contact_points: Relation
    households: Relation


def build(
    con: Connection,
    *,
    records: Relation,
    crosswalk: Relation,
    trust: Relation,
    overrides: Relation,
    consent_state: Relation,
    message_events: Relation,
    policy: SurvivorshipPolicy,
    silence: Relation | None = None,
) -> Golden:
    """Make the golden tables. Every customer of the crosswalk who has a record has exactly one profile.

    Whose records are all deleted has an empty one (`is_deleted`): the id and the counts, and no way to be reached.

    In: `records` as source_record, `crosswalk`, `trust` (source, trust), `overrides` (see `overrides`; ids already
    redirected), `consent_state`, `message_events` (source, person_key, channel, kind, occurred_at), `silence`
    (channel, purpose, is_granted; see `contactability`).
    Raises `ConfigError` where an override cannot apply.
    """
    bounces = bounced(con, records=records, message_events=message_events)
    unusable = keep(con, bounces.union(placeholders(con, records=records)).distinct())
    speaking = keep(con, members(con, records=records, crosswalk=crosswalk, trust=trust, unusable=unusable))
    chosen = survivors(con, speaking=speaking, overrides=overrides, policy=policy)
    fields = keep(con, chosen.fields)
    points = keep(con, contact_points(con, speaking=speaking, fields=fields, unusable=unusable))
    living = household_rules.residents(con, fields=fields, contact_points=points, max_people=policy.max_people)
    together = keep(con, living)
    reach = contactability(con, contact_points=points, consent_state=consent_state, silence=silence)
    history = _history(con, records, crosswalk)
    return Golden(
        profile=_profiles(con, fields, together, history, reach),
        provenance=chosen.provenance,
        contact_points=points.order("customer_id, kind, value"),
        households=household_rules.households(con, together),
    )


def _history(con: Connection, records: Relation, crosswalk: Relation) -> Relation:
    """One row a customer over all of the customer's records, deleted ones too: they were seen all the same."""
    return con.sql("""
        SELECT customer_id, count(DISTINCT source) AS source_count, count(*) AS record_count,
            min(first_seen_at) AS created_at, max(updated_at) AS updated_at,
            bool_and(coalesce(is_deleted, false)) AS is_deleted
        FROM records JOIN crosswalk USING (source, source_key) GROUP BY customer_id
    """)


def _profiles(con: Connection, fields: Relation, together: Relation, history: Relation, reach: Relation) -> Relation:
    return con.sql(f"""
        SELECT customer_id, {", ".join(GOLDEN_FIELDS)}, household_id, NULL::VARCHAR AS lifecycle_segment,
            source_count, record_count, created_at, updated_at,
            coalesce(is_contactable_email, false) AS is_contactable_email,
            coalesce(is_contactable_phone, false) AS is_contactable_phone,
            coalesce(is_contactable_post, false) AS is_contactable_post, is_deleted
        FROM history
        LEFT JOIN fields USING (customer_id)
        LEFT JOIN together USING (customer_id)
        LEFT JOIN reach USING (customer_id)
        ORDER BY customer_id
    """)
