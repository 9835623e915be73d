"""Who gives occasion for a message, and when: the candidates, before anything speaks against them.

A candidate is due once its delay is over and stays so for `valid_for`; only what can be due at one of the instants is
looked at. A move counts where the row of the history that began it was recorded as a `move`: what was learnt later of
the past gives no occasion.
"""

from collections.abc import Sequence
from datetime import datetime

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.local_time import end_of, literal, start_of
from scv_assets.activation.material import Material
from scv_assets.activation.policy import AbandonedCart, Anniversary, Campaign, Dormancy, Transition
from scv_assets.interactions.carts import products_in_carts
from scv_assets.segments.business_days import business_day
from scv_assets.segments.catalogue import TRAITS
from scv_assets.sql_quoting import literals
from scv_assets.working_tables import keep

#: Statuses of a cart that was left; of the last all was bought elsewhere since, which the suppression tells.
_LEFT = "('open', 'abandoned', 'coherently_closed')"


def candidates(con: Connection, material: Material, instants: Sequence[datetime]) -> Relation:
    """Return what is due at the instants (UTC); one row a (campaign, customer_id, trigger_key, asked_at).

    `trigger_key`: the day of the move or the date, or the cart. `since`: from when on purchases count against it.
    `items`: article numbers in the cart, null where the trigger is no cart. `trigger`: JSON. `due_at`, `expires_at`.
    `knows`: the source that knows of the trigger, null where it takes more than one.
    """
    found = _nothing(con)
    for campaign in material.view.policy.campaigns:
        found = found.union(_of_campaign(con, material, campaign, instants))
    asked = con.sql("SELECT unnest($instants)::TIMESTAMP AS asked_at", params={"instants": list(instants)})
    return con.sql(
        """
        SELECT found.*, asked.asked_at
        FROM found JOIN asked ON found.due_at <= asked.asked_at AND asked.asked_at < found.expires_at
        """
    )


def _nothing(con: Connection) -> Relation:
    return con.sql(
        """
        SELECT '' AS campaign, '' AS customer_id, '' AS trigger_key, TIMESTAMP '2000-01-01' AS since,
               []::VARCHAR[] AS items, '' AS trigger, '' AS knows, TIMESTAMP '2000-01-01' AS due_at,
               TIMESTAMP '2000-01-01' AS expires_at LIMIT 0
        """
    )


def _of_campaign(con: Connection, material: Material, campaign: Campaign, instants: Sequence[datetime]) -> Relation:
    delay, valid = (int(span.total_seconds()) for span in (campaign.delay, campaign.valid_for))
    first = f"({literal(min(instants))} - to_seconds({delay + valid}))"
    last = f"({literal(max(instants))} - to_seconds({delay}))"
    trigger = campaign.trigger
    if isinstance(trigger, Transition):
        found = _moves(con, material, trigger, first, last)
    elif isinstance(trigger, AbandonedCart):
        found = _carts(con, material, trigger, first, last)
    elif isinstance(trigger, Anniversary):
        found = _anniversaries(con, material, trigger, first, last)
    else:
        found = _dormant(con, material, trigger, first, last)
    return con.sql(
        f"""
        SELECT '{campaign.name}' AS campaign, customer_id, trigger_key, triggered_at AS since, items, trigger, knows,
               triggered_at + to_seconds({delay}) AS due_at, triggered_at + to_seconds({delay + valid}) AS expires_at
        FROM found WHERE triggered_at > {first} AND triggered_at <= {last}
        """
    )


