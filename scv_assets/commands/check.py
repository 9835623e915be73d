"""`scv check`: every mistake of every YAML of the company."""

from pathlib import Path

import sqlalchemy as sa

from resources.store.engine import open_store, reading
from scv_assets.activation.destinations.reading import company_destinations
from scv_assets.activation.policy import POLICY as CAMPAIGNS
from scv_assets.activation.policy_reading import read_campaigns
from scv_assets.commands.listing import shown
from scv_assets.errors import ConfigError, StoreUnavailable
from scv_assets.golden.policy import survivorship_policy
from scv_assets.governance.purposes import consent_policy
from scv_assets.home import Home
from scv_assets.identity.policy_reading import read_policy
from scv_assets.segments.definitions import refuse_silent_changes
from scv_assets.segments.policy import load_policy
from scv_assets.sources.check import Hook, problems, warnings


def _matching(home: Home) -> object:
    return read_policy(home.document("matching.yaml"))


def _survivorship(home: Home) -> object:
    return survivorship_policy(home.document("survivorship.yaml"), sources=set(home.contracts))


def _segments(home: Home) -> object:
    document = home.document("segments.yaml")
    policy = load_policy(document)
    store = _existing_store(home)
    if store is not None:
        refuse_silent_changes(document, policy, store)
    return policy


def _existing_store(home: Home) -> sa.Engine | None:
    """Return the company's store; None where there is none yet, or none that answers: what is checked is the YAML."""
    url = sa.make_url(home.settings.store_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None
    store = open_store(home.settings.store_url)
    try:
        with reading(store):
            return store
    except StoreUnavailable:
        return None


def _governance(home: Home) -> object:
    return consent_policy(home.document("governance.yaml"))


def _campaigns(home: Home) -> object:
    if not home.has(CAMPAIGNS):
        return None
    purposes = consent_policy(home.document("governance.yaml")).purposes
    segments = load_policy(home.document("segments.yaml"))
    return read_campaigns(home.document(CAMPAIGNS), segments, purposes=purposes, senders=_senders(home))


def _senders(home: Home) -> dict[str, tuple[str, ...]] | None:
    """Return the channels of each destination; None where there is none, or their file is wrong (told elsewhere)."""
    try:
        return {name: tuple(settings.channels) for name, settings in company_destinations(home).items()} or None
    except ConfigError:
        return None


def _destinations(home: Home) -> object:
    return company_destinations(home)


HOOKS: tuple[Hook, ...] = (_matching, _survivorship, _segments, _governance, _campaigns, _destinations)


def company_problems(path: Path) -> tuple[list[str], list[str]]:
    """Return (problems, warnings), each with file and line; what is a problem is not told again as a warning."""
    found = problems(path, HOOKS)
    others = [warning for warning in warnings(path) if warning not in found]
    return [shown(problem).plain for problem in found], [shown(warning).plain for warning in others]
