"""What is computed of each customer as of a day: `customer_trait`.

The same definitions as the rules over time (`catalogue`, `states`), taken at the end of one day. RFM (recency,
frequency, monetary; Hughes 1994) puts every buyer in a fifth of the buyers by last order, number of orders and spend.
What buyers are expected to do next is in `forecast`.
"""

from datetime import date

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import CUSTOMER_TRAIT, duckdb_schema
from scv_assets.segments.business_days import day
from scv_assets.segments.catalogue import MEASURES
from scv_assets.segments.forecast import forecasts
from scv_assets.working_tables import keep

_USING = "('order', 'return', 'visit', 'message')"


def traits(con: Connection, activity: Relation, as_of_on: date) -> Relation:
    """Return the traits of every customer seen by the end of a day; one row a customer_id, sorted, as published.

    `activity`: see `activity.activity`; what happens after `as_of_on` is not looked at. `channels`: where the customer
    bought, came by or answered a message. Of channels used equally often, the first by name is preferred.
    """
    happened = con.sql(f"SELECT * FROM activity WHERE happened_on <= {day(as_of_on)}")
    sums = keep(con, _sums(con, happened, as_of_on))
    scored = _scored(con, sums)
    channels = _channels(con, happened)
    forecast = forecasts(con, happened, as_of_on)
    columns = ", ".join(
        f'CAST("{name}" AS {type_}) AS "{name}"'
        for name, type_ in duckdb_schema(CUSTOMER_TRAIT).items()
        if name != "customer_id"
    )
    return con.sql(
        f"""
        SELECT customer_id, {columns} FROM (
          SELECT *, {day(as_of_on)} AS as_of_on, {day(as_of_on)} - last_order_on AS recency_days,
                 round(orders_cents / nullif(priced_orders_count, 0)) AS average_basket_cents
          FROM sums LEFT JOIN scored USING (customer_id) LEFT JOIN channels USING (customer_id)
          LEFT JOIN forecast USING (customer_id)
        ) ORDER BY customer_id
        """
    )


def _sums(con: Connection, happened: Relation, as_of_on: date) -> Relation:
    names = (
        "orders_count",
        "spend_cents",
        "orders_cents",
        "priced_orders_count",
        "visits_count",
        "open_complaints_count",
    )
    sums = ", ".join(
        f'coalesce(sum({MEASURES[n].amount}) FILTER (WHERE {MEASURES[n].holds}), 0)::BIGINT AS "{n}"' for n in names
    )
    return con.sql(
        f"""
        SELECT customer_id, {sums},
               count(*) FILTER (WHERE kind = 'order' AND happened_on > {day(as_of_on)} - 365) AS orders_count_365d,
               min(happened_at) FILTER (WHERE kind = 'order') AS first_order_at,
               max(happened_at) FILTER (WHERE kind = 'order') AS last_order_at,
               max(happened_on) FILTER (WHERE kind = 'order') AS last_order_on,
               {day(as_of_on)} - max(happened_on) FILTER (WHERE {MEASURES["doings_count"].holds}) AS dormant_days
        FROM happened GROUP BY customer_id
        """
    )


def _scored(con: Connection, sums: Relation) -> Relation:
    """Give each buyer its fifths; equal values share one (see `population`)."""
    fifths = ", ".join(
        f"1 + (5 * (rank() OVER (ORDER BY {value}) - 1)) // (count(*) OVER ()) AS {name}"
        for name, value in (("r", "last_order_on"), ("f", "orders_count"), ("m", "spend_cents"))
    )
    return con.sql(
        f"""
        SELECT customer_id, concat(r, f, m) AS rfm
        FROM (SELECT customer_id, {fifths} FROM sums WHERE orders_count > 0)
        """
    )


def _channels(con: Connection, happened: Relation) -> Relation:
    return con.sql(
        f"""
        WITH used AS (
          SELECT customer_id, channel, count(*) AS times, count(*) FILTER (WHERE kind = 'order') AS orders
          FROM happened WHERE channel IS NOT NULL AND kind IN {_USING} GROUP BY ALL
        )
        SELECT customer_id, to_json(list(channel ORDER BY channel)) AS channels,
               first(channel ORDER BY orders DESC, times DESC, channel) AS preferred_channel
        FROM used GROUP BY customer_id
        """
    )
