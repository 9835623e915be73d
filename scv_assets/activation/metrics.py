"""`campaign_metric`: how coherent each day's messages are, with reconciliation and without, and how many there were.

A message is incoherent where it contradicts what the company already knew when it left (`invariants.incoherent`).
*Without reconciliation* the same campaigns are decided on what the source of the trigger knows alone: a web shop that
does not hear of the till, a mailing list that does not hear of the service. Consent and addresses are the same for
both, so that the difference is what purchases, returns and complaints elsewhere make.

A day is measured by the run that has its data, with what was known then, and never again; days that were over before
the first run are measured by that, in hindsight.
"""

from collections.abc import Sequence
from datetime import date

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import CAMPAIGN_METRIC, duckdb_schema
from scv_assets.activation.invariants import incoherent
from scv_assets.activation.local_time import end_of_day
from scv_assets.activation.material import Material, narrowed
from scv_assets.activation.past_messages import had_already, owned
from scv_assets.activation.reasons import HELD_OUT
from scv_assets.activation.screen import screened
from scv_assets.activation.triggers import candidates
from scv_assets.segments.business_days import business_day, day
from scv_assets.working_tables import keep

RATE, BLIND_RATE = "incoherence_rate", "incoherence_rate_without_reconciliation"


def campaign_metrics(
    con: Connection,
    material: Material,
    *,
    days: Sequence[date],
    recorded: Relation,
    decided: Relation,
    suppressions: Relation,
) -> Relation:
    """Return `campaign_metric` once the days are measured; one row a (campaign, metric, measured_on), sorted.

    `recorded`: the metrics of before; those of other days stay. `decided`, `suppressions`: all that was decided on the
    last of the days, published already or about to be, as rows of `outbox` and `suppression`.
    """
    zone = material.view.time_zone
    due = keep(con, candidates(con, material, [end_of_day(one, zone) for one in days]))
    material = narrowed(con, material, due)
    rates = [_rate(con, material, due, metric) for metric in (RATE, BLIND_RATE)]
    counts = _counts(con, zone, decided, suppressions, days[-1])
    columns = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in duckdb_schema(CAMPAIGN_METRIC).items())
    measured = rates[0].union(rates[1]).union(counts)
    listed = ", ".join(day(one) for one in days)
    return con.sql(
        f"""
        SELECT {columns} FROM (
          SELECT campaign, metric, measured_on, value, numerator, denominator FROM recorded
          WHERE measured_on NOT IN ({listed})
          UNION ALL
          SELECT campaign, metric, measured_on, numerator / nullif(denominator, 0), numerator, denominator FROM measured
        ) ORDER BY campaign, metric, measured_on
        """
    )


def leaving(con: Connection, material: Material, due: Relation, *, is_reconciled: bool) -> Relation:
    """Return what would leave on the days that are looked at, each message once: the columns of `invariants`.

    Caps are not looked at, for what they hold back contradicts nothing.
    """
    looked = screened(con, material, due, is_reconciled=is_reconciled)
    going = keep(
        con,
        con.sql(
            """
            SELECT ask_id AS name, *, '' AS after_key FROM looked WHERE reason IS NULL
            QUALIFY row_number() OVER (PARTITION BY campaign, customer_id, occurrence ORDER BY asked_at, due_at) = 1
            """
        ),
    )
    had = had_already(con, keep(con, owned(con, material.view)), going)
    return keep(
        con,
        con.sql(
            """
            SELECT name, campaign, customer_id, trigger_key, channel, purpose, items, since, asked_at
            FROM going LEFT JOIN had USING (ask_id) WHERE NOT coalesce(had.sent_at < going.due_at, false)
            """
        ),
    )


def _rate(con: Connection, material: Material, due: Relation, metric: str) -> Relation:
    messages = leaving(con, material, due, is_reconciled=metric == RATE)
    wrong = incoherent(con, material.view, messages)
    measured_on = business_day("asked_at - INTERVAL 1 SECOND", material.view.time_zone)
    return con.sql(
        f"""
        SELECT campaign, '{metric}' AS metric, {measured_on} AS measured_on,
               count(*) FILTER (name IN (SELECT name FROM wrong))::DOUBLE AS numerator, count(*)::DOUBLE AS denominator
        FROM messages GROUP BY ALL
        """
    )


def _counts(con: Connection, zone: str, decided: Relation, suppressions: Relation, on: date) -> Relation:
    """Count what was decided on a day: sent and not sent, of all that was."""
    decided_on = business_day("decided_at - INTERVAL 1 SECOND", zone)
    return con.sql(
        f"""
        WITH told AS (
          SELECT campaign, 'sent' AS outcome, created_at AS decided_at FROM decided
          UNION ALL
          SELECT campaign, CASE reason WHEN '{HELD_OUT}' THEN 'held_out' ELSE 'suppressed' END, decided_at
          FROM suppressions WHERE subject = ''
        ), of_day AS (
          SELECT campaign, outcome FROM told WHERE {decided_on} = {day(on)}
        )
        SELECT campaign, metric, {day(on)} AS measured_on, count(*) FILTER (outcome = metric)::DOUBLE AS numerator,
               count(*)::DOUBLE AS denominator
        FROM of_day CROSS JOIN (VALUES ('sent'), ('suppressed'), ('held_out')) AS named(metric) GROUP BY ALL
        """
    )
