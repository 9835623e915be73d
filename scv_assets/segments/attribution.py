"""What each contact before an order has to do with it: five models, each of which shares out the whole of the order.

first, last: all to the first (last) contact. linear: the same to each. position: 40 % to the first, 40 % to the last,
the rest to those between (halves where there are two). data_driven: by the removal effect of the contact's channel and
campaign (`removal_effect`). An order before which there was no contact is its own: position 0, all of it.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import ATTRIBUTION, duckdb_schema
from scv_assets.segments.policy import SegmentPolicy
from scv_assets.segments.removal_effect import removal_effects
from scv_assets.segments.touches import NONE, credited_orders, journeys, touches
from scv_assets.working_tables import keep

#: model -> SQL of a contact's share, over `journeys` with the `effect` of its kind
MODELS: dict[str, str] = {
    "first": "(position = 1)::DOUBLE",
    "last": "(position = contacts)::DOUBLE",
    "linear": "1 / contacts",
    "position": """CASE WHEN contacts = 1 THEN 1.0 WHEN contacts = 2 THEN 0.5
        WHEN position IN (1, contacts) THEN 0.4 ELSE 0.2 / (contacts - 2) END""",
    "data_driven": """coalesce(effect / nullif(sum(effect) OVER (
        PARTITION BY source, order_id ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 0),
        1 / contacts)""",
}


def attribution(
    con: Connection, *, orders: Relation, visits: Relation, messages: Relation, policy: SegmentPolicy
) -> Relation:
    """Return the credit of every order that counts, by model; sorted by key, as published.

    In: the published interactions, each under today's customer, so that a merge or a split restates it. Contacts
    without a share have no row; an order has one row or more in every model, whose shares add up to 1 and whose cents
    to its amount.
    """
    placed = keep(con, credited_orders(con, orders, policy))
    walks = keep(con, journeys(con, placed, touches(con, visits, messages), policy.lookback_days))
    effects = removal_effects(con, walks)
    shared = keep(
        con,
        con.sql(
            f"SELECT *, {_shares()} FROM walks LEFT JOIN effects USING (channel, campaign) WHERE order_id NOT NULL"
        ),
    )
    by_model = " UNION ALL ".join(_credits(model) for model in MODELS)
    columns = ", ".join(f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in duckdb_schema(ATTRIBUTION).items())
    return con.sql(
        f"SELECT {columns} FROM ({by_model} UNION ALL {_alone()}) ORDER BY model, source, order_id, position"
    )


def _shares() -> str:
    return ", ".join(f"{share} AS {model}_share" for model, share in MODELS.items())


def _credits(model: str) -> str:
    """Return the SQL of one model's rows: cents are what the rounded running total grows by, so none is lost."""
    running = f"CASE WHEN position = contacts THEN 1.0 ELSE sum({model}_share) OVER story END"
    return f"""
        SELECT * EXCLUDE (until, gross), (until - coalesce(lag(until) OVER journey, 0))::BIGINT AS credit_cents
        FROM (
            SELECT '{model}' AS model, shared.source, shared.order_id, position, shared.customer_id, shared.ordered_at,
                touch_kind, touch_source, touch_key, touched_at, channel, campaign, {model}_share AS share,
                placed.amount_cents AS gross, round(placed.amount_cents * {running}) AS until
            FROM shared JOIN placed ON placed.source = shared.source AND placed.order_id = shared.order_id
            WINDOW story AS (PARTITION BY shared.source, shared.order_id ORDER BY position)
        )
        WINDOW journey AS (PARTITION BY source, order_id ORDER BY position)
        QUALIFY share > 0
    """


def _alone() -> str:
    names = ", ".join(f"('{model}')" for model in MODELS)
    return f"""
        SELECT model, source, order_id, 0, customer_id, ordered_at, NULL, NULL, NULL, NULL, '{NONE}', '{NONE}', 1.0,
            amount_cents
        FROM placed ANTI JOIN shared USING (source, order_id) CROSS JOIN (VALUES {names}) AS models(model)
    """


def unbalanced(con: Connection, *, attributed: Relation, orders: Relation, policy: SegmentPolicy) -> Relation:
    """Return the orders that a model does not share out whole; no row where all is well.

    One row a (model, source, order_id) whose shares do not add up to 1 or whose cents do not to the order's amount, and
    one (model null) for an order that some model does not have.
    """
    placed = credited_orders(con, orders, policy)
    return con.sql(
        f"""
        SELECT model, source, order_id FROM attributed LEFT JOIN placed USING (source, order_id)
        GROUP BY model, source, order_id, amount_cents
        HAVING abs(sum(share) - 1) > 1e-6 OR sum(credit_cents) IS DISTINCT FROM amount_cents
        UNION ALL
        SELECT NULL, source, order_id FROM placed LEFT JOIN attributed USING (source, order_id)
        GROUP BY source, order_id HAVING count(DISTINCT model) <> {len(MODELS)}
        ORDER BY ALL
        """
    )
