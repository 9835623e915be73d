"""The quality audit of every channel, from the lake to the lake."""

import io
from dataclasses import dataclass
from datetime import date

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, fingerprint
from resources.store.tables import CROSSWALK, GOLDEN_FIELDS, QUALITY_METRIC, QUARANTINE, SOURCE_RECORD, duckdb_schema
from scv_assets import stages
from scv_assets.home import Home
from scv_assets.refresh import refresh
from scv_assets.validation.channel_report import channel_report
from scv_assets.validation.quality import Audited, quality_metrics

STAGE = "governance"
OUTPUT = stages.published_path("quality_metric")


@dataclass(frozen=True)
class Audit:
    """The audit's rows, its report as Markdown, and a picture of completeness as PNG (None: nobody yet)."""

    rows: int
    report: str
    picture: bytes | None
    is_computed: bool


def measure_quality(home: Home, lake: Lake) -> Audit:
    """Write the quality metrics as of the newest day in the lake."""
    days = [day for source in home.contracts for day in lake.parts(stages.raw_path(source))]
    measured_on = date.fromisoformat(max(days)) if days else home.settings.start_on
    inputs = [stages.published_path(table.name) for table in (SOURCE_RECORD, CROSSWALK, QUARANTINE)]
    inputs += [stages.typed_path(source) for source in home.contracts]
    made_from = fingerprint(
        lake.content(*inputs),
        [contract.fingerprint for contract in home.contracts.values()],
        str(measured_on),
        stages.code_version("validation", STAGE),
    )

    def compute(con: Connection) -> dict[str, Relation]:
        records, crosswalk, quarantine = (
            lake.scan(con, stages.published_path(table.name), duckdb_schema(table))
            for table in (SOURCE_RECORD, CROSSWALK, QUARANTINE)
        )
        return {
            OUTPUT: quality_metrics(con, home.contracts, lake, Audited(records, crosswalk, quarantine), measured_on)
        }

    done = refresh(lake, [OUTPUT], made_from, compute)
    with lake.connect() as con:
        metrics = lake.scan(con, OUTPUT, duckdb_schema(QUALITY_METRIC))
        titles = {source: contract.title for source, contract in home.contracts.items()}
        return Audit(done.rows(OUTPUT), channel_report(metrics, titles), _completeness(metrics), done.is_computed)


def _completeness(metrics: Relation) -> bytes | None:
    """Return a heat map of completeness by channel and golden field."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    cells = metrics.filter("metric = 'completeness' AND value IS NOT NULL").project("source, field, value").fetchall()
    value = {(source, field): share for source, field, share in cells if field in GOLDEN_FIELDS}
    sources = sorted({source for source, _ in value})
    fields = [field for field in GOLDEN_FIELDS if any((source, field) in value for source in sources)]
    if not fields:
        return None
    figure = Figure(figsize=(2.2 + 0.62 * len(fields), 1.4 + 0.36 * len(sources)), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shares = [[value.get((source, field), float("nan")) for field in fields] for source in sources]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_title("Completeness by channel", fontsize=10)
    axes.set_xticks(range(len(fields)), fields, rotation=40, ha="right", fontsize=8)
    axes.set_yticks(range(len(sources)), sources, fontsize=8)
    for row, source in enumerate(sources):
        for column, field in enumerate(fields):
            if (source, field) in value:
                share = value[(source, field)]
                axes.text(
                    column,
                    row,
                    f"{share:.0%}",
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if share > 0.6 else "black",
                )
    out = io.BytesIO()
    canvas.print_png(out, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return out.getvalue()
