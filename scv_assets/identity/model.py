"""A trained model: what each level of agreement is worth, and how common each name is.

Fellegi and Sunter (1969), with more than one kind of pair that is not one person: beside strangers (u) there are
lookalikes, people of one household or of one name, each kind with its own probabilities. People who live together share
surname, address, landline and mailbox at once, and namesakes have mailboxes alike: without kinds of their own these
count as independent witnesses of one person, and the more pairs are looked at, the more of them are wrong.

The numbers belong to one plan and are refused with another. Frequencies are kept of names that many records have;
a rare name, which could tell who someone is, is not in the model.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from scv_assets.errors import ModelRefused
from scv_assets.identity.plan import Plan


@dataclass(frozen=True)
class LevelOdds:
    """Probability of a level where both sides have a value: for one person, for strangers, for each lookalike kind."""

    m: float
    u: float
    lookalikes: dict[str, float]


@dataclass(frozen=True)
class TermFrequencies:
    """Share of records by value; every value that is not listed has the share `rare`, every value at least that."""

    common: dict[str, float]
    rare: float


@dataclass(frozen=True)
class Model:
    """`prior`: share of all pairs that are one person; `lookalike_priors`: that are each kind of lookalikes.

    `convergence`: mean log-likelihood (nats) of a pair before each round of training; empty where an older version
    trained the model.
    """

    plan_hash: str
    prior: float
    lookalike_priors: dict[str, float]
    levels: dict[str, dict[str, LevelOdds]]
    frequencies: dict[str, TermFrequencies]
    convergence: tuple[float, ...] = ()

    @property
    def version(self) -> str:
        """Hash of the numbers."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def check(self, plan: Plan) -> None:
        """Raise `ModelRefused` where the model was trained for another plan."""
        if self.plan_hash != plan.hash:
            raise ModelRefused(
                f"the model belongs to plan {self.plan_hash}, and matching.yaml gives plan {plan.hash}; train it anew"
            )

    def to_json(self) -> str:
        """Return the model as JSON, keys sorted."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Model":
        """Return the model that `to_json` wrote.

        Raises `ModelRefused` where the text holds none.
        """
        try:
            found: dict[str, Any] = json.loads(text)
            return Model(
                plan_hash=found["plan_hash"],
                prior=found["prior"],
                lookalike_priors=found["lookalike_priors"],
                levels={
                    name: {level: LevelOdds(**odds) for level, odds in levels.items()}
                    for name, levels in found["levels"].items()
                },
                frequencies={name: TermFrequencies(**shares) for name, shares in found["frequencies"].items()},
                convergence=tuple(found.get("convergence", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelRefused("the text holds no model; train anew") from error
