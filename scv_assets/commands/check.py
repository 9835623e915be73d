"""`scv check`: every mistake of every YAML of the company."""

from pathlib import Path

from scv_assets.commands.listing import shown
from scv_assets.golden.policy import survivorship_policy
from scv_assets.governance.purposes import consent_policy
from scv_assets.home import Home
from scv_assets.identity.policy_reading import read_policy
from scv_assets.segments.policy import load_policy
from scv_assets.sources.check import Hook, problems, warnings


def _matching(home: Home) -> object:
    return read_policy(home.document("matching.yaml"))


def _survivorship(home: Home) -> object:
    return survivorship_policy(home.document("survivorship.yaml"), sources=set(home.contracts))


def _segments(home: Home) -> object:
    return load_policy(home.document("segments.yaml"))


def _governance(home: Home) -> object:
    return consent_policy(home.document("governance.yaml"))


HOOKS: tuple[Hook, ...] = (_matching, _survivorship, _segments, _governance)


def company_problems(path: Path) -> tuple[list[str], list[str]]:
    """Return (problems, warnings), each with file and line; what is a problem is not told again as a warning."""
    found = problems(path, HOOKS)
    others = [warning for warning in warnings(path) if warning not in found]
    return [shown(problem).plain for problem in found], [shown(warning).plain for warning in others]
