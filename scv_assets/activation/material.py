"""What decisions look at beside the view: profiles, where their addresses come from, carts, moves, activity."""

from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.view import View
from scv_assets.working_tables import keep


@dataclass(frozen=True)
class Material:
    """Relations of one run, with the columns of the published tables of their names.

    `articles`: order lines, for the names of articles. `activity`: see `segments.activity`; it is computed only where a
    campaign needs it. `currency`: of voucher amounts.
    """

    view: View
    profiles: Relation
    provenance: Relation
    articles: Relation
    carts: Relation
    transitions: Relation
    activity: Relation
    currency: str


def narrowed(con: Connection, material: Material, candidates: Relation) -> Material:
    """Return the material of the candidates' customers alone, kept in the connection: what every rule then looks at.

    Messages of before stay as they are, with their records' customers, and so do silence, articles and activity.
    """
    wanted = keep(con, con.sql("SELECT DISTINCT customer_id FROM candidates"))
    view = material.view
    orders, every_line = _theirs(con, wanted, view.orders), view.lines
    events, words = view.consent_events, _theirs(con, wanted, view.words)
    return replace(
        material,
        profiles=_theirs(con, wanted, material.profiles),
        provenance=_theirs(con, wanted, material.provenance),
        view=replace(
            view,
            crosswalk=_records(con, wanted, view),
            redirects=_theirs(con, wanted, view.redirects),
            contact_points=_theirs(con, wanted, view.contact_points),
            orders=orders,
            lines=keep(con, con.sql("FROM every_line SEMI JOIN orders USING (source, order_id)")),
            tickets=_theirs(con, wanted, view.tickets),
            message_events=_theirs(con, wanted, view.message_events),
            consent_events=keep(con, con.sql("FROM events SEMI JOIN words USING (event_id)")),
            words=words,
            consent_state=_theirs(con, wanted, view.consent_state),
            membership=_theirs(con, wanted, view.membership),
        ),
    )


def _theirs(con: Connection, wanted: Relation, rows: Relation) -> Relation:
    return keep(con, con.sql("FROM rows SEMI JOIN wanted ON wanted.customer_id = rows.customer_id"))


def _records(con: Connection, wanted: Relation, view: View) -> Relation:
    """Return the customers' records, and those that messages of before went to, whoever has these now."""
    crosswalk, outbox = view.crosswalk, view.outbox
    theirs = con.sql("FROM crosswalk SEMI JOIN wanted USING (customer_id)")
    written_to = con.sql("FROM crosswalk SEMI JOIN outbox USING (source, source_key)")
    return keep(con, con.sql("FROM theirs UNION FROM written_to"))
