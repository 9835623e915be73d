"""Who is not of a campaign's audience at an instant: its condition over the traits at the end of the day before it."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.material import Material
from scv_assets.activation.reasons import OUT_OF_AUDIENCE
from scv_assets.segments.business_days import business_day
from scv_assets.segments.conditions import ALWAYS, traits_of
from scv_assets.segments.states import TraitNeeds, states
from scv_assets.sql_quoting import literal
from scv_assets.working_tables import keep


def outside(con: Connection, material: Material, asked: Relation) -> Relation:
    """Return who is outside: ask_id, reason, evidence (the condition).

    `asked`: ask_id, campaign, customer_id, asked_at. Traits are computed of the customers that are asked about alone,
    unless a condition speaks of a place among all buyers.
    """
    nobody = con.sql("SELECT '' AS ask_id, '' AS reason, '' AS evidence LIMIT 0")
    campaigns = [c for c in material.view.policy.campaigns if c.audience != ALWAYS]
    day = business_day("asked_at - INTERVAL 1 SECOND", material.view.time_zone)
    wanted = keep(con, con.sql(f"SELECT ask_id, campaign, customer_id, {day} AS on_day FROM asked"))
    first_on, last_on = con.sql("SELECT min(on_day), max(on_day) FROM wanted").fetchall()[0]
    if not campaigns or first_on is None:
        return nobody
    conditions = [campaign.audience for campaign in campaigns]
    numbers = sorted({pair for condition in conditions for pair in condition.numbers})
    needs = TraitNeeds(tuple(traits_of(conditions)), tuple(numbers))
    activity = material.activity
    if not needs.tiles:
        activity = con.sql("FROM activity SEMI JOIN wanted USING (customer_id)")
    over_time = keep(con, states(con, keep(con, activity), needs, first_on, last_on))
    holds = " OR ".join(f"(campaign = {literal(c.name)} AND {c.audience.sql})" for c in campaigns)
    said = " ".join(f"WHEN {literal(c.name)} THEN {literal(c.audience.text)}" for c in campaigns)
    return con.sql(
        f"""
        WITH inside AS (
          SELECT ask_id FROM wanted JOIN over_time ON over_time.customer_id = wanted.customer_id
            AND over_time.from_on <= on_day AND (over_time.to_on IS NULL OR over_time.to_on > on_day)
          WHERE {holds}
        )
        SELECT ask_id, '{OUT_OF_AUDIENCE}' AS reason,
               to_json({{'audience': CASE campaign {said} END}})::VARCHAR AS evidence
        FROM wanted ANTI JOIN inside USING (ask_id)
        WHERE campaign IN ({", ".join(literal(c.name) for c in campaigns)})
        """
    )
