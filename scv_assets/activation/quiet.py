"""Quiet hours: when a message that was decided in them may leave."""

from scv_assets.activation.local_time import at_local
from scv_assets.activation.policy import CampaignPolicy, QuietHours
from scv_assets.segments.business_days import local
from scv_assets.sql_quoting import literal


def not_before(policy: CampaignPolicy, time_zone: str) -> str:
    """Return the SQL of the end of the quiet hours in which `asked_at` falls for `campaign`; null: it may leave."""
    cases = " ".join(
        f"WHEN {literal(campaign.name)} THEN {_end(campaign.quiet_hours, time_zone)}"
        for campaign in policy.campaigns
        if campaign.quiet_hours is not None
    )
    return f"CASE campaign {cases} END" if cases else "NULL::TIMESTAMP"


def _end(hours: QuietHours, time_zone: str) -> str:
    shown = local("asked_at", time_zone)
    clock, begin, end = f"CAST({shown} AS TIME)", f"TIME '{hours.begin}'", f"TIME '{hours.end}'"
    today = at_local(f"(CAST({shown} AS DATE) + {end})", time_zone)
    tomorrow = at_local(f"(CAST({shown} AS DATE) + 1 + {end})", time_zone)
    if hours.begin < hours.end:
        return f"CASE WHEN {clock} >= {begin} AND {clock} < {end} THEN {today} END"
    return f"CASE WHEN {clock} >= {begin} THEN {tomorrow} WHEN {clock} < {end} THEN {today} END"
