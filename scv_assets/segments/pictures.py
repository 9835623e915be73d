"""The transition matrix for people: a Markdown table and a heat map, for asset metadata, terminal and console."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import fill

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.business_days import day
from scv_assets.segments.codes import NEW
from scv_assets.segments.policy import Segmentation
from scv_assets.sql_quoting import literal

#: Characters that fit under a column of the heat map.
_LABEL_WIDTH = 15


@dataclass(frozen=True)
class MatrixPicture:
    """One period's matrix laid out: `customers[row][column]`, rows from the segments left, columns to those entered.

    `froms` and `tos` pair a segment's name with its title; shares are of the row.
    """

    title: str
    froms: tuple[tuple[str, str], ...]
    tos: tuple[tuple[str, str], ...]
    customers: tuple[tuple[int, ...], ...]

    def share(self, row: int, column: int) -> float:
        """Return which part of those who began in the row's segment ended in the column's, 0 where nobody began."""
        total = sum(self.customers[row])
        return self.customers[row][column] / total if total else 0.0


def lay_out(con: Connection, matrix: Relation, segmentation: Segmentation, start: date, end: date) -> MatrixPicture:
    """Return one period of `transition_matrix` laid out: the segments from the lowest up, `(new)` first.

    Segments of an earlier version of the segmentation that still occur follow by name.
    """
    cells = con.sql(
        f"""
        SELECT from_segment, to_segment, customers FROM matrix
        WHERE segmentation = {literal(segmentation.name)} AND period_start = {day(start)} AND period_end = {day(end)}
        """
    ).fetchall()
    counts = {(left, entered): int(customers) for left, entered, customers in cells}
    titles = {NEW: "New", **{segment.name: segment.title for segment in reversed(segmentation.segments)}}
    former = sorted({name for pair in counts for name in pair} - set(titles))
    froms = [*titles.items(), *((name, name) for name in former)]
    tos = [pair for pair in froms if pair[0] != NEW]
    return MatrixPicture(
        f"{segmentation.title}, {start.isoformat()} to {end.isoformat()}",
        tuple(froms),
        tuple(tos),
        tuple(tuple(counts.get((left, entered), 0) for entered, _ in tos) for left, _ in froms),
    )


def matrix_markdown(picture: MatrixPicture) -> str:
    """Return the matrix as a Markdown table: customers and, of those who began there, the share."""
    rows = [
        [
            title,
            *(_cell(picture, row, column) for column in range(len(picture.tos))),
            f"{sum(picture.customers[row]):,}",
        ]
        for row, (_, title) in enumerate(picture.froms)
    ]
    ends = [sum(counts) for counts in zip(*picture.customers, strict=True)]
    totals = ["**at the end**", *(f"{count:,}" for count in ends), f"{sum(ends):,}"]
    header = ["from \\ to", *(title for _, title in picture.tos), "all"]
    lines = [header, ["---", *["---:"] * (len(picture.tos) + 1)], *rows, totals]
    return f"**{picture.title}**\n\n" + "\n".join(f"| {' | '.join(_escaped(line))} |" for line in lines) + "\n"


def matrix_png(picture: MatrixPicture) -> bytes:
    """Return the matrix as a heat map of shares, a PNG; the same bytes for the same matrix."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = len(picture.froms), len(picture.tos)
    figure = Figure(figsize=(2.4 + 1.15 * columns, 1.2 + 0.55 * rows), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shares = [[picture.share(row, column) for column in range(columns)] for row in range(rows)]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_title(picture.title, fontsize=11, parse_math=False)
    axes.set_xticks(
        range(columns), [fill(title, _LABEL_WIDTH) for _, title in picture.tos], fontsize=9, parse_math=False
    )
    axes.set_yticks(range(rows), [title for _, title in picture.froms], fontsize=9, parse_math=False)
    axes.set_xlabel("segment at the end", fontsize=9)
    axes.set_ylabel("segment at the start", fontsize=9)
    for row in range(rows):
        for column in range(columns):
            if picture.customers[row][column]:
                colour = "white" if shares[row][column] > 0.6 else "black"
                text = f"{picture.customers[row][column]:,}\n{shares[row][column]:.1%}"
                axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _cell(picture: MatrixPicture, row: int, column: int) -> str:
    count = picture.customers[row][column]
    return f"{count:,} ({picture.share(row, column):.1%})" if count else ""


def _escaped(cells: Sequence[str]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in cells]
