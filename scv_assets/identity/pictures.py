"""The trained model for people: what each level is worth, as a table and as pictures, for the asset's metadata.

The same model gives the same bytes. No value of any record is in them: levels, probabilities and counts only. A model
is drawn once a process, however many runs look at it: a picture takes longer than matching a small company.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log, log2
from typing import TYPE_CHECKING

from scv_assets.identity.model import Model
from scv_assets.identity.policy import Policy, Thresholds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FOR, _AGAINST, _M, _U = "#2a7f62", "#b5483a", "#2b6cb0", "#a0aec0"
_LEAST = 1e-7


@dataclass(frozen=True)
class LevelWorth:
    """A level of a comparison: how often one person's records show it (m), strangers' (u), and the bits of it."""

    comparison: str
    level: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        """log2 of m / u."""
        return log2(self.m / self.u)


def levels_of(model: Model, policy: Policy) -> tuple[LevelWorth, ...]:
    """Return every level of every comparison, in the policy's order; neutral ones, which weigh nothing, left out."""
    return tuple(
        LevelWorth(comparison.name, level, odds.m, odds.u)
        for comparison in policy.comparisons
        for level in comparison.level_names[1:]
        if level not in comparison.neutral
        for odds in (model.levels[comparison.name][level],)
    )


def model_markdown(model: Model, levels: tuple[LevelWorth, ...]) -> str:
    """Return the model as Markdown: what is known before looking, then each level."""
    kinds = "".join(
        f"; 1 in {1 / share:,.0f} is of lookalikes: {kind}" for kind, share in sorted(model.lookalike_priors.items())
    )
    lines = [
        f"Version {model.version}. Of all pairs 1 in {1 / model.prior:,.0f} is one person{kinds}.",
        "",
        "| comparison | level | m: one person | u: strangers | bits |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    lines += [f"| {one.comparison} | {one.level} | {one.m:.4f} | {one.u:.6f} | {one.bits:+.2f} |" for one in levels]
    return "\n".join(lines)


@lru_cache(maxsize=2)
def shares_png(levels: tuple[LevelWorth, ...]) -> bytes:
    """Return m and u of each level, on a logarithmic scale: how often it is seen of one person, and of strangers."""
    figure, axes = _figure(levels)
    for row, one in enumerate(levels):
        for offset, share, colour in ((-0.2, one.m, _M), (0.2, one.u, _U)):
            axes.barh(row + offset, max(share - _LEAST, 0.0), left=_LEAST, height=0.36, color=colour)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(_plain)
    axes.xaxis.set_minor_formatter("")
    axes.set_xlim(_LEAST, 2)
    axes.set_title("How often a level is seen: of one person (m, blue), of strangers (u, grey)", fontsize=10)
    return _png(figure)


@lru_cache(maxsize=2)
def weights_png(levels: tuple[LevelWorth, ...]) -> bytes:
    """Return what each level is worth in bits, for one person to the right, against to the left."""
    figure, axes = _figure(levels)
    for row, one in enumerate(levels):
        axes.barh(row, one.bits, height=0.7, color=_FOR if one.bits >= 0 else _AGAINST)
    axes.axvline(0, color="#777777", linewidth=0.8)
    axes.set_title("Match weight of each level, in bits", fontsize=10)
    return _png(figure)


def histogram_png(histogram: Mapping[str, int], thresholds: Thresholds) -> bytes:
    """Return how many pairs have which weight (bins of 2 bits, by their lower end), with the thresholds as lines."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    lows = [int(low) for low in histogram]
    axes.bar([low + 1 for low in lows], list(histogram.values()), width=1.8, color=_U)
    for name, probability, colour in (("match", thresholds.match, _FOR), ("review", thresholds.review, _AGAINST)):
        weight = log2(probability / (1 - probability))
        axes.axvline(weight, color=colour, linewidth=1.4, label=f"{name}: {probability:g} ({weight:+.1f} bits)")
    axes.set_yscale("symlog", linthresh=10)
    axes.yaxis.set_major_formatter(_plain)
    axes.set_xlabel("weight in bits")
    axes.set_ylabel("pairs")
    axes.legend(fontsize=8)
    axes.set_title("Weights of the pairs that were looked at", fontsize=10)
    return _png(figure)


def convergence_png(model: Model) -> bytes:
    """Return how the likelihood of the pairs rose from round to round of training: flat at its end, or cut short."""
    return _convergence_png(model.convergence)


@lru_cache(maxsize=2)
def _convergence_png(convergence: tuple[float, ...]) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8, 3.2), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    rounds = range(1, len(convergence) + 1)
    axes.plot(rounds, [nats / log(2) for nats in convergence], color=_M, marker=".", linewidth=1.2)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(lambda value, _place: f"{value:.4g}")
    axes.set_xlabel("round")
    axes.set_ylabel("mean log-likelihood of a pair, bits")
    axes.set_title(f"Training: {len(convergence)} rounds of expectation-maximisation", fontsize=10)
    return _png(figure)


def _figure(levels: tuple[LevelWorth, ...]) -> "tuple[Figure, Axes]":
    """Return a figure with a row a level, named on its left, a line between comparisons."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1 + 0.22 * len(levels)), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    labels = [f"{one.comparison}: {one.level}".replace("_", " ") for one in levels]
    axes.set_yticks(range(len(levels)), labels, fontsize=7, parse_math=False)
    axes.set_ylim(len(levels) - 0.5, -0.5)
    for row in range(1, len(levels)):
        if levels[row].comparison != levels[row - 1].comparison:
            axes.axhline(row - 0.5, color="#dddddd", linewidth=0.8)
    return figure, axes


def _plain(value: float, _place: float) -> str:
    """Return a tick's label as plain text: formulas would look for fonts of their own."""
    return f"{value:g}" if value < 1 else f"{value:,.0f}"


def _png(figure: "Figure") -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
