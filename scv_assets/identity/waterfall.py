"""The waterfall of a pair's evidence: what is known before looking, then each witness, up to the probability.

Here: the steps and their two pictures, text bars and an SVG. Where the evidence comes from: `explain`, `pair_evidence`.
"""

import io
from dataclasses import dataclass
from pathlib import Path

from scv_assets.errors import ConfigError
from scv_assets.identity.explain import Witness

#: Entries of the evidence that say something without weighing anything.
WEIGHTLESS = ("identifier", "steward")
PRIOR = "prior"

_FULL, _LIGHT, _MARK = "█", "░", "│"


@dataclass(frozen=True)
class Fall:
    """One step: what was compared, the level found, its bits, all bits so far, and the probability they give."""

    comparison: str
    level: str
    bits: float
    total: float

    @property
    def probability(self) -> float:
        """Probability of one person by what was seen so far."""
        return float(1 / (1 + 2.0**-self.total)) if self.total > -1000 else 0.0


def falls(witnesses: tuple[Witness, ...]) -> tuple[Fall, ...]:
    """Return the steps: the prior, then the witnesses from what says most for one person to what says most against."""
    weighing = [w for w in witnesses if w.comparison not in WEIGHTLESS and (w.bits or w.comparison == PRIOR)]
    ordered = sorted(weighing, key=lambda w: (w.comparison != PRIOR, -w.bits, w.comparison))
    found, total = [], 0.0
    for witness in ordered:
        total += witness.bits
        found.append(Fall(witness.comparison, witness.level, witness.bits, total))
    return tuple(found)


def bars(steps: tuple[Fall, ...], width: int) -> list[str]:
    """Return a bar a step, each `width` characters: from the sum before to the sum after; `│` stands at 0 bits.

    Full blocks gain, light ones lose.
    """
    sums = [0.0, *(step.total for step in steps)]
    low, high = min(sums), max(sums)
    scale = (width - 1) / max(high - low, 1e-9)
    drawn = []
    for before, step in zip(sums, steps, strict=False):
        one, other = sorted((before, step.total))
        start, end = round((one - low) * scale), round((other - low) * scale)
        cells = [" "] * width
        cells[round(-low * scale)] = _MARK
        for place in range(start, max(end, start + 1)):
            cells[place] = _FULL if step.bits >= 0 else _LIGHT
        drawn.append("".join(cells))
    return drawn


def write_chart(steps: tuple[Fall, ...], title: str, file: Path) -> None:
    """Write the waterfall as an SVG; the same bytes for the same steps.

    Raises `ConfigError` where the file is to be no SVG or cannot be written.
    """
    if file.suffix.lower() != ".svg":
        raise ConfigError(f"{file}: the chart is an SVG; name a file that ends in .svg")
    content = _svg(steps, title)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}); name another file") from error


def _svg(steps: tuple[Fall, ...], title: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "waterfall", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 1.2 + 0.34 * len(steps)), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        sums = [0.0, *(step.total for step in steps)]
        for row, (before, step) in enumerate(zip(sums, steps, strict=False)):
            axes.barh(row, step.bits, left=before, color="#2a7f62" if step.bits >= 0 else "#b5483a", height=0.7)
            axes.annotate(
                f"{step.bits:+.1f}", (max(before, step.total), row), (3, 0), textcoords="offset points", va="center"
            )
        axes.axvline(0, color="#777777", linewidth=0.8)
        labels = [step.comparison if step.comparison == PRIOR else f"{step.comparison}: {step.level}" for step in steps]
        axes.set_yticks(range(len(steps)), labels, parse_math=False)
        axes.invert_yaxis()
        axes.margins(x=0.1)
        axes.set_xlabel("bits (log2 of the odds of one person)")
        axes.set_title(title, fontsize=10, parse_math=False)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()
