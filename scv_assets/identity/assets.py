"""Who is who: one step, many assets (identifiers, scored pairs, customers, redirects, events, tasks)."""

import time
from typing import Any

import dagster as dg

from resources import clock
from resources.lake import Lake
from scv_assets import stages
from scv_assets.asset_metadata import Lineage, inline_png, lineage_markdown, published_description, published_metadata
from scv_assets.decisions import decisions_made
from scv_assets.faults import translated
from scv_assets.home import Home
from scv_assets.identity.pictures import (
    convergence_png,
    histogram_png,
    levels_of,
    model_markdown,
    shares_png,
    weights_png,
)
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.run import OUTPUTS, POLICY, identify, trained_model
from scv_assets.progress import Listener, UnderWay, step

STAGE = "identity"
_SECONDS_BETWEEN = 10.0
MODEL_NAME = "model"

_RECORD = ("standardisation", "source_record")
_IDENTIFIER = ("standardisation", "identifier")

_LINEAGE: dict[str, Lineage] = {
    "record_identifier": {
        column: [(*_IDENTIFIER, column)]
        for column in ("source", "source_key", "namespace", "value", "first_seen_at", "last_seen_at")
    },
    "match_edge": {
        "match_weight": [
            (*_RECORD, column)
            for column in ("first_name", "last_name", "birth_on", "email", "phone", "street", "postcode", "city")
        ],
    },
    "crosswalk": {
        "source": [(*_RECORD, "source")],
        "source_key": [(*_RECORD, "source_key")],
        "customer_id": [(*_RECORD, "source_key"), (STAGE, "match_edge", "decision")],
    },
    "customer_redirect": {"customer_id": [(STAGE, "crosswalk", "customer_id")]},
    "identity_event": {"customer_id": [(STAGE, "crosswalk", "customer_id")]},
    "review_task": {"records": [(STAGE, "match_edge", "decision")]},
}


def identity_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the identity assets (computed together: they are one decision)."""
    version = stages.code_version(STAGE)

    @dg.multi_asset(
        name="who_is_who",
        specs=[
            dg.AssetSpec(
                [STAGE, table],
                deps=[dg.AssetKey(_RECORD), dg.AssetKey(_IDENTIFIER)],
                description=published_description(table),
                kinds={home.settings.engine, "duckdb", "parquet"},
                metadata=published_metadata(table, _LINEAGE[table]),
                code_version=version,
                group_name=STAGE,
            )
            for table in OUTPUTS
        ]
        + [
            dg.AssetSpec(
                [STAGE, MODEL_NAME],
                deps=[dg.AssetKey(_RECORD), dg.AssetKey(_IDENTIFIER)],
                description="The trained model: what each level is worth (in the lake: identity/model.json)",
                kinds={home.settings.engine, "json"},
                code_version=version,
                group_name=STAGE,
            )
        ],
        required_resource_keys={"lake", "store", "view_lock"},
    )
    def who_is_who(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        lake, store = context.resources.lake, context.resources.store
        with translated(), _Logged(context.log).listening(), step(STAGE, "crosswalk") as work:
            done = identify(
                home, lake, store, decisions=decisions_made(store), now=clock.now(), run_id=context.run.run_id
            )
            work.rows_in, work.rows_out = done.number("records"), done.number("customers")
            work.is_unchanged = not done.is_computed
        for table in OUTPUTS:
            part = lake.part(stages.published_path(table))
            metadata: dict[str, Any] = {"dagster/row_count": part.rows}
            if table == "crosswalk":
                metadata |= {
                    "customers": done.number("customers"),
                    "id_churn_rate": done.counts.get("id_churn_rate", 0.0),
                    "cluster_sizes": _table(done.histogram("cluster_sizes"), "records", "customers"),
                }
            if table == "match_edge":
                metadata |= {"weights": _table(done.histogram("weight_histogram"), "from weight (bits)", "pairs")}
                metadata |= {name: count for name, count in done.counts.items() if not isinstance(count, dict)}
            yield dg.MaterializeResult(asset_key=dg.AssetKey([STAGE, table]), metadata=metadata)
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey([STAGE, MODEL_NAME]),
            metadata=_model_page(home, lake, done.histogram("weight_histogram")),
        )

    return [who_is_who]


class _Logged(Listener):
    """Tells the run's log how far a long comparison is, now and then."""

    def __init__(self, log: dg.DagsterLogManager) -> None:
        super().__init__()
        self._log, self._told_at = log, time.monotonic()

    def on_the_way(self, work: UnderWay) -> None:
        """Say how far it is, if some time has passed."""
        if time.monotonic() - self._told_at >= _SECONDS_BETWEEN:
            self._told_at = time.monotonic()
            self._log.info(f"{work.done:,} of {work.total:,} {work.things}")


def _model_page(home: Home, lake: Lake, weights: dict[str, int]) -> dict[str, Any]:
    """Return the model's metadata: version, table of levels, pictures."""
    model = trained_model(lake)
    if model is None:
        return {}
    policy = read_policy(home.document(POLICY))
    levels = levels_of(model, policy)
    return {
        "version": model.version,
        "plan": model.plan_hash,
        "levels": dg.MetadataValue.md(model_markdown(model, levels)),
        "m_and_u": inline_png("m and u by level", shares_png(levels)),
        "match_weights": inline_png("Match weights by level", weights_png(levels)),
        "convergence": inline_png("Training, round by round", convergence_png(model)),
        "weight_histogram": inline_png("Weights of pairs", histogram_png(weights, policy.thresholds)),
    }


def _table(histogram: dict[str, int], left: str, right: str) -> dg.MetadataValue[Any]:
    """Return a histogram as a Markdown table with bars: a picture that needs no image."""
    most = max(histogram.values(), default=1)
    bars = [(value, str(count), "█" * max(1, round(24 * count / most))) for value, count in histogram.items()]
    return lineage_markdown(bars, (left, right, ""))
