"""The campaigns' limits as a table, so that every rule is a join and none a loop over campaigns."""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.policy import SUPPRESSIONS, Campaign, CampaignPolicy, Transition

_COLUMNS = {
    "campaign": "VARCHAR",
    "position": "BIGINT",
    "purpose": "VARCHAR",
    "once": "VARCHAR",
    "once_days": "BIGINT",
    "cap_messages": "BIGINT",
    "cap_days": "BIGINT",
    "company_messages": "BIGINT",
    "company_days": "BIGINT",
    "hold_out": "DOUBLE",
    "segmentation": "VARCHAR",
    "to_segments": "VARCHAR[]",
    "suppressions": "VARCHAR[]",
}


def rules(con: Connection, policy: CampaignPolicy) -> Relation:
    """Return the limits; one row a campaign, sorted by its position in the file.

    `once`: ever, occurrence or days (then `once_days`); a cap that is not given is null; `to_segments`: where a
    customer has to be still, null where the trigger is no transition.
    """
    columns = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in _COLUMNS.items())
    names = ", ".join(_COLUMNS)
    if not policy.campaigns:
        return con.sql(f"SELECT {columns} FROM (VALUES ({', '.join(['NULL'] * len(_COLUMNS))})) none({names}) LIMIT 0")
    rows = [_row(policy, campaign, position) for position, campaign in enumerate(policy.campaigns)]
    values = ", ".join([f"({', '.join(['?'] * len(_COLUMNS))})"] * len(rows))
    parameters = [value for row in rows for value in row]
    return con.sql(f"SELECT {columns} FROM (VALUES {values}) told({names}) ORDER BY position", params=parameters)


def _row(policy: CampaignPolicy, campaign: Campaign, position: int) -> tuple[object, ...]:
    own, company = campaign.cap, policy.caps.get(campaign.purpose)
    transition = campaign.trigger if isinstance(campaign.trigger, Transition) else None
    return (
        campaign.name,
        position,
        campaign.purpose,
        campaign.once if isinstance(campaign.once, str) else "days",
        None if isinstance(campaign.once, str) else campaign.once,
        own.messages if own else None,
        own.days if own else None,
        company.messages if company else None,
        company.days if company else None,
        campaign.hold_out,
        transition.segmentation if transition else None,
        list(transition.to_segments) if transition else None,
        [name for name in SUPPRESSIONS if name in campaign.suppressions],
    )
