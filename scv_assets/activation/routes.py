"""The channel of a message: the first of the campaign's that reaches the customer, with what was passed over."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.material import Material
from scv_assets.activation.policy import ADDRESSES
from scv_assets.activation.reach import reach
from scv_assets.activation.reasons import rank
from scv_assets.golden.validity import KIND_OF_CHANNEL
from scv_assets.sql_quoting import literal
from scv_assets.working_tables import keep


def routes(con: Connection, material: Material, asked: Relation) -> Relation:
    """Return where each message would go; one row an ask_id.

    `channel`, `destination`, `address`, and the person record (`source`, `source_key`) that the address is of: where a
    steward set it, or no source is known for it, the customer's first record. `routing`: JSON. Where no channel
    reaches the customer: `reason` of the one that came furthest, with all of them as `evidence`.
    """
    tried = keep(con, _tried(con, material, asked))
    reached = keep(con, reach(con, material.view, tried))
    return con.sql(
        f"""
        WITH looked AS (
          SELECT tried.*, reached.reason, reached.evidence
          FROM (SELECT ask_id AS way, * EXCLUDE (ask_id) FROM tried) AS tried
          JOIN reached ON reached.ask_id = tried.way
        ), placed AS (
          SELECT *, min(place) FILTER (reason IS NULL) OVER (PARTITION BY message) AS chosen_place FROM looked
        ), chosen AS (
          SELECT message, max(chosen_place) AS place, max_by(reason, {rank("reason")}) AS reason,
                 to_json(list({{'reason': reason, 'shown_by': evidence::JSON}} ORDER BY place)
                           FILTER (place < coalesce(chosen_place, place + 1)))::VARCHAR AS evidence
          FROM placed GROUP BY message
        )
        SELECT chosen.message AS ask_id, looked.channel, looked.destination, looked.address, looked.source,
               looked.source_key, CASE WHEN chosen.place IS NULL THEN chosen.reason END AS reason, chosen.evidence,
               to_json({{'consent': looked.evidence->>'consent', 'passed_over': chosen.evidence::JSON}})::VARCHAR
                 AS routing
        FROM chosen LEFT JOIN looked ON looked.message = chosen.message AND looked.place = chosen.place
        """
    )


def _tried(con: Connection, material: Material, asked: Relation) -> Relation:
    """Lay out every channel of every message with its address: the primary one, from the record that it survived of."""
    rows = [
        f"({literal(campaign.name)}, {place}, {literal(route.channel)}, {literal(route.destination)})"
        for campaign in material.view.policy.campaigns
        for place, route in enumerate(campaign.routes)
    ]
    values = ", ".join(rows or ["('', 0, '', '')"])
    ways = con.sql(f"SELECT * FROM (VALUES {values}) w(campaign, place, channel, destination)")
    kinds = " ".join(f"WHEN '{channel}' THEN '{kind}'" for channel, kind in KIND_OF_CHANNEL.items())
    fields = " ".join(f"WHEN '{channel}' THEN '{field}'" for channel, field in ADDRESSES.items())
    points, provenance, crosswalk = material.view.contact_points, material.provenance, material.view.crosswalk
    return con.sql(
        f"""
        WITH mine AS (SELECT DISTINCT customer_id FROM asked),
        primary_point AS (
          SELECT customer_id, kind, min(value) AS value FROM points SEMI JOIN mine USING (customer_id)
          WHERE is_primary GROUP BY ALL
        ), records AS (
          SELECT customer_id, source, source_key FROM crosswalk SEMI JOIN mine USING (customer_id)
        ), firsts AS (
          SELECT customer_id, min({{'source': source, 'source_key': source_key}}) AS record
          FROM records GROUP BY customer_id
        ), fields AS (
          SELECT provenance.customer_id, field, records.source, records.source_key
          FROM provenance JOIN records USING (customer_id, source, source_key)
        )
        SELECT asked.ask_id || '/' || ways.place AS ask_id, asked.ask_id AS message, asked.customer_id, asked.purpose,
               asked.asked_at, ways.place, ways.channel, ways.destination, primary_point.value AS address,
               coalesce(fields.source, firsts.record.source) AS source,
               coalesce(fields.source_key, firsts.record.source_key) AS source_key
        FROM asked JOIN ways USING (campaign)
        LEFT JOIN primary_point ON primary_point.customer_id = asked.customer_id
          AND primary_point.kind = CASE ways.channel {kinds} END
        LEFT JOIN fields ON fields.customer_id = asked.customer_id AND fields.field = CASE ways.channel {fields} END
        LEFT JOIN firsts ON firsts.customer_id = asked.customer_id
        """
    )
