"""What speaks against a candidate at an instant, whatever was sent before: audience, complaints, purchases, channels.

Each candidate comes out with the first reason that holds, or with the channel that reaches the customer and the items
that are left to speak of.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.audience import outside
from scv_assets.activation.draw import drawn
from scv_assets.activation.material import Material
from scv_assets.activation.purchases import purchases
from scv_assets.activation.reasons import BOUGHT, HELD_OUT, OPEN_COMPLAINT, RETURNED, rank
from scv_assets.activation.routes import routes
from scv_assets.activation.rules import rules
from scv_assets.activation.standing import left_the_segment, open_complaints
from scv_assets.working_tables import keep


def screened(con: Connection, material: Material, candidates: Relation, *, is_reconciled: bool = True) -> Relation:
    """Return every candidate with what it comes to; one row an ask_id, kept in the connection.

    `candidates`: see `triggers.candidates`. Added: `ask_id`, `occurrence` (what the message is the same by), the
    campaign's limits (`rules`), `reason` and `evidence` of a refusal (null: none so far), `left_out` (list of items,
    each with reason and evidence), `items` less these; of the channel: `channel`, `destination`, `address`, `source`,
    `source_key`, `routing` (JSON: consent, and the channels passed over). Not `is_reconciled`: facts of another source
    than the one that knows of the trigger are not looked at.
    """
    view = material.view
    asked = keep(con, _asked(con, material, candidates, is_reconciled=is_reconciled))
    complaining = asked.filter(f"list_contains(suppressions, '{OPEN_COMPLAINT}')")
    items = keep(con, purchases(con, view, _items(con, asked)))
    ways = keep(con, routes(con, material, asked))
    against = (
        outside(con, material, asked)
        .union(left_the_segment(con, view, asked))
        .union(open_complaints(con, view, complaining))
        .union(_nothing_left(con, asked, items))
        .union(ways.filter("reason IS NOT NULL").project("ask_id, reason, evidence"))
        .union(drawn(con, asked).filter("is_held_out").project(f"ask_id, '{HELD_OUT}' AS reason, evidence"))
    )
    return keep(
        con,
        con.sql(
            f"""
            WITH first_against AS (
              FROM against
              QUALIFY row_number() OVER (PARTITION BY ask_id ORDER BY {rank("reason")}, evidence) = 1
            ), out AS (
              SELECT ask_id, list({{'product': product_id, 'reason': reason, 'evidence': evidence}}
                                  ORDER BY product_id) AS left_out
              FROM items WHERE product_id IS NOT NULL GROUP BY ask_id
            )
            SELECT asked.* REPLACE (CASE WHEN out.left_out IS NULL THEN asked.items
                       ELSE list_filter(asked.items, lambda item:
                              NOT list_contains(list_transform(out.left_out, lambda one: one.product), item))
                       END AS items),
                   first_against.reason, first_against.evidence, out.left_out,
                   ways.channel, ways.destination, ways.address, ways.source, ways.source_key, ways.routing
            FROM asked LEFT JOIN first_against USING (ask_id) LEFT JOIN out USING (ask_id)
            LEFT JOIN ways USING (ask_id)
            """
        ),
    )


def _asked(con: Connection, material: Material, candidates: Relation, *, is_reconciled: bool) -> Relation:
    limits = rules(con, material.view.policy)
    knows = "NULL::VARCHAR" if is_reconciled else "coalesce(candidates.knows, '')"
    return con.sql(
        f"""
        SELECT candidates.* REPLACE ({knows} AS knows),
               concat_ws('/', campaign, customer_id, trigger_key, asked_at) AS ask_id,
               CASE limits.once WHEN 'ever' THEN 'ever' ELSE trigger_key END AS occurrence,
               limits.* EXCLUDE (campaign)
        FROM candidates JOIN limits USING (campaign)
        """
    )


def _items(con: Connection, asked: Relation) -> Relation:
    looks_at = f"list_filter(suppressions, lambda word: word IN ('{BOUGHT}', '{RETURNED}'))"
    return con.sql(
        f"""
        SELECT ask_id, customer_id, unnest(coalesce(items, [NULL::VARCHAR])) AS product_id, since, asked_at, knows,
               {looks_at} AS looks_at
        FROM asked WHERE len({looks_at}) > 0
        """
    )


def _nothing_left(con: Connection, asked: Relation, items: Relation) -> Relation:
    """Return whose every item speaks against it (where there are no items: what was bought or returned at all)."""
    return con.sql(
        f"""
        SELECT ask_id, CASE WHEN bool_and(items.reason = '{RETURNED}') THEN '{RETURNED}' ELSE '{BOUGHT}' END AS reason,
               to_json(list({{'product': product_id, 'reason': items.reason, 'orders': items.evidence->'orders'}}
                            ORDER BY product_id))::VARCHAR AS evidence
        FROM items JOIN asked USING (ask_id) GROUP BY ask_id, asked.items
        HAVING count(*) >= len(coalesce(asked.items, [NULL]))
        """
    )
