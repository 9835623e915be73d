"""The consent ledger: what people allowed, refused or withdrew, and what that comes to for each customer now.

Events that the sources tell of are facts about a source's person record, never about a customer: after a merge the
customer has the events of all its records, after a split each side has its own back. The ledger only grows; the same
facts give the same event ids, so reading a file twice adds nothing. The state is a pure function of the ledger and the
crosswalk; which event decides is settled in
`interactions.consent_standing`.
"""

from typing import Final

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.governance.purposes import MARKETING, ConsentPolicy, silence
from scv_assets.interactions.consent_standing import BOUNCE, owned_words, standings

#: Kind of message event that refuses marketing on its channel -> the legal basis that its consent event has.
REFUSING: Final = {"unsubscribed": "consent", "complained": "complaint", "bounced": BOUNCE}

_CONTENT = ("source", "source_key", "channel", "purpose", "granted", "legal_basis", "occurred_at")


def consent_events(con: Connection, *, consents: Relation, messages: Relation) -> Relation:
    """Return the ledger's events that the sources tell of, as consent_event, sorted by event_id.

    In: `consents` (source, person_key and the canonical consent's fields), `messages` (source, person_key, channel,
    kind, occurred_at). An unsubscription and a complaint (a message reported as spam) refuse marketing on their
    channel; a (hard) bounce suspends it, with the legal basis `bounce`, until the person consents anew. What has no
    person tells nothing. customer_id is null: only what is said on a customer has one. A consent without a legal basis
    has the basis `consent`.
    """
    content = ", ".join(f"{name} := {name}" for name in _CONTENT)
    basis = " ".join(f"WHEN '{kind}' THEN '{basis}'" for kind, basis in REFUSING.items())
    kind = "lower(trim(kind))"
    return con.sql(f"""
        WITH told AS (
            SELECT source, person_key AS source_key, channel, purpose, granted,
                coalesce(legal_basis, 'consent') AS legal_basis, occurred_at
            FROM consents
            UNION
            SELECT source, person_key, channel, '{MARKETING}', false, CASE {kind} {basis} END, occurred_at
            FROM messages WHERE {kind} IN ({", ".join(f"'{name}'" for name in REFUSING)})
        )
        SELECT left(sha256(to_json(struct_pack({content}))::VARCHAR), 32) AS event_id, NULL::VARCHAR AS customer_id,
            source, source_key, channel, purpose, granted, legal_basis, occurred_at
        FROM told WHERE source_key IS NOT NULL
        ORDER BY event_id
    """)


def consent_state(
    con: Connection,
    *,
    events: Relation,
    crosswalk: Relation,
    policy: ConsentPolicy,
    redirects: Relation | None = None,
    records: Relation | None = None,
) -> Relation:
    """Return what each customer allows now: one row a (customer_id, channel, purpose) of which something was said.

    In: see `consent_standing.owned_words`. Events of a purpose or channel that the policy does not declare stay in the
    ledger and decide nothing: `undeclared` counts them. Nothing is said by silence: `purposes.silence` says what holds
    then.
    """
    words = owned_words(con, events=events, crosswalk=crosswalk, redirects=redirects, records=records)
    settled = standings(con, words=words, declared=silence(con, policy))
    return con.sql("""
        SELECT customer_id, channel, purpose, granted AS is_granted, event_id AS decided_by_event
        FROM settled WHERE standing = 'decides'
        ORDER BY customer_id, channel, purpose
    """)


def undeclared(con: Connection, *, events: Relation, policy: ConsentPolicy) -> Relation:
    """Return the purposes and channels that the ledger has and governance.yaml does not: channel, purpose, events."""
    declared = silence(con, policy)
    return con.sql("""
        SELECT channel, purpose, count(*) AS events
        FROM events ANTI JOIN declared USING (channel, purpose)
        GROUP BY channel, purpose ORDER BY channel, purpose
    """)
