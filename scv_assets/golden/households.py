"""Households: people of one address who share a family name, or a phone.

The address is the golden one (street, number and postcode, folded); without all three nobody is placed. A phone ties
people of different names, and through them their namesakes: a couple and the child of one of them are one household.
More than the policy's `max_people` behind one phone are a switchboard, and under one name a building: no household.
What a phone ties into more than that falls back to its names.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.golden.intermediate import keep
from scv_assets.golden.sql import folded

BY_NAME = "address_and_name"
BY_PHONE = "address_and_phone"


def residents(con: Connection, *, fields: Relation, contact_points: Relation, max_people: int) -> Relation:
    """Return who lives in which household: one row a customer, only those who live with somebody.

    In: the golden `fields`, `contact_points`. Out: customer_id, household_id (hash of the address and of the name that
    comes first among its people), basis (`address_and_name` where any two of them share the name).
    """
    resident = keep(con, _addresses(con, fields))
    founders = _founders(con, resident, _phone_holders(con, resident, contact_points, max_people))
    return con.sql(f"""
        WITH tied AS (
            SELECT customer_id, address, name, coalesce(founder, name) AS founder
            FROM resident LEFT JOIN founders USING (address, name)
        ), placed AS (
            SELECT customer_id, address, name,
                CASE WHEN count(*) OVER (PARTITION BY address, founder) <= {max_people} THEN founder ELSE name END
                    AS founder
            FROM tied
        )
        SELECT customer_id, 'h' || left(sha256(address || chr(31) || founder), 20) AS household_id,
            CASE WHEN max(namesakes) OVER household > 1 THEN '{BY_NAME}' ELSE '{BY_PHONE}' END AS basis
        FROM (SELECT *, count(*) OVER (PARTITION BY address, founder, name) AS namesakes FROM placed)
        WINDOW household AS (PARTITION BY address, founder)
        QUALIFY count(*) OVER household BETWEEN 2 AND {max_people}
    """)


def households(con: Connection, residents: Relation) -> Relation:
    """Return the households, as household, sorted by key."""
    return con.sql("""
        SELECT household_id, to_json(list(customer_id ORDER BY customer_id))::VARCHAR AS customer_ids, basis
        FROM residents GROUP BY household_id, basis ORDER BY household_id
    """)


def _addresses(con: Connection, fields: Relation) -> Relation:
    """One row a customer with a full address; a customer without a name is a name of its own."""
    address = " || chr(31) || ".join(folded(name) for name in ("postcode", "street", "house_number"))
    return con.sql(f"""
        SELECT customer_id, {address} AS address, coalesce({folded("last_name")}, '~' || customer_id) AS name
        FROM fields WHERE {address} IS NOT NULL
    """)


def _phone_holders(con: Connection, resident: Relation, contact_points: Relation, max_people: int) -> Relation:
    """One row an (address, phone, name) where several people of the address, but no more than that, have the phone."""
    return con.sql(f"""
        SELECT DISTINCT address, value AS phone, name
        FROM resident JOIN contact_points USING (customer_id)
        WHERE kind = 'phone'
        QUALIFY count(*) OVER (PARTITION BY address, value) BETWEEN 2 AND {max_people}
    """)


def _founders(con: Connection, resident: Relation, phone_holders: Relation) -> Relation:
    """One row an (address, name) that a phone ties to others: the first name of its connected component."""
    tie = keep(
        con,
        con.sql("""
            SELECT DISTINCT one.address, one.name, other.name AS other
            FROM phone_holders AS one JOIN phone_holders AS other USING (address, phone)
        """),
    )
    return con.sql("""
        WITH RECURSIVE component(address, name, founder) USING KEY (address, name) AS (
            SELECT address, name, min(other) FROM tie GROUP BY ALL
            UNION
            SELECT tie.address, tie.name, min(news.founder)
            FROM component AS news
            JOIN tie ON tie.address = news.address AND tie.other = news.name
            JOIN recurring.component AS known ON known.address = tie.address AND known.name = tie.name
            WHERE news.founder < known.founder
            GROUP BY ALL
        )
        SELECT * FROM component
    """)
