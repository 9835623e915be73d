"""The quality audit as a data steward reads it: a chapter a channel, in words and percentages (Markdown)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from duckdb import DuckDBPyRelation as Relation

from scv_assets.validation.measures import RECORD

#: Below this share a field is pointed out.
POOR = 0.9
_SHOWN = 5
_ORPHANS = "{numerator:,.0f} of {denominator:,.0f} values of `{name}` ({value:.1%}) point nowhere."
_NO_ORPHAN = "All {denominator:,.0f} values of `{name}` are found where they point."


@dataclass
class _Channel:
    """The metrics of one source: metric -> field -> (value, numerator, denominator)."""

    metrics: dict[str, dict[str, tuple[float | None, float, float]]] = field(default_factory=dict)

    def fields(self, metric: str) -> dict[str, tuple[float | None, float, float]]:
        """Return one metric by field."""
        return self.metrics.get(metric, {})

    def record(self, metric: str) -> tuple[float | None, float, float] | None:
        """Return one metric of whole records."""
        return self.fields(metric).get(RECORD)


def channel_report(metrics: Relation, titles: Mapping[str, str] | None = None) -> str:
    """Return the audit as Markdown: an overview of the channels, then one chapter each.

    `metrics` has the columns of `quality_metric` for one `measured_on`; `titles` calls sources by name.
    """
    channels: dict[str, _Channel] = {}
    days = set()
    columns = "source, field, metric, value, numerator, denominator, measured_on"
    for source, name, metric, value, numerator, denominator, day in metrics.project(columns).order("ALL").fetchall():
        known = channels.setdefault(source, _Channel()).metrics.setdefault(metric, {})
        known[name] = (value, numerator, denominator)
        days.add(day)
    if not channels:
        return "Nothing has been measured yet."
    called = {source: (titles or {}).get(source, source) for source in channels}
    parts = [f"# Quality audit, {max(days):%d/%m/%Y}", "", *_overview(channels, called)]
    for source, channel in channels.items():
        parts += ["", f"## {called[source]} (`{source}`)", "", *_chapter(channel, called)]
    return "\n".join(parts) + "\n"


def _overview(channels: Mapping[str, _Channel], called: Mapping[str, str]) -> list[str]:
    shown = (
        ("reachable", "contactability_rate", False),
        ("duplicates inside", "intra_base_duplicate_rate", False),
        ("refused rows", "quarantine_rate", False),
        ("days old", "freshness_days", True),
    )
    rows = [
        [called[source], *(_cell(channel.record(metric), is_days=is_days) for _, metric, is_days in shown)]
        for source, channel in channels.items()
    ]
    return _table(["channel", *(title for title, _, _ in shown)], rows)


def _chapter(channel: _Channel, called: Mapping[str, str]) -> list[str]:
    sentences = [
        _told(channel.record("freshness_days"), "Days since its newest extract: {numerator:.0f}."),
        _told(
            channel.record("intra_base_duplicate_rate"),
            "Of {denominator:,.0f} records, {numerator:,.0f} ({value:.1%}) are of a customer that it has already.",
        ),
        _told(
            channel.record("contactability_rate"),
            "{numerator:,.0f} of {denominator:,.0f} records ({value:.1%}) can be reached by e-mail, phone or post.",
        ),
        _told(
            channel.record("quarantine_rate"),
            "{numerator:,.0f} of {denominator:,.0f} rows ({value:.2%}) stand refused{columns}.",
            columns=_by_column(channel),
        ),
        *(
            _told(figures, _ORPHANS if figures[1] else _NO_ORPHAN, name=name)
            for name, figures in channel.fields("orphan_rate").items()
        ),
        _shared(channel, called),
    ]
    lines = [f"- {sentence}" for sentence in sentences if sentence]
    fields = _fields(channel)
    return [*lines, "", *fields] if fields else lines


def _told(figures: tuple[float | None, float, float] | None, sentence: str, **more: str) -> str:
    if figures is None or figures[0] is None:
        return ""
    value, numerator, denominator = figures
    return sentence.format(value=value, numerator=numerator, denominator=denominator, **more)


def _by_column(channel: _Channel) -> str:
    columns = {name: rows for name, (_, rows, _) in channel.fields("quarantine_rate").items() if name != RECORD}
    worst = sorted(columns.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    return f", mostly for {', '.join(f'`{name}` ({rows:,.0f})' for name, rows in worst)}" if worst else ""


def _shared(channel: _Channel, called: Mapping[str, str]) -> str:
    others = [(value, other) for other, (value, _, _) in channel.fields("inter_base_duplicate_rate").items() if value]
    most = sorted(others, key=lambda pair: (-pair[0], pair[1]))[:_SHOWN]
    told = ", ".join(f"{called.get(other, other)} {value:.0%}" for value, other in most)
    return f"Share of its customers that other channels know too: {told}." if told else ""


def _fields(channel: _Channel) -> list[str]:
    completeness, validity = channel.fields("completeness"), channel.fields("validity")
    uniqueness = channel.fields("uniqueness")
    rows = [
        [
            name,
            _cell(filled),
            _cell(validity.get(name)),
            _cell(uniqueness.get(name)),
            _remark(filled, validity.get(name)),
        ]
        for name, filled in completeness.items()
    ]
    return _table(["field", "filled in", "valid", "distinct", ""], rows) if rows else []


def _remark(filled: tuple[float | None, float, float], valid: tuple[float | None, float, float] | None) -> str:
    if filled[0] is not None and filled[0] < POOR:
        return "often missing"
    return "often unusable" if valid is not None and valid[0] is not None and valid[0] < POOR else ""


def _cell(figures: tuple[float | None, float, float] | None, *, is_days: bool = False) -> str:
    if figures is None or figures[0] is None:
        return "–"
    return f"{figures[0]:.0f}" if is_days else f"{figures[0]:.1%}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
