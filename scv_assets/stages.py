"""The stages in the order in which data flows, and the one name of everything that they make.

An asset's key is `stage/name`; its data in the lake stands under the same path; a published table has the
asset's name. Nothing else in the project spells these names.
"""

import hashlib
from functools import cache
from pathlib import Path

STAGES: tuple[str, ...] = (
    "sources",
    "validation",
    "standardisation",
    "identity",
    "golden",
    "interactions",
    "segments",
    "activation",
    "governance",
)

#: Published table -> the stage whose lake folder holds it (`<stage>/<table>`).
PUBLISHED: dict[str, str] = {
    "source_record": "standardisation",
    "record_identifier": "identity",
    "crosswalk": "identity",
    "customer_redirect": "identity",
    "identity_event": "identity",
    "match_edge": "identity",
    "review_task": "identity",
    "golden_profile": "segments",
    "field_provenance": "golden",
    "contact_point": "golden",
    "household": "golden",
    "customer_order": "interactions",
    "order_line": "interactions",
    "visit": "interactions",
    "cart": "interactions",
    "ticket": "interactions",
    "message_event": "interactions",
    "customer_trait": "segments",
    "segment_membership": "segments",
    "overlapping_membership": "segments",
    "segment_definition": "segments",
    "segment_transition": "segments",
    "passage_factor": "segments",
    "transition_matrix": "segments",
    "attribution": "segments",
    "outbox": "activation",
    "suppression": "activation",
    "campaign_metric": "activation",
    "consent_event": "governance",
    "consent_state": "governance",
    "consent_purpose": "governance",
    "quarantine": "validation",
    "quality_metric": "governance",
}

#: Published tables to which rows are only ever added; a publish inserts the rows whose key is new.
APPEND_ONLY: frozenset[str] = frozenset({"identity_event", "consent_event", "outbox", "suppression"})


def lake_path(stage: str, name: str) -> str:
    """Return the place of a dataset in the lake, for instance `golden/golden_profile`."""
    return f"{stage}/{name}"


def published_path(table: str) -> str:
    """Return the place in the lake of what is published as `table`."""
    return lake_path(PUBLISHED[table], table)


def raw_path(source: str) -> str:
    """Return the place of a source's extracts as delivered (partitioned by day)."""
    return f"sources/{source}"


def typed_path(source: str) -> str:
    """Return the place of a source's typed rows (partitioned by day)."""
    return f"validation/{source}"


def quarantine_path(source: str) -> str:
    """Return the place of a source's refused rows (partitioned by day)."""
    return f"validation/{source}.quarantine"


def canonical_path(kind: str, source: str) -> str:
    """Return the place of a source's canonical records of one kind (partitioned by day)."""
    return f"standardisation/{kind}.{source}"


@cache
def code_version(*stages: str) -> str:
    """Return a hash of the Python and data files of the stages: what they compute is stale once these change."""
    root = Path(__file__).parent
    files = [root / "canonical.py"]
    for stage in stages:
        folder = root / stage
        files += sorted(p for p in folder.rglob("*") if p.suffix in {".py", ".yaml", ".csv"})
    digest = hashlib.sha256()
    for file in files:
        if file.name not in {"assets.py", "checks.py"}:
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
