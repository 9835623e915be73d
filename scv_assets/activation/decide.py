"""Deciding: which messages are written to the outbox at an instant, and which are not, each with what showed it."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import OUTBOX, SUPPRESSION, duckdb_schema
from scv_assets.activation.admit import admitted
from scv_assets.activation.content import payloads
from scv_assets.activation.draw import drawn
from scv_assets.activation.material import Material, narrowed
from scv_assets.activation.policy import CampaignPolicy
from scv_assets.activation.quiet import not_before
from scv_assets.activation.screen import screened
from scv_assets.activation.triggers import candidates
from scv_assets.sql_quoting import literal
from scv_assets.working_tables import keep


@dataclass(frozen=True)
class Decisions:
    """Rows of `outbox` that are new, and of `suppression` whose reason is another than before, sorted by key."""

    messages: Relation
    suppressions: Relation


def decide(con: Connection, material: Material, *, suppressed: Relation, at: datetime) -> Decisions:
    """Decide what is due at an instant (UTC).

    `suppressed`: rows of `suppression` that were published (those of the last days will do). Same input, same
    decisions; a second call at the same instant, with what the first one decided published, decides nothing.
    """
    due = keep(con, candidates(con, material, [at]))
    material = narrowed(con, material, due)
    material = replace(material, view=material.view.with_all_against_by(con, at))
    decided = admitted(con, material.view, screened(con, material, due), at)
    return Decisions(messages(con, material, decided), _changed(con, refused(con, decided), suppressed))


def messages(con: Connection, material: Material, decided: Relation) -> Relation:
    """Return the rows of `outbox` of what nothing speaks against; `decided`: see `admit.admitted`."""
    going = keep(con, decided.filter("reason IS NULL"))
    said, draws = payloads(con, material, going), drawn(con, going)
    policy = material.view.policy
    return con.sql(
        f"""
        WITH made AS (
          SELECT going.*, said.payload, 'pending' AS status, 0 AS attempts, asked_at AS created_at,
                 {not_before(policy, material.view.time_zone)} AS not_before_at,
                 to_json({{'campaign': campaign, 'version': {_version(policy)}, 'trigger': trigger::JSON,
                           'since': strftime(since, '%Y-%m-%dT%H:%M:%S'), 'items': items, 'left_out': left_out,
                           'routing': routing::JSON, 'hold_out': draws.evidence::JSON}})::VARCHAR AS decided_by
          FROM going JOIN said USING (idempotency_key) JOIN draws USING (ask_id)
        )
        SELECT {_columns(OUTBOX, "made")} FROM made ORDER BY idempotency_key
        """
    )


def refused(con: Connection, decided: Relation) -> Relation:
    """Return the rows of `suppression` of what is not sent: whole messages, and items that a message leaves out."""
    columns = _columns(SUPPRESSION, "told")
    return con.sql(
        f"""
        WITH items AS (
          SELECT decided.* EXCLUDE (reason, evidence), unnest(left_out) AS item FROM decided WHERE reason IS NULL
        ), told AS (
          SELECT campaign, customer_id, occurrence, '' AS subject, asked_at AS decided_at, reason, evidence, due_at
          FROM decided WHERE reason IS NOT NULL
          UNION ALL
          SELECT campaign, customer_id, occurrence, 'product:' || item.product, asked_at, item.reason, item.evidence,
                 due_at
          FROM items
        )
        SELECT {columns} FROM told ORDER BY campaign, customer_id, occurrence, subject, decided_at
        """
    )


def _changed(con: Connection, told: Relation, before: Relation) -> Relation:
    """Leave out what was told of the same occasion with the same reason last time."""
    return con.sql(
        """
        WITH last_told AS (
          SELECT told.campaign, told.customer_id, told.occurrence, told.subject,
                 max_by(before.reason, before.decided_at) AS reason, max(before.decided_at) AS decided_at
          FROM told JOIN before USING (campaign, customer_id, occurrence, subject)
          WHERE before.decided_at >= told.due_at GROUP BY ALL
        )
        SELECT told.* FROM told LEFT JOIN last_told USING (campaign, customer_id, occurrence, subject)
        WHERE last_told.reason IS DISTINCT FROM told.reason AND last_told.decided_at IS DISTINCT FROM told.decided_at
        ORDER BY campaign, customer_id, occurrence, subject, decided_at
        """
    )


def _columns(table: sa.Table, relation: str) -> str:
    """Return the columns of a table out of a relation; one that it does not have yet is null."""
    later = {"delivered_at", "receipt", "next_attempt_at", "accepted_at"} | ({"reason"} if table is OUTBOX else set())
    return ", ".join(
        f"CAST({'NULL' if name in later else f'{relation}.{name}'} AS {type_}) AS {name}"
        for name, type_ in duckdb_schema(table).items()
    )


def _version(policy: CampaignPolicy) -> str:
    cases = " ".join(f"WHEN {literal(c.name)} THEN {literal(c.version)}" for c in policy.campaigns)
    return f"CASE campaign {cases} END" if cases else "''"
