"""What a preference centre tells (import) and is told (export): people's own words on consent, in CSV.

A word is said on the customer, and overrides what its records said before. A refusal is written on each of the
customer's records as well, so that after a split it holds for both sides; what was granted stays with the id.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.consent_words import PREFERENCE_CENTRE
from resources.store.tables import CONTACT_POINT, CROSSWALK, CUSTOMER_REDIRECT, RECORD_IDENTIFIER
from resources.store.unloading import relation
from scv_assets.errors import ConfigError
from scv_assets.governance.purposes import ConsentPolicy, silence
from scv_assets.identity.tables.reading import read_table
from scv_assets.standardisation.identifiers import identifier
from scv_assets.validation.moments import read_instant
from scv_assets.working_tables import keep
from scv_assets.yaml_document import suggestion

COLUMNS = ("customer", "channel", "purpose", "granted", "occurred_at")
#: What an export tells beside; an import does not look at it.
TOLD = ("allowed", "legal_basis", "said_in")
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class Clock:
    """The time zone in which a file's local times are, and the instant after which nothing can have been said."""

    time_zone: str
    now: datetime


@dataclass(frozen=True)
class Told:
    """A file, read. `events`: as consent_event; `refused`: (row, reason); sorted. `silent`: rows without a word."""

    events: Relation
    refused: Relation
    rows: int
    silent: int


def read_words(
    con: Connection, store: sa.Engine, file: Path, policy: ConsentPolicy, countries: tuple[str, ...], clock: Clock
) -> Told:
    """Return the consent events that a preference centre's file tells, and the rows that are refused, with the reason.

    `customer` is a customer id or anything that leads to exactly one customer: an e-mail, a phone, a card, another
    identifier, `source/key`. A row whose `granted` is empty says nothing. Raises `ConfigError` where the file cannot be
    read or a column is missing or unknown.
    """
    rows = read_table(con, file)
    _check_columns(file, rows)
    judged = keep(con, _judged(con, store, rows, policy, countries, clock))
    events = _events(con, judged, relation(con, store, CROSSWALK.name))
    refused = con.sql("SELECT row, reason FROM judged WHERE reason IS NOT NULL ORDER BY row")
    silent = con.sql("SELECT row FROM judged WHERE granted IS NULL AND reason IS NULL")
    return Told(events, refused, len(rows), len(silent))


def _check_columns(file: Path, rows: Relation) -> None:
    known = (*COLUMNS, *TOLD)
    for name in rows.columns:
        if name not in (*known, "row"):
            raise ConfigError(f"{file}: column '{name}' is none of a preference centre's{suggestion(name, known)}")
    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing:
        raise ConfigError(f"{file}: column '{missing[0]}' is missing; write {', '.join(COLUMNS)}")


def _judged(
    con: Connection, store: sa.Engine, rows: Relation, policy: ConsentPolicy, countries: tuple[str, ...], clock: Clock
) -> Relation:
    """Return each row with its customer, word and instant, and the reason for which it is refused (null: none)."""
    declared = silence(con, policy)
    found = _customers(con, store, rows, countries)
    moments = _moments(con, rows, clock.time_zone)
    words = con.sql(
        f"SELECT * FROM (VALUES {', '.join(f'({w!r}, {g})' for w, g in _WORDS.items())}) AS t(text, granted)"
    )
    return con.sql(f"""
        SELECT rows.row, found.customer_id, rows.channel, rows.purpose, words.granted, moments.occurred_at, CASE
            WHEN rows.granted IS NULL THEN NULL
            WHEN words.granted IS NULL THEN 'granted is neither yes nor no'
            WHEN rows.customer IS NULL THEN 'customer is empty'
            WHEN found.customers IS NULL THEN 'no customer answers to it'
            WHEN found.customers > 1 THEN 'several customers answer to it; name one by its id'
            WHEN declared.channel IS NULL THEN 'governance.yaml declares no such channel for the purpose'
            WHEN rows.occurred_at IS NULL THEN 'occurred_at is empty'
            WHEN moments.occurred_at IS NULL THEN 'occurred_at is no instant; write YYYY-MM-DD HH:MM:SS'
            WHEN moments.occurred_at > TIMESTAMP '{clock.now.isoformat(sep=" ")}' THEN 'occurred_at is in the future'
            END AS reason
        FROM rows
        LEFT JOIN words ON words.text = lower(rows.granted)
        LEFT JOIN found ON found.typed = rows.customer
        LEFT JOIN moments ON moments.text = rows.occurred_at
        LEFT JOIN declared ON declared.channel = rows.channel AND declared.purpose = rows.purpose
    """)


