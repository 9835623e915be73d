"""Publish the whole customer view: every published table whose content changed, in one transaction.

Afterwards the lake's `publication/state.json` says from which inputs the store now stands, so that a run without
news can know it without computing anything.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from resources.lake import Lake, fingerprint
from resources.store.publish import PublishedCounts, base, publish
from scv_assets import stages
from scv_assets.decisions import decisions_made
from scv_assets.home import Home
from scv_assets.identity import training_request

STATE = "publication/state.json"
#: the company's YAML beside its settings and contracts that the view is computed by
POLICIES = ("matching.yaml", "survivorship.yaml", "segments.yaml", "campaigns.yaml", "governance.yaml")
#: what a view is made from that some run brought up to date in part
PARTLY = "some of it"


@dataclass(frozen=True)
class ViewState:
    """What the published view was made from and when; `store` is what the store then held."""

    made_from: str
    published_at: str
    run_id: str
    store: str = ""


@dataclass(frozen=True)
class ViewTurn:
    """What a run saw when its turn to compute the view came: the view's inputs, and what the store held (`base`)."""

    inputs: str
    store: str


def turn(home: Home, lake: Lake, store: sa.Engine) -> ViewTurn:
    """Return what is there now."""
    return ViewTurn(view_inputs(home, lake, store), base(store))


def view_inputs(home: Home, lake: Lake, store: sa.Engine) -> str:
    """Return a fingerprint of all that the view depends on: extracts, settings, people's decisions, code."""
    raw = [stages.raw_path(source) for source in home.contracts]
    settings = home.fingerprint(), home.fingerprint(*POLICIES)
    decided = decisions_made(store), training_request.asked(lake)
    return fingerprint(lake.content(*raw), settings, decided, stages.code_version(*stages.STAGES))


def published_state(lake: Lake) -> ViewState | None:
    """Return the state of the last publish, or None before the first."""
    text = lake.read_text(STATE)
    return ViewState(**json.loads(text)) if text else None


def is_current(home: Home, lake: Lake, store: sa.Engine) -> bool:
    """Tell whether the store holds what was last published, and that from the inputs as they are now."""
    state = published_state(lake)
    return state is not None and state.made_from == view_inputs(home, lake, store) and state.store == base(store)


def publish_view(
    lake: Lake, store: sa.Engine, *, seen: ViewTurn, is_all: bool, now: datetime, run_id: str
) -> dict[str, PublishedCounts]:
    """Publish every table and return what changed in each; `is_all`: nothing of the view is behind what was seen.

    Raises `PublishRefused`, `StoreUnavailable`.
    """
    tables = {table: stages.published_path(table) for table in stages.PUBLISHED}
    with lake.connect() as con:
        counts = publish(
            store, lake, con, tables, now=now, run_id=run_id, append_only=stages.APPEND_ONLY, expected_base=seen.store
        )
    state = ViewState(seen.inputs if is_all else PARTLY, now.isoformat(), run_id, base(store))
    lake.replace_text(STATE, json.dumps(asdict(state)))
    return counts
