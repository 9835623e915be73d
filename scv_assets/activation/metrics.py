"""`campaign_metric`: how coherent each day's messages are, with reconciliation and without, and how many there were.

A message is incoherent where it contradicts what the company already knew when it left (`invariants.incoherent`).
*Without reconciliation* the same campaigns are decided on what the source of the trigger knows alone: a web shop that
does not hear of the till, a mailing list that does not hear of the service. Consent and addresses are the same for
both, so that the difference is what purchases, returns and complaints elsewhere make.

A message is counted on the first day on which it would leave. A day that is over is measured once, by the first run
after it, with what was known by then: what is learnt later, of a day that is over, changes no rate. A day that is not
over is measured by each run until it is. `measured_at` tells which: an instant well after the day is hindsight, as the
first run has of the days before it. What was decided is counted of what is kept, as often as there is more of it.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import CAMPAIGN_METRIC, duckdb_schema
from scv_assets.activation.invariants import incoherent
from scv_assets.activation.local_time import end_of, end_of_day, literal
from scv_assets.activation.material import Material, narrowed
from scv_assets.activation.past_messages import had_already, owned
from scv_assets.activation.reasons import HELD_OUT
from scv_assets.activation.screen import screened
from scv_assets.activation.triggers import candidates
from scv_assets.segments.business_days import business_day, day
from scv_assets.working_tables import keep

RATE, BLIND_RATE = "incoherence_rate", "incoherence_rate_without_reconciliation"
#: days that the first run measures in hindsight
MEASURED_DAYS = 90


def days_to_measure(recorded: Relation, zone: str, *, start_on: date, as_of_on: date) -> list[date]:
    """Return the days whose rates are to be measured: those since the last that was over when it was measured.

    `recorded`: campaign_metric so far. No day is left where the newest was over.
    """
    is_final = f"measured_at IS NULL OR measured_at >= {end_of('measured_on', zone)}"
    last = recorded.filter(is_final).aggregate("max(measured_on)").fetchall()[0][0]
    first = max(start_on, as_of_on - timedelta(days=MEASURED_DAYS - 1))
    if last is not None:
        first = max(first, last + timedelta(days=1))
    return [first + timedelta(days=n) for n in range((as_of_on - first).days + 1)]


def campaign_metrics(
    con: Connection,
    material: Material,
    *,
    at: datetime,
    as_of_on: date,
    days: Sequence[date],
    recorded: Relation,
    decided: Relation,
    suppressions: Relation,
) -> Relation:
    """Return `campaign_metric` once the days are measured; one row a (campaign, metric, measured_on), sorted.

    `at`: the instant (UTC) of the run's decisions, of the day `as_of_on`; `days`: those whose rates are measured.
    `recorded`: the metrics of before; rates of other days stay, and so do the counts. `decided`, `suppressions`: all
    that was decided on `as_of_on`, published already or about to be, as rows of `outbox` and `suppression`.
    """
    counts = _counts(con, material.view.time_zone, decided, suppressions, as_of_on)
    measured = counts.union(_rates(con, material, days, at)) if days else counts
    columns = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in duckdb_schema(CAMPAIGN_METRIC).items())
    rates = f"metric IN ('{RATE}', '{BLIND_RATE}')"
    listed = ", ".join(day(one) for one in days) or "NULL"
    return con.sql(
        f"""
        SELECT {columns} FROM (
          SELECT campaign, metric, measured_on, value, numerator, denominator, measured_at FROM recorded
          WHERE NOT coalesce(CASE WHEN {rates} THEN measured_on IN ({listed}) ELSE measured_on = {day(as_of_on)} END,
                             false)
          UNION ALL
          SELECT campaign, metric, measured_on, numerator / nullif(denominator, 0), numerator, denominator,
                 {literal(at)}
          FROM measured
        ) ORDER BY campaign, metric, measured_on
        """
    )


def _rates(con: Connection, material: Material, days: Sequence[date], at: datetime) -> Relation:
    """Return both rates of the days. The days before them are looked at for what would have left on one of those."""
    zone = material.view.time_zone
    longest = max((campaign.valid_for for campaign in material.view.policy.campaigns), default=timedelta(0))
    before = [days[0] - timedelta(days=n) for n in range(-(-longest // timedelta(days=1)), 0, -1)]
    instants = sorted({min(end_of_day(one, zone), at) for one in (*before, *days)})
    ever = keep(con, candidates(con, material, instants))
    now = ever.filter(f"asked_at >= {literal(min(end_of_day(days[0], zone), at))}")
    due = keep(con, con.sql("FROM ever SEMI JOIN now USING (campaign, customer_id)"))
    material = narrowed(con, material, due)
    rates = _rate(con, material, due, RATE).union(_rate(con, material, due, BLIND_RATE))
    return rates.filter(f"measured_on >= {day(days[0])}")


def leaving(con: Connection, material: Material, due: Relation, *, is_reconciled: bool) -> Relation:
    """Return what would leave on the days that are looked at, each message on the first: the columns of `invariants`.

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