def _customers(con: Connection, store: sa.Engine, rows: Relation, countries: tuple[str, ...]) -> Relation:
    """Return whom each text leads to: typed, customers (how many), customer_id (where it is one)."""
    typed = [text for (text,) in con.sql("SELECT DISTINCT customer FROM rows WHERE customer IS NOT NULL").fetchall()]
    pairs = [(text, form) for text in typed for form in _spellings(text, countries)]
    spellings = pa.table({"typed": [text for text, _ in pairs], "form": [form for _, form in pairs]})
    crosswalk, redirects = relation(con, store, CROSSWALK.name), relation(con, store, CUSTOMER_REDIRECT.name)
    points, identifiers = relation(con, store, CONTACT_POINT.name), relation(con, store, RECORD_IDENTIFIER.name)
    return con.sql("""
        WITH known AS (
            SELECT customer_id AS form, customer_id FROM crosswalk
            UNION SELECT old_customer_id, customer_id FROM redirects
            UNION SELECT value, customer_id FROM points
            UNION SELECT source || '/' || source_key, customer_id FROM crosswalk
            UNION SELECT value, customer_id FROM identifiers JOIN crosswalk USING (source, source_key)
        )
        SELECT typed, count(DISTINCT customer_id) AS customers, min(customer_id) AS customer_id
        FROM spellings JOIN known USING (form) GROUP BY typed
    """)


def _spellings(typed: str, countries: tuple[str, ...]) -> list[str]:
    forms = [identifier("phone", typed, country, countries) for country in countries]
    forms += [identifier(namespace, typed) for namespace in ("email", "loyalty_card")]
    return list(dict.fromkeys(form for form in (typed, *forms) if form))


def _moments(con: Connection, rows: Relation, time_zone: str) -> Relation:
    told = con.sql("SELECT DISTINCT occurred_at FROM rows WHERE occurred_at IS NOT NULL").fetchall()
    zone = ZoneInfo(time_zone)
    instants = [read_instant(text, ("iso",), zone) for (text,) in told]
    table = pa.table({"text": [text for (text,) in told], "occurred_at": pa.array(instants, pa.timestamp("us"))})
    return con.from_arrow(table)


def _events(con: Connection, judged: Relation, crosswalk: Relation) -> Relation:
    content = ("customer_id", "source", "source_key", "channel", "purpose", "granted", "legal_basis", "occurred_at")
    packed = ", ".join(f"{name} := {name}" for name in content)
    return con.sql(f"""
        WITH words AS (
            SELECT DISTINCT customer_id, channel, purpose, granted, 'consent' AS legal_basis, occurred_at
            FROM judged WHERE reason IS NULL AND granted IS NOT NULL
        ), said AS (
            SELECT *, '{PREFERENCE_CENTRE}' AS source, NULL::VARCHAR AS source_key FROM words
            UNION ALL BY NAME
            SELECT words.*, crosswalk.source, crosswalk.source_key
            FROM words JOIN crosswalk USING (customer_id) WHERE NOT granted
        )
        SELECT left(sha256(to_json(struct_pack({packed}))::VARCHAR), 32) AS event_id, {", ".join(content)}
        FROM said ORDER BY event_id
    """)


def export(con: Connection, *, crosswalk: Relation, settled: Relation, purposes: Relation) -> Relation:
    """Return what every customer allows: one row a (customer, channel, purpose) that is declared, sorted, as texts.

    In: `settled` (`consent_standing.standings`), `purposes` (consent_purpose). `granted` and `occurred_at` (UTC) are
    those of the deciding event, empty where the customer has said nothing; `allowed` is what holds, `said_in` the
    source.
    """
    return con.sql("""
        WITH customers AS (SELECT DISTINCT customer_id FROM crosswalk)
        SELECT customers.customer_id AS customer, purposes.channel, purposes.purpose,
            CASE word.granted WHEN true THEN 'yes' WHEN false THEN 'no' END AS granted,
            strftime(word.occurred_at, '%Y-%m-%dT%H:%M:%SZ') AS occurred_at,
            CASE WHEN coalesce(word.granted, purposes.is_granted_by_silence) THEN 'yes' ELSE 'no' END AS allowed,
            purposes.legal_basis, word.source AS said_in
        FROM customers CROSS JOIN purposes
        LEFT JOIN settled AS word ON word.standing = 'decides' AND word.customer_id = customers.customer_id
            AND word.channel = purposes.channel AND word.purpose = purposes.purpose
        ORDER BY customer, channel, purpose
    """)
