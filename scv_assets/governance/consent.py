"""The consent ledger: what people allowed, refused or withdrew, and what that comes to for each customer now.

Events are facts about a source's person record, never about a customer: after a merge the customer has the events of
all its records, after a split each side has its own back. The ledger only grows; the same facts give the same event
ids, so reading a file twice adds nothing. The state is a pure function of the ledger and the crosswalk.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.governance.purposes import MARKETING, ConsentPolicy, silence

BOUNCE = "bounce"

_CONTENT = ("source", "source_key", "channel", "purpose", "granted", "legal_basis", "occurred_at")


def consent_events(con: Connection, *, consents: Relation, messages: Relation) -> Relation:
    """Return the ledger's events that the sources tell of, as consent_event, sorted by event_id.

    In: `consents` (source, person_key and the canonical consent's fields), `messages` (source, person_key, channel,
    kind, occurred_at). An unsubscription refuses marketing on its channel; a (hard) bounce suspends it, with the legal
    basis `bounce`, until the person consents anew. What has no person tells nothing. customer_id is null: only what is
    recorded on a customer (in the console) has one. A consent without a legal basis has the basis `consent`.
    """
    content = ", ".join(f"{name} := {name}" for name in _CONTENT)
    return con.sql(f"""
        WITH told AS (
            SELECT source, person_key AS source_key, channel, purpose, granted,
                coalesce(legal_basis, 'consent') AS legal_basis, occurred_at
            FROM consents
            UNION
            SELECT source, person_key, channel, '{MARKETING}', false,
                CASE kind WHEN 'bounced' THEN '{BOUNCE}' ELSE 'consent' END, occurred_at
            FROM messages WHERE kind IN ('unsubscribed', 'bounced')
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
) -> Relation:
    """Return what each customer allows now: one row a (customer_id, channel, purpose) of which something was said.

    In: the whole ledger, `crosswalk` (source, source_key, customer_id), `redirects` (customer_redirect; for events that
    were recorded on a customer whose id was merged away since). The latest event decides; of two at one instant, the
    refusal. Events of a purpose or channel that the policy does not declare stay in the ledger and decide nothing:
    `undeclared` counts them. Nothing is said by silence: `purposes.silence` says what holds then.
    """
    declared = silence(con, policy)
    moved = con.sql("SELECT '' AS old_customer_id, '' AS customer_id LIMIT 0") if redirects is None else redirects
    return con.sql("""
        WITH owned AS (
            SELECT coalesce(crosswalk.customer_id, redirect.customer_id, event.customer_id) AS customer_id,
                event.channel, event.purpose, event.granted, event.occurred_at, event.event_id
            FROM events AS event
            LEFT JOIN crosswalk ON crosswalk.source = event.source AND crosswalk.source_key = event.source_key
            LEFT JOIN moved AS redirect ON redirect.old_customer_id = event.customer_id
            SEMI JOIN declared ON declared.channel = event.channel AND declared.purpose = event.purpose
        )
        SELECT customer_id, channel, purpose, granted AS is_granted, event_id AS decided_by_event
        FROM owned WHERE customer_id IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY customer_id, channel, purpose ORDER BY occurred_at DESC, granted, event_id) = 1
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
