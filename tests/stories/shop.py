"""The corner shop with two more channels: followers of its social page, and a service desk."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

from tests.pipeline.company import Company
from tests.pipeline.shop import open_shop

SOCIAL = """\
source: social
title: Followers and leads
owner: {team: social}
kind: social
trust: 0.2
extract: {reader: jsonl, path: "social/social_{date}.jsonl", delivery: increment}
key: [follower]
columns:
  follower: {type: text, required: true}
  handle: {type: text, required: true}
  mail: {type: email, pii: true}
  name: {type: text, pii: true}
  at: {type: instant, required: true}
maps:
  person:
    source_key: follower
    email: mail
    full_name: name
    updated_at: at
    identifiers: {social_handle: handle}
"""

DESK = """\
source: desk
title: Service desk
owner: {team: service}
kind: service
trust: 0.5
extract: {reader: jsonl, path: "desk/desk_{date}.jsonl", delivery: increment}
key: [case]
columns:
  case: {type: text, required: true}
  mail: {type: email, pii: true, required: true}
  about: {type: text, required: true}
  opened: {type: instant, required: true}
  closed: {type: instant}
maps:
  person: {source_key: mail, email: mail, updated_at: {max: opened}}
  ticket: {ticket_id: case, person_key: mail, kind: about, opened_at: opened, closed_at: closed}
"""

MAILING = """\
source: mailing
title: Newsletter events
owner: {team: crm}
kind: email
trust: 0.3
extract: {reader: jsonl, path: "mailing/mailing_{date}.jsonl", delivery: increment}
key: [message, what]
columns:
  message: {type: text, required: true}
  mail: {type: email, pii: true, required: true}
  what: {type: text, required: true}
  campaign: {type: text}
  at: {type: instant, required: true}
maps:
  person: {source_key: mail, email: mail, updated_at: {max: at}}
  message_event:
    message_id: message
    person_key: mail
    channel: {const: email}
    campaign: campaign
    kind: what
    occurred_at: at
"""

#: a segment beside the lifecycle
AUDIENCE = """
  - name: attention
    title: Attention
    owner: team:crm
    version: "1"
    definition: Who needs a word from one of the departments
    overlapping: true
    segments:
      - {name: asleep, title: Asleep, description: Nothing for ten days, when: dormant_days >= 10}
      - {name: in_trouble, title: In trouble, description: A complaint is open, when: open_complaints_count >= 1}
"""


def open_for_stories(folder: Path) -> Company:
    """Lay the company's folder, with nothing in its inbox."""
    shop = open_shop(folder)
    for name, text in (("social", SOCIAL), ("desk", DESK), ("mailing", MAILING)):
        (folder / "sources" / f"{name}.yaml").write_text(text, encoding="utf-8")
    policy = folder / "segments.yaml"
    begin = policy.read_text(encoding="utf-8")
    end = begin.index("  - name: audience")
    policy.write_text(begin[:end].rstrip() + "\n" + AUDIENCE, encoding="utf-8")
    shutil.rmtree(folder / "inbox")
    return shop


def told(shop: Company, source: str, day: int, *rows: dict[str, Any]) -> None:
    """Deliver a JSON-lines file of a day of March 2026."""
    shop.deliver(f"{source}/{source}_{date(2026, 3, day)}.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))


def the_only_customer(shop: Company) -> str:
    """Return the customer of all records: there is one, and its profile is one."""
    (customer,) = {row["customer_id"] for row in shop.rows("crosswalk")}
    assert [row["customer_id"] for row in shop.rows("golden_profile")] == [customer]
    return str(customer)


def segment_now(shop: Company, customer: str) -> str:
    """Return the customer's lifecycle segment."""
    (row,) = [row for row in shop.rows("golden_profile") if row["customer_id"] == customer]
    return str(row["lifecycle_segment"])


def attention_now(shop: Company, customer: str) -> set[str]:
    """Return which of the overlapping segments the customer is in."""
    rows = shop.rows("overlapping_membership")
    return {
        row["segment"]
        for row in rows
        if row["customer_id"] == customer and row["superseded_at"] is None and row["valid_to"] is None
    }
