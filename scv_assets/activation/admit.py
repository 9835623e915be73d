"""Which of what was screened is decided now: what the customer was sent before, once and caps; then nothing speaks."""

from datetime import datetime

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.local_time import literal
from scv_assets.activation.past_messages import counted, had_already, owned
from scv_assets.activation.reasons import ALREADY_SENT, CAPPED, COMPANY_CAPPED, PASSING
from scv_assets.activation.view import View
from scv_assets.sql_quoting import literals
from scv_assets.working_tables import keep


def admitted(con: Connection, view: View, screened: Relation, at: datetime) -> Relation:
    """Return what is decided at an instant (UTC), sent or not; one row a candidate that was not decided before.

    `screened`: see `screen.screened`. The columns of it, with `reason` and `evidence` filled in where something speaks
    against it, and `idempotency_key`. A candidate whose message is in the outbox already is no decision and has no
    row; of several that would be the same message, the first has.
    """
    past = keep(con, owned(con, view))
    asked = keep(
        con,
        con.sql(
            f"""
            WITH mine AS (FROM screened WHERE asked_at = {literal(at)})
            SELECT mine.*, '' AS after_key FROM mine
            QUALIFY row_number() OVER (
              PARTITION BY campaign, customer_id, CASE once WHEN 'occurrence' THEN occurrence ELSE '' END
              ORDER BY reason IS NOT NULL, due_at, trigger_key) = 1
            """
        ),
    )
    undecided = keep(con, _undecided(con, past, asked))
    return keep(con, _limited(con, past, undecided))


def _undecided(con: Connection, past: Relation, asked: Relation) -> Relation:
    """Leave out what is in the outbox already; refuse what was sent on an earlier occasion.

    A message that was cancelled for a reason that passes is decided anew, under a key of its own; one that a person
    cancelled is not.
    """
    had = had_already(con, past, asked)
    return con.sql(
        f"""
        WITH tries AS (
          SELECT asked.ask_id, count(*) FILTER (past.customer_then = asked.customer_id) AS cancelled,
                 bool_or(past.created_at >= asked.due_at AND coalesce(past.reason NOT IN {literals(PASSING)}, true))
                   AS is_withdrawn
          FROM asked JOIN past ON past.customer_id = asked.customer_id AND past.campaign = asked.campaign
            AND past.occurrence = asked.occurrence AND past.status = 'cancelled'
          GROUP BY asked.ask_id
        ), keyed AS (
          SELECT asked.* EXCLUDE (reason, evidence), had.reason IS NOT NULL AS is_had,
                 asked.reason AS reason, asked.evidence AS evidence, had.evidence AS had_evidence,
                 left(sha256(concat_ws('/', asked.campaign, asked.customer_id, asked.occurrence,
                                       nullif(coalesce(tries.cancelled, 0), 0))), 32) AS idempotency_key
          FROM asked LEFT JOIN had USING (ask_id) LEFT JOIN tries USING (ask_id)
          WHERE NOT coalesce(had.sent_at >= asked.due_at, false) AND NOT coalesce(tries.is_withdrawn, false)
        )
        SELECT keyed.* EXCLUDE (is_had, had_evidence) REPLACE (
                 CASE WHEN is_had OR taken.idempotency_key IS NOT NULL THEN '{ALREADY_SENT}' ELSE keyed.reason END
                   AS reason,
                 CASE WHEN is_had THEN had_evidence
                      WHEN taken.idempotency_key IS NOT NULL THEN to_json({{'message': taken.idempotency_key}})::VARCHAR
                      ELSE keyed.evidence END AS evidence)
        FROM keyed LEFT JOIN past AS taken ON taken.idempotency_key = keyed.idempotency_key
        """
    )


def _limited(con: Connection, past: Relation, undecided: Relation) -> Relation:
    """Apply the caps in the order of the campaigns: what leaves now counts for what comes after it."""
    counts = counted(con, past, undecided)
    return con.sql(
        f"""
        WITH own AS (
          SELECT undecided.*, counts.of_campaign, counts.of_purpose,
                 counts.of_campaign + row_number() OVER (
                   PARTITION BY campaign, customer_id, reason IS NULL ORDER BY due_at, trigger_key) AS campaigns_nth
          FROM undecided JOIN counts USING (ask_id)
        ), capped AS (
          SELECT * REPLACE (
                   CASE WHEN reason IS NULL AND campaigns_nth > cap_messages THEN '{CAPPED}' ELSE reason END AS reason,
                   CASE WHEN reason IS NULL AND campaigns_nth > cap_messages
                        THEN to_json({{'messages': campaigns_nth - 1, 'days': cap_days}})::VARCHAR
                        ELSE evidence END AS evidence)
          FROM own
        ), company AS (
          SELECT *, of_purpose + row_number() OVER (
                   PARTITION BY customer_id, purpose, reason IS NULL ORDER BY position, due_at, trigger_key)
                   AS companys_nth
          FROM capped
        )
        SELECT * EXCLUDE (of_campaign, of_purpose, campaigns_nth, companys_nth) REPLACE (
                 CASE WHEN reason IS NULL AND companys_nth > company_messages THEN '{COMPANY_CAPPED}' ELSE reason END
                   AS reason,
                 CASE WHEN reason IS NULL AND companys_nth > company_messages
                      THEN to_json({{'messages': companys_nth - 1, 'days': company_days}})::VARCHAR
                      ELSE evidence END AS evidence)
        FROM company
        """
    )
