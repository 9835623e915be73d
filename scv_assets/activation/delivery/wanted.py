"""What a destination is to have: the published tables through its mapping, and how that differs from what it has.

Objects in the order in which they go: profiles, their subscriptions, orders, lines. Only customers whose consent
allows it: by a channel of `consent` for `purpose`, said or, where nothing was said, by the company's silence; without
`consent`, every customer. Never one whose records are all deleted at their sources. Orders and lines only of the
customers that the destination has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.delivery.sharing import left_out
from scv_assets.activation.delivery.sync_state import LEFT_OUT
from scv_assets.activation.destinations.fields import KEY, TRAITS
from scv_assets.activation.destinations.interface import Changes
from scv_assets.activation.destinations.settings import DestinationSettings, ObjectSettings
from scv_assets.sql_quoting import identifier, literal, literals

ORDER: Final = ("profile", "subscription", "order", "order_line")
SUBSCRIPTION: Final = "subscription"
#: store tables that the objects are made of
TABLES: Final = ("golden_profile", "customer_trait", "customer_order", "order_line", "consent_state", "identity_event")


def object_settings(settings: DestinationSettings) -> dict[str, ObjectSettings]:
    """Return the objects of a destination in the order in which they go, its subscriptions as one of them."""
    found = dict(settings.objects)
    profile = found.get("profile")
    if profile is not None and profile.subscriptions:
        found[SUBSCRIPTION] = replace(profile, name=SUBSCRIPTION)
    return {name: found[name] for name in ORDER if name in found}


@dataclass(frozen=True)
class Wanted:
    """What a destination is to have, by object: key, owner (customer_id), payload (JSON), payload_hash.

    `left_out`: customer_id, reason: who is not to be there because another customer has what it takes once.
    """

    objects: Mapping[str, Relation]
    left_out: Relation


def wanted(con: Connection, settings: DestinationSettings, view: Mapping[str, Relation], state: Relation) -> Wanted:
    """Return what the destination is to have.

    In: `view`, the tables of `TABLES` and `silence` (channel, purpose, is_granted); `state`, sync_state of this
    destination.
    """
    objects = object_settings(settings)
    made: dict[str, Relation] = {}
    view = {**view, "golden_profile": view["golden_profile"].filter("is_deleted IS NOT true")}
    people = _people(con, objects.get("profile"), view)
    out = left_out(con, settings, view["golden_profile"], people, state)
    con.execute("CREATE OR REPLACE TEMP TABLE sync_people AS SELECT * FROM people ANTI JOIN out USING (customer_id)")
    for name, of in objects.items():
        rows = _subscriptions(con, of, view) if name == SUBSCRIPTION else _rows(con, of, view)
        place = literal(f"{of.table}\n{of.key}")
        made[name] = con.sql(f"""
            SELECT key, owner, CAST(payload AS VARCHAR) AS payload,
                sha256({place} || CAST(payload AS VARCHAR)) AS payload_hash
            FROM rows
        """)
    return Wanted(made, out)


def differences(
    con: Connection, settings: DestinationSettings, wanted: Wanted, state: Relation, erased: Relation
) -> dict[str, Changes]:
    """Return what has to be written and removed, by object.

    In: `state` (sync_state of this destination), `erased` (customer_id). What was refused as it is is tried again only
    where anything else of its object changes. A subscription goes with its profile, without a word of its own. Who was
    left out is not there: nothing is to be removed, and all is new once it is let in.
    """
    found: dict[str, Changes] = {}
    objects = object_settings(settings)
    known = {row[0] for row in state.project("object").distinct().fetchall()}
    state = state.filter(f"status IS DISTINCT FROM '{LEFT_OUT}'")
    for name, of in objects.items():
        found[name] = _difference(con, of, wanted.objects[name], state, erased)
    for name in known - set(objects):
        of = ObjectSettings(name, name, "key", {})
        if name in KEY or name == SUBSCRIPTION:
            nothing = con.sql("SELECT '' AS key, '' AS owner, '' AS payload, '' AS payload_hash LIMIT 0")
            found[name] = _difference(con, of, nothing, state, erased)
    if "profile" in found:
        reasons = dict(wanted.left_out.order("customer_id").fetchall())
        found["profile"] = replace(found["profile"], left_out=reasons)
    if SUBSCRIPTION in found and "profile" in found:
        found[SUBSCRIPTION] = _without_implied(con, found[SUBSCRIPTION])
    return found


def _without_implied(con: Connection, changes: Changes) -> Changes:
    """Take out the subscriptions of profiles that are removed: the address may be somebody else's by now."""
    rows = con.sql(
        "DELETE FROM sync_subscription_gone WHERE split_part(key, '/', 1) IN (SELECT key FROM sync_profile_gone)"
        " RETURNING key"
    )
    return replace(changes, implied=tuple(sorted(row[0] for row in rows.fetchall())))


