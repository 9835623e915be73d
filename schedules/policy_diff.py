"""The job that tries another matching policy: what it would change, as metadata of its run; it publishes nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from resources import clock
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.policy_diff import PolicyDiff, policy_diff
from scv_assets.yaml_document import read_yaml

POLICY_DIFF = "policy_diff"


class PolicyDiffConfig(dg.Config):
    """`policy`: path of the other matching.yaml; `sample`: so many changes to read, by ids and record keys."""

    policy: str
    sample: int = 10


def policy_diff_job(home: Home) -> dg.JobDefinition:
    """Return the job, for a company."""

    @dg.op(
        name="compare_policies",
        out=dg.Out(dg.Nothing),
        required_resource_keys={"store"},
        description="Runs the other policy beside the company's, down to messages, and counts the differences",
    )
    def compare_policies(context: dg.OpExecutionContext, config: PolicyDiffConfig) -> Iterator[dg.Output[None]]:
        with translated():
            document = read_yaml(Path(config.policy), config.policy)
            found = policy_diff(
                home,
                context.resources.store,
                document,
                now=clock.now(),
                sample=config.sample,
                said=context.log.info,
            )
        yield dg.Output(None, metadata=_metadata(found))

    @dg.job(name=POLICY_DIFF, description="What another matching.yaml would change, before anything is published")
    def compared() -> None:
        compare_policies()

    return compared


def _metadata(found: PolicyDiff) -> dict[str, Any]:
    """Return the figures, each as metadata of its own, and the sample as JSON."""
    told = found.as_json()
    return {name: dg.MetadataValue.json(v) if isinstance(v, dict | list | tuple) else v for name, v in told.items()}
