"""Figures of the stage's tables for people: counts, sums and middles in rows of texts, nobody's own value."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import CUSTOMER_TRAIT
from scv_assets.validation.figures import MINOR_DIGITS

#: passages that are shown, the most frequent of each segmentation
MOST = 12


class Figures(NamedTuple):
    """A small table: the titles of its columns, and its rows."""

    titles: tuple[str, ...]
    rows: Sequence[Sequence[str]]


def of_traits(con: Connection, traits: Relation, currency: str) -> Figures:
    """Return of every trait that is a number how many customers have it, its median and the values a tenth lie below.

    `traits`: customer_trait. The last column is the value that a tenth lie above. A column for which nobody has a value
    has a row all the same.
    """
    names = [one.name for one in CUSTOMER_TRAIT.columns if isinstance(one.type, sa.Integer | sa.BigInteger | sa.Double)]
    rows: list[Sequence[str]] = []
    for name in names:
        parts = ", ".join(f"quantile_disc({name}, {part})" for part in (0.1, 0.5, 0.9))
        known, *values = con.sql(f"SELECT count({name}), {parts} FROM traits").fetchall()[0]
        rows.append((name.removesuffix("_cents"), f"{known:,}", *(_told(name, value, currency) for value in values)))
    return Figures(("trait", "customers", "a tenth have at most", "the half", "nine tenths"), rows)


def of_definitions(con: Connection, definitions: Relation) -> Figures:
    """Return the glossary that is in force, in the order in which segments are tried. `definitions`: as published."""
    found = con.sql(
        """
        SELECT term, version, owner, kind, title, rule FROM definitions WHERE valid_to IS NULL
        ORDER BY segmentation, position, segment
        """
    ).fetchall()
    rows = [[str(cell or "") for cell in row[:5]] + [f"`{row[5]}`"] for row in found]
    return Figures(("term", "version", "owner", "kind", "segment", "who is in it"), rows)


def of_passages(con: Connection, factors: Relation) -> Figures:
    """Return the most frequent passages between segments, each with what made customers move. `factors`: as published.

    Entries of the history, where nobody came from anywhere, are left out.
    """
    found = con.sql(
        f"""
        SELECT segmentation, from_segment, to_segment, factor, channel, moves, customers, share FROM factors
        WHERE factor <> '(none)'
        QUALIFY row_number() OVER (PARTITION BY segmentation ORDER BY moves DESC, from_segment, to_segment, factor,
            channel) <= {MOST}
        ORDER BY segmentation, moves DESC, from_segment, to_segment, factor, channel
        """
    ).fetchall()
    rows = [(*row[:5], f"{row[5]:,}", f"{row[6]:,}", f"{row[7]:.0%}") for row in found]
    titles = ("segmentation", "from", "to", "made by", "channel", "moves", "customers", "of this passage")
    return Figures(titles, rows)


def of_attribution(con: Connection, attributed: Relation, currency: str) -> Figures:
    """Return what each channel is credited with by each model, the greatest first. `attributed`: as published."""
    models = [row[0] for row in con.sql("SELECT DISTINCT model FROM attributed ORDER BY model").fetchall()]
    found = con.sql(
        """
        SELECT channel, model, sum(share) AS orders, sum(credit_cents)::BIGINT AS cents,
               max(sum(credit_cents)) OVER (PARTITION BY channel) AS most
        FROM attributed GROUP BY channel, model ORDER BY most DESC NULLS LAST, channel, model
        """
    ).fetchall()
    shares = {(channel, model): (orders, cents) for channel, model, orders, cents, _ in found}
    rows: list[Sequence[str]] = []
    for channel in dict.fromkeys(row[0] for row in found):
        told = (shares.get((channel, model), (0.0, 0)) for model in models)
        rows.append((channel, *(f"{orders:,.1f} orders, {_money(cents, currency)}" for orders, cents in told)))
    return Figures(("channel", *models), rows)


def _told(name: str, value: float | None, currency: str) -> str:
    if value is None:
        return ""
    if name.endswith("_cents"):
        return _money(value, currency)
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def _money(cents: float | None, currency: str) -> str:
    digits = MINOR_DIGITS.get(currency, 2)
    return f"{(cents or 0) / 10**digits:,.{digits}f} {currency}"
