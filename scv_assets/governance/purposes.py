"""The purposes for which a company contacts people, and on which legal basis, as governance.yaml declares them.

The basis says what silence means: what needs consent is not allowed until it was given; a contract or a legitimate
interest allows until the person refuses. (GDPR articles 6 and 21; ePrivacy directive article 13 for e-mail and SMS.)
"""

from dataclasses import dataclass
from typing import Final

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.yaml_document import Node, YamlDocument

CHANNELS: Final = ("email", "sms", "phone", "post")
#: Legal basis -> whether it allows contact where the person has said nothing.
SILENCE: Final = {"consent": False, "contract": True, "legitimate_interest": True}
MARKETING: Final = "marketing"


@dataclass(frozen=True)
class Purpose:
    """Why people are contacted; `bases`: channel -> legal basis. A channel that is not listed is not used for it."""

    name: str
    description: str
    bases: dict[str, str]


@dataclass(frozen=True)
class ConsentPolicy:
    """The declared purposes, by name."""

    purposes: dict[str, Purpose]


def consent_policy(document: YamlDocument) -> ConsentPolicy:
    """Read governance.yaml.

    Raises `ConfigError` with file, line and a suggestion (or notes it, where the document collects problems).
    """
    top = document.root.mapping(allowed=("purposes",), required=("purposes",))
    purposes = {name: _purpose(name, node) for name, node in top["purposes"].mapping(required=(MARKETING,)).items()}
    return ConsentPolicy(purposes)


def silence(con: Connection, policy: ConsentPolicy) -> Relation:
    """Return what holds where a person said nothing: one row a (channel, purpose) with is_granted, sorted by key."""
    declared = declared_purposes(con, policy)
    return con.sql(
        "SELECT channel, purpose, is_granted_by_silence AS is_granted FROM declared ORDER BY channel, purpose"
    )


def declared_purposes(con: Connection, policy: ConsentPolicy) -> Relation:
    """Return what is declared, as consent_purpose: one row a (channel, purpose), sorted by key."""
    rows = [
        (channel, name, purpose.bases[channel], SILENCE[purpose.bases[channel]], purpose.description)
        for name, purpose in sorted(policy.purposes.items())
        for channel in sorted(purpose.bases)
    ]
    names = "channel, purpose, legal_basis, is_granted_by_silence, description"
    return con.sql(
        f"SELECT {names} FROM (VALUES {', '.join(['(?, ?, ?, ?, ?)'] * len(rows))}) said({names}) ORDER BY ALL",
        params=[value for row in rows for value in row],
    )


def _purpose(name: str, node: Node) -> Purpose:
    settings = node.mapping(allowed=("description", "channels"), required=("description", "channels"))
    channels = settings["channels"].mapping(allowed=CHANNELS)
    if not channels and not settings["channels"].is_faulty:
        settings["channels"].refuse(f"the purpose '{name}' has no channel; list one of {', '.join(CHANNELS)}")
    bases = {channel: basis.choice(tuple(SILENCE)) for channel, basis in channels.items()}
    return Purpose(name, settings["description"].text(), bases)
