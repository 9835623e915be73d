"""Two customers, one address: which of them a destination has that takes an address once.

A couple on one mailbox is two customers, and HubSpot's contact is an address. The one who is there keeps it; of those
who are not, or are both, the one known longest has it. The others are left out, with the reason, until the address is
free: the destination is never asked for what it would refuse.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.destinations.kinds import KINDS
from scv_assets.activation.destinations.settings import DestinationSettings
from scv_assets.sql_quoting import identifier
from scv_assets.working_tables import keep


def left_out(
    con: Connection, settings: DestinationSettings, profiles: Relation, people: Relation, state: Relation
) -> Relation:
    """Return who is left out of the people (customer_id) that are to go: customer_id, reason; one row a customer.

    In: `profiles` (golden_profile), `state` (sync_state of this destination). Addresses that differ in case alone are
    one. The reason names the customer who has it, and no address.
    """
    found = con.sql("SELECT '' AS customer_id, '' AS reason LIMIT 0")
    of = settings.objects.get("profile")
    unique = KINDS[settings.kind].unique
    for ours, theirs in () if of is None else of.fields.items():
        if theirs in unique:
            found = keep(con, found.union(_sharing(con, ours, profiles, people, found, state)))
    return found


def _sharing(
    con: Connection, column: str, profiles: Relation, people: Relation, out: Relation, state: Relation
) -> Relation:
    return con.sql(
        f"""
        WITH going AS (
            SELECT profiles.customer_id, profiles.created_at, lower(trim(profiles.{identifier(column)})) AS value,
                known.key IS NOT NULL AS is_there
            FROM profiles SEMI JOIN people ON people.customer_id = profiles.customer_id
            ANTI JOIN out ON out.customer_id = profiles.customer_id
            LEFT JOIN (SELECT key FROM state WHERE object = 'profile' AND status IN ('synced', 'in_doubt')) AS known
                ON known.key = profiles.customer_id
            WHERE trim(profiles.{identifier(column)}) <> ''
        ), placed AS (
            SELECT customer_id, row_number() OVER holders AS place, first_value(customer_id) OVER holders AS holder
            FROM going WINDOW holders AS (
                PARTITION BY value ORDER BY is_there DESC, created_at NULLS LAST, customer_id)
        )
        SELECT customer_id, 'its {column} is that of ' || holder || ' too, who has it here' AS reason
        FROM placed WHERE place > 1
        """
    )
