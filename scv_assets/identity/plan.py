"""The policy made ready for an engine: what to block on, what to compare, and a hash that names it.

Everything that a model's numbers depend on is in the plan, and so in its hash; what only uses the numbers (thresholds,
identifiers' rules, negative rules, clustering) is not and may change without training anew.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

from scv_assets.identity.features import FEATURES, FEATURES_VERSION
from scv_assets.identity.policy import Blocking, Comparison, Lookalikes, Policy, Training
from scv_assets.stages import code_version


@dataclass(frozen=True)
class Plan:
    """What every engine runs: the same plan and records give the same pairs and levels, whichever engine runs it.

    `hash` names what a model depends on; `levels_version` what a pair's levels depend on, code included.
    """

    blocking: Blocking
    comparisons: tuple[Comparison, ...]
    lookalikes: tuple[Lookalikes, ...]
    training: Training
    hash: str
    levels_version: str


def compile_plan(policy: Policy) -> Plan:
    """Return the plan of a policy."""
    blocked = {
        name: (policy.namespace(name).blocked_values, policy.namespace(name).blocked_patterns)
        for name in ("email", "phone")
    }
    comparisons = [asdict(comparison) for comparison in policy.comparisons]
    lookalikes = [asdict(kind) for kind in policy.lookalikes]
    plan_hash = _hash(
        FEATURES_VERSION, FEATURES, blocked, comparisons, lookalikes, asdict(policy.blocking), asdict(policy.training)
    )
    return Plan(
        blocking=policy.blocking,
        comparisons=policy.comparisons,
        lookalikes=policy.lookalikes,
        training=policy.training,
        hash=plan_hash,
        levels_version=_hash(code_version("identity"), blocked, comparisons),
    )


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:24]
