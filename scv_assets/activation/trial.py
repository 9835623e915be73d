"""What campaigns that are only being tried would have done over past days; nothing is published by it."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from scv_assets import stages
from scv_assets.activation.policy import CampaignPolicy
from scv_assets.activation.policy_reading import read_campaigns
from scv_assets.activation.replay import replay
from scv_assets.activation.run import gather
from scv_assets.activation.view import history
from scv_assets.errors import NotFound
from scv_assets.home import Home
from scv_assets.segments.business_days import business_day
from scv_assets.segments.policy import load_policy
from scv_assets.segments.run import POLICY as SEGMENTS
from scv_assets.segments.run import last_business_day
from scv_assets.yaml_document import YamlDocument


@dataclass(frozen=True)
class Trial:
    """What would have been.

    `sent`: (campaign, channel, messages, customers). `suppressed`: (campaign, reason, occasions) of the occasions for
    which nothing was sent, by the last reason. `left_out`: (campaign, reason, items) of items that a message left out.
    `messages`: (day, campaign, customer_id, channel, occurrence, items) of each, in order.
    """

    first_on: date
    last_on: date
    sent: list[tuple[str, str, int, int]]
    suppressed: list[tuple[str, str, int]]
    left_out: list[tuple[str, str, int]]
    messages: list[tuple[date, str, str, str, str, int | None]]


def try_campaigns(home: Home, store: sa.Engine, document: YamlDocument, *, days: int) -> Trial:
    """Replay the last days with other campaigns than the company's.

    Raises `NotFound` where nothing was ever computed, `ConfigError` where the campaigns are wrong.
    """
    policy = read_campaigns(document, load_policy(home.document(SEGMENTS)))
    lake = home.lake()
    if lake.part(stages.published_path("segment_membership")) is None:
        raise NotFound("nothing is computed yet, so there is nothing to try campaigns on: scv run")
    last_on = last_business_day(home, lake)
    first_on = max(home.settings.start_on, last_on - timedelta(days=days - 1))
    return _tried(home, store, policy, first_on, last_on)


def _tried(home: Home, store: sa.Engine, policy: CampaignPolicy, first_on: date, last_on: date) -> Trial:
    lake = home.lake()
    on_day = business_day("asked_at - INTERVAL 1 SECOND", home.settings.time_zone)
    replayed = [first_on + timedelta(days=n) for n in range((last_on - first_on).days + 1)]
    with lake.connect() as con:
        told = replay(con, gather(con, home, lake, policy, outbox=history(con, store)), replayed)
        going = told.filter("reason IS NULL")
        sent = going.aggregate("campaign, channel, count(*), count(DISTINCT customer_id)", "campaign, channel")
        never = con.sql(
            """
            SELECT campaign, max_by(reason, asked_at) AS reason FROM told
            GROUP BY campaign, customer_id, occurrence HAVING count(*) = count(reason)
            """
        )
        items = con.sql("SELECT campaign, unnest(left_out) AS item FROM going")
        listed = con.sql(
            f"""
            SELECT {on_day}, campaign, customer_id, channel, occurrence, len(items)
            FROM going ORDER BY asked_at, campaign, customer_id, occurrence
            """
        )
        return Trial(
            first_on,
            last_on,
            sent.order("ALL").fetchall(),
            never.aggregate("campaign, reason, count(*)", "campaign, reason").order("ALL").fetchall(),
            items.aggregate("campaign, item.reason AS reason, count(*)", "campaign, item.reason")
            .order("ALL")
            .fetchall(),
            listed.fetchall(),
        )
