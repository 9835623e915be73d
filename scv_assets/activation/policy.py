"""What `campaigns.yaml` says: campaigns with their trigger, audience, channels, limits and content.

Here: the values. How they are read and what is refused is in `policy_reading`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal

from scv_assets.segments.conditions import ALWAYS, Condition

POLICY = "campaigns.yaml"

#: What a campaign may ask to be held back by, beside what holds back every message.
OPEN_COMPLAINT, BOUGHT, RETURNED = "open_complaint", "bought", "returned"
SUPPRESSIONS: tuple[str, ...] = (OPEN_COMPLAINT, BOUGHT, RETURNED)
#: The dates of a golden profile that a campaign can go by.
DATES: tuple[str, ...] = ("birth_on", "created_at")
#: Channels whose address a golden profile holds, and the field that does.
ADDRESSES: Mapping[str, str] = {"email": "email", "sms": "phone", "phone": "phone", "post": "street"}

EVER = "ever"
OCCURRENCE = "occurrence"


@dataclass(frozen=True)
class Transition:
    """A customer moves between segments; `from_segments` empty: from anywhere, its first segment too."""

    segmentation: str
    from_segments: tuple[str, ...]
    to_segments: tuple[str, ...]
    kind: Literal["transition"] = "transition"


@dataclass(frozen=True)
class AbandonedCart:
    """A cart was left; `sources` empty: of any source."""

    sources: tuple[str, ...]
    kind: Literal["abandoned_cart"] = "abandoned_cart"


@dataclass(frozen=True)
class Anniversary:
    """A date of the profile comes round, `days_before` it (29 February counts as the 28th in other years)."""

    field: str
    days_before: int
    kind: Literal["date"] = "date"


@dataclass(frozen=True)
class Dormancy:
    """A customer has done nothing for so many days."""

    days: int
    kind: Literal["dormancy"] = "dormancy"


Trigger = Transition | AbandonedCart | Anniversary | Dormancy


@dataclass(frozen=True)
class Cap:
    """At most so many messages in so many days."""

    messages: int
    days: int


@dataclass(frozen=True)
class QuietHours:
    """Hours of the company's day in which nothing leaves; `begin` after `end`: over midnight."""

    begin: time
    end: time


@dataclass(frozen=True)
class Route:
    """A channel and the destination that serves it."""

    channel: str
    destination: str


@dataclass(frozen=True)
class Voucher:
    """A code of its own for each message, worth `amount_cents`."""

    amount_cents: int
    prefix: str


@dataclass(frozen=True)
class Content:
    """Texts by language (`""`: of every other language); fields stand in braces. `subject` empty: none."""

    subject: Mapping[str, str]
    text: Mapping[str, str]


@dataclass(frozen=True)
class Campaign:
    """One campaign.

    `routes` in the order in which they are tried. `once`: `ever`, `occurrence`, or the days within which a second
    message of it is refused. `hold_out`: share of the customers who are never sent it, 0 to 1.
    """

    name: str
    title: str
    owner: str
    version: str
    description: str
    purpose: str
    trigger: Trigger
    routes: tuple[Route, ...]
    delay: timedelta
    valid_for: timedelta
    once: str | int
    content: Content
    audience: Condition = ALWAYS
    cap: Cap | None = None
    hold_out: float = 0.0
    quiet_hours: QuietHours | None = None
    suppressions: tuple[str, ...] = ()
    voucher: Voucher | None = None


@dataclass(frozen=True)
class CampaignPolicy:
    """All that `campaigns.yaml` says; campaigns first come first where a company-wide cap leaves room for one only.

    `caps`: purpose -> company-wide cap. `secret`: of which voucher codes are made.
    """

    campaigns: tuple[Campaign, ...] = ()
    caps: Mapping[str, Cap] = field(default_factory=dict)
    secret: str = field(default="", repr=False)

    def campaign(self, name: str) -> Campaign | None:
        """Return the campaign of that name, or None (it may have been one of an earlier version)."""
        return next((found for found in self.campaigns if found.name == name), None)