def _moves(con: Connection, material: Material, trigger: Transition, first: str, last: str) -> Relation:
    """Return the moves that the trigger names; a move is known once its day is over."""
    membership, transitions = material.view.membership, material.transitions
    zone = material.view.time_zone
    came_from = f"AND transitions.from_segment IN {literals(trigger.from_segments)}" if trigger.from_segments else ""
    return con.sql(
        f"""
        SELECT membership.customer_id, membership.valid_from::VARCHAR AS trigger_key,
               {end_of("membership.valid_from", zone)} AS triggered_at, NULL::VARCHAR[] AS items,
               to_json({{'kind': 'transition', 'segmentation': membership.segmentation,
                         'from': transitions.from_segment, 'to': membership.segment, 'moved_on': membership.valid_from,
                         'factor': transitions.factor, 'channel': transitions.channel}})::VARCHAR AS trigger,
               NULL::VARCHAR AS knows
        FROM membership JOIN transitions ON transitions.customer_id = membership.customer_id
          AND transitions.segmentation = membership.segmentation AND transitions.moved_on = membership.valid_from
        WHERE membership.superseded_at IS NULL AND membership.cause = 'move'
          AND membership.segmentation = '{trigger.segmentation}'
          AND membership.valid_from BETWEEN CAST({first} AS DATE) - 2 AND CAST({last} AS DATE) + 1
          AND membership.segment IN {literals(trigger.to_segments)} {came_from}
        """
    )


def _carts(con: Connection, material: Material, trigger: AbandonedCart, first: str, last: str) -> Relation:
    sources = f"AND source IN {literals(trigger.sources)}" if trigger.sources else ""
    every = material.carts
    carts = keep(
        con,
        con.sql(
            f"""
            FROM every WHERE customer_id IS NOT NULL AND status IN {_LEFT}
              AND last_touched_at > {first} AND last_touched_at <= {last} {sources}
            """
        ),
    )
    products = products_in_carts(con, carts)
    return con.sql(
        """
        SELECT carts.customer_id, carts.source || '/' || carts.cart_id AS trigger_key,
               carts.last_touched_at AS triggered_at, list(products.product_id ORDER BY products.product_id) AS items,
               to_json({'kind': 'abandoned_cart', 'cart': carts.source || '/' || carts.cart_id,
                        'left_at': carts.last_touched_at})::VARCHAR AS trigger,
               carts.source AS knows
        FROM carts JOIN products USING (source, cart_id) GROUP BY ALL
        """
    )


def _anniversaries(con: Connection, material: Material, trigger: Anniversary, first: str, last: str) -> Relation:
    profiles, zone = material.profiles, material.view.time_zone
    of = "birth_on" if trigger.field == "birth_on" else business_day("created_at", zone)
    return con.sql(
        f"""
        WITH days AS (
          SELECT unnest(generate_series(CAST({first} AS DATE) - 1, CAST({last} AS DATE) + 1, INTERVAL 1 DAY))::DATE
                 + {trigger.days_before} AS comes_on
        ), dated AS (
          SELECT customer_id, {of} AS began_on FROM profiles WHERE is_deleted IS NOT true
        )
        SELECT customer_id, comes_on::VARCHAR AS trigger_key,
               {start_of(f"(comes_on - {trigger.days_before})", zone)} AS triggered_at, NULL::VARCHAR[] AS items,
               to_json({{'kind': 'date', 'field': '{trigger.field}', 'comes_on': comes_on}})::VARCHAR AS trigger,
               NULL::VARCHAR AS knows
        FROM dated JOIN days ON began_on < comes_on AND month(comes_on) = month(began_on)
          AND day(comes_on) = least(day(began_on), day(last_day(comes_on)))
        """
    )


def _dormant(con: Connection, material: Material, trigger: Dormancy, first: str, last: str) -> Relation:
    activity, zone = material.activity, material.view.time_zone
    doing = literals(TRAITS["dormant_days"].made_by)
    return con.sql(
        f"""
        WITH doings AS (
          SELECT customer_id, happened_on,
                 lead(happened_on) OVER (PARTITION BY customer_id ORDER BY happened_on) AS next
          FROM (SELECT DISTINCT customer_id, happened_on FROM activity
                WHERE kind IN {doing} AND happened_on >= CAST({first} AS DATE) - {trigger.days + 2})
        )
        SELECT customer_id, (happened_on + {trigger.days})::VARCHAR AS trigger_key,
               {end_of(f"(happened_on + {trigger.days})", zone)} AS triggered_at, NULL::VARCHAR[] AS items,
               to_json({{'kind': 'dormancy', 'days': {trigger.days}, 'last_seen_on': happened_on}})::VARCHAR AS trigger,
               NULL::VARCHAR AS knows
        FROM doings WHERE (next IS NULL OR next > happened_on + {trigger.days})
          AND happened_on + {trigger.days} <= CAST({last} AS DATE) + 1
        """
    )