def _difference(
    con: Connection, of: ObjectSettings, wanted_rows: Relation, state: Relation, erased: Relation
) -> Changes:
    table = f"sync_{of.name}"
    con.execute(f"DROP TABLE IF EXISTS {table}_new")
    con.execute(f"DROP TABLE IF EXISTS {table}_gone")
    con.execute(f"""
        CREATE TEMP TABLE {table}_new AS
        WITH known AS (SELECT key, payload_hash, status, receipt FROM state WHERE object = '{of.name}'),
        compared AS (
            SELECT wanted_rows.*, known.receipt, known.key IS NULL AS is_new,
                known.key IS NULL OR known.payload_hash IS DISTINCT FROM wanted_rows.payload_hash AS is_other,
                coalesce(known.status <> 'synced', false) AS is_refused
            FROM wanted_rows LEFT JOIN known USING (key)
        )
        SELECT key, owner, payload, payload_hash, receipt, is_new FROM compared
        WHERE is_other OR (is_refused AND (SELECT bool_or(is_other) FROM compared))
    """)
    con.execute(f"""
        CREATE TEMP TABLE {table}_gone AS
        SELECT state.key, state.receipt, erased.customer_id IS NOT NULL AS is_erasure
        FROM state ANTI JOIN wanted_rows ON wanted_rows.key = state.key
        LEFT JOIN erased ON erased.customer_id = split_part(state.key, '/', 1)
        WHERE state.object = '{of.name}'
    """)
    return Changes(
        of,
        con.sql(f"SELECT key, owner, payload, payload_hash, receipt, is_new FROM {table}_new ORDER BY key"),
        con.sql(f"SELECT key, receipt, is_erasure FROM {table}_gone ORDER BY key"),
    )


def _people(con: Connection, of: ObjectSettings | None, view: Mapping[str, Relation]) -> Relation:
    profile = view["golden_profile"]
    if of is None or not of.consent:
        return profile.project("customer_id")
    allowed = _allowed(con, view)
    return con.sql(f"""
        SELECT DISTINCT customer_id FROM allowed
        WHERE is_allowed AND channel IN {literals(of.consent)} AND purpose = {literal(of.purpose)}
    """)


def _allowed(con: Connection, view: Mapping[str, Relation]) -> Relation:
    """Return what each customer allows: customer_id, channel, purpose, is_allowed; silence as the company says."""
    profile, said, silence = view["golden_profile"], view["consent_state"], view["silence"]
    return con.sql("""
        SELECT profile.customer_id, silence.channel, silence.purpose,
            coalesce(said.is_granted, silence.is_granted) AS is_allowed
        FROM profile CROSS JOIN silence
        LEFT JOIN said ON said.customer_id = profile.customer_id AND said.channel = silence.channel
            AND said.purpose = silence.purpose
    """)


def _rows(con: Connection, of: ObjectSettings, view: Mapping[str, Relation]) -> Relation:
    rows = _SOURCES[of.name](con, view)
    kinds = dict(zip(rows.columns, map(str, rows.types), strict=True))
    pairs = ", ".join(f"{identifier(to)} := {_value(field, kinds[field])}" for field, to in of.fields.items())
    payload = f"to_json(struct_pack({pairs}))" if pairs else "'{}'"
    key = " || '/' || ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in KEY[of.name])
    return con.sql(f"SELECT {key} AS key, customer_id AS owner, {payload} AS payload FROM rows")


def _value(field: str, kind: str) -> str:
    name = identifier(field)
    return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ')" if kind == "TIMESTAMP" else name


def _profiles(con: Connection, view: Mapping[str, Relation]) -> Relation:
    profile, traits = view["golden_profile"], view["customer_trait"]
    columns = ", ".join(f"latest.{identifier(name)}" for name in TRAITS)
    return con.sql(f"""
        WITH latest AS (SELECT * FROM traits WHERE as_of_on = (SELECT max(as_of_on) FROM traits))
        SELECT profile.*, {columns}
        FROM profile SEMI JOIN sync_people ON sync_people.customer_id = profile.customer_id
        LEFT JOIN latest ON latest.customer_id = profile.customer_id
    """)


def _orders(con: Connection, view: Mapping[str, Relation]) -> Relation:
    orders = view["customer_order"]
    return con.sql("SELECT orders.* FROM orders SEMI JOIN sync_people USING (customer_id)")


def _lines(con: Connection, view: Mapping[str, Relation]) -> Relation:
    lines, orders = view["order_line"], _orders(con, view)
    return con.sql("SELECT lines.*, orders.customer_id FROM lines JOIN orders USING (source, order_id)")


_SOURCES: Final = {"profile": _profiles, "order": _orders, "order_line": _lines}


def _subscriptions(con: Connection, of: ObjectSettings, view: Mapping[str, Relation]) -> Relation:
    """Return one row a subscription that stands: key `customer/name`, payload with the address it is for."""
    allowed, profile = _allowed(con, view), view["golden_profile"]
    said = ", ".join(
        f"({literal(one.name)}, {literal(one.channel)}, {literal(one.purpose)})" for one in of.subscriptions
    )
    return con.sql(f"""
        SELECT profile.customer_id || '/' || listed.subscription AS key, profile.customer_id AS owner,
            to_json(struct_pack(email := profile.email, subscription := listed.subscription)) AS payload
        FROM (VALUES {said}) AS listed(subscription, channel, purpose)
        JOIN allowed ON allowed.channel = listed.channel AND allowed.purpose = listed.purpose AND allowed.is_allowed
        JOIN profile ON profile.customer_id = allowed.customer_id
        SEMI JOIN sync_people ON sync_people.customer_id = profile.customer_id
        WHERE listed.channel <> 'email' OR profile.email IS NOT NULL
    """)
