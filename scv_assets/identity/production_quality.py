"""Precision and recall of the pairs in production, estimated from stewards' judgements, each with an interval.

The pairs that the last run kept with evidence are the population. They fall into strata: what the machine made of the
pair (linked or not), and how sure it was (a shared identifier, or a band of probability). In a stratum of N pairs, k of
n judged ones are one person: share p = k/n, with Wilson's interval (Wilson 1927). Which pairs were judged may depend on
the stratum in any way, so the review queue serves as well as a sample; within a stratum it must not.

- precision: sum of N p over the linked strata / linked pairs. A weighted sum of proportions; its interval recovers the
  variance of each from its Wilson interval (MOVER: Zou, Huang and Zhang 2009); of one stratum alone it is Wilson's.
- recall: T / (T + U), T and U the sums of N p over linked and other strata; interval of the ratio U/T by MOVER-R
  (Newcombe 2016). Pairs that no blocking rule looked at, or below the review threshold, are not in it.

A stratum without a judgement counts with the model's mean probability, and may be anything from 0 to 1.
"""

from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity.explain import Key
from scv_assets.identity.policy import Thresholds

#: Two-sided 95 %.
Z = 1.959964

_NOTHING = 1e-12

IDENTIFIER = "shared identifier"


@dataclass(frozen=True)
class Estimate:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Stratum:
    """Pairs of one kind: how many there are, how many were judged, how many of those are one person.

    `expected`: the model's mean probability.
    """

    is_linked: bool
    band: str
    pairs: int
    judged: int
    one_person: int
    expected: float

    @property
    def share(self) -> Estimate:
        """Share of one person among the stratum's pairs."""
        if not self.judged:
            return Estimate(self.expected, 0.0, 1.0)
        return wilson(self.one_person, self.judged)


@dataclass(frozen=True)
class ProductionQuality:
    """`precision` is None where nothing is linked, `recall` where no pair is one person."""

    strata: tuple[Stratum, ...]
    precision: Estimate | None
    recall: Estimate | None


def wilson(successes: int, trials: int) -> Estimate:
    """Return a proportion with Wilson's score interval."""
    share, z2 = successes / trials, Z * Z
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z / (1 + z2 / trials) * float(np.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)))
    return Estimate(share, min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share))


def production_quality(
    con: Connection, match_edge: Relation, judgements: Relation, thresholds: Thresholds
) -> ProductionQuality:
    """Estimate from the published edges and the log of judgements."""
    classified = _classified(con, match_edge, judgements, thresholds)
    rows = con.sql("""
        SELECT is_linked, band, count(*), count(verdict),
               count(*) FILTER (WHERE verdict = 'must_link'), coalesce(avg(probability), 1.0)
        FROM classified GROUP BY is_linked, band, place ORDER BY is_linked DESC, place
    """).fetchall()
    return estimated(tuple(Stratum(*row) for row in rows))


def estimated(strata: tuple[Stratum, ...]) -> ProductionQuality:
    """Return precision and recall of the strata."""
    linked = [stratum for stratum in strata if stratum.is_linked]
    kept, missed = _total(linked), _total([stratum for stratum in strata if not stratum.is_linked])
    count = sum(stratum.pairs for stratum in linked)
    precision = Estimate(kept.value / count, kept.low / count, min(kept.high / count, 1.0)) if count else None
    return ProductionQuality(strata, precision, _recall(kept, missed))


def sample(
    con: Connection, match_edge: Relation, judgements: Relation, thresholds: Thresholds, size: int
) -> list[tuple[Key, Key]]:
    """Return pairs to judge, so that precision and recall become known best with so few (Neyman 1934).

    A stratum gets 2, the rest by its pairs times the standard deviation that the model expects of them. Within a
    stratum by the hash of the pair: as good as at random, and the same on every call. Judged pairs are left out.
    """
    classified = _classified(con, match_edge, judgements, thresholds)
    rows = con.sql(
        """
        WITH counted AS (
            SELECT is_linked, band,
                   sqrt(greatest(avg(probability) * (1 - avg(probability)), 0.0025)) * count(*) AS spread
            FROM classified GROUP BY is_linked, band
        ), wanted AS (
            SELECT is_linked, band, 2 + $size * spread / sum(spread) OVER () AS wanted FROM counted
        ), ordered AS (
            SELECT *, sha256(concat_ws('\x1f', left_source, left_key, right_source, right_key)) AS hash
            FROM classified WHERE verdict IS NULL
        )
        SELECT left_source, left_key, right_source, right_key
        FROM ordered JOIN wanted USING (is_linked, band)
        QUALIFY row_number() OVER (PARTITION BY is_linked, band ORDER BY hash) <= wanted
        ORDER BY row_number() OVER (PARTITION BY is_linked, band ORDER BY hash) / wanted, hash
        """,
        params={"size": size},
    ).fetchall()
    return [((ls, lk), (rs, rk)) for ls, lk, rs, rk in rows[:size]]


def _classified(con: Connection, match_edge: Relation, judgements: Relation, thresholds: Thresholds) -> Relation:
    """Return a row a kept pair: its keys, probability, is_linked, band, the band's place, the verdict in force."""
    match, review = thresholds.match, thresholds.review
    half = 1 - (1 - match) / 5
    return con.from_arrow(
        con.sql(
            """
        WITH verdicts AS (
            SELECT left_source, left_key, right_source, right_key, verdict FROM judgements
            WHERE revoked_at IS NULL AND verdict <> 'unsure'
            QUALIFY row_number() OVER (
                PARTITION BY left_source, left_key, right_source, right_key ORDER BY judged_at DESC, judgement_id DESC
            ) = 1
        ), told AS (
            SELECT e.*, v.verdict,
                   from_json(evidence, '[{"comparison": "VARCHAR", "level": "VARCHAR"}]') AS said
            FROM match_edge e LEFT JOIN verdicts v USING (left_source, left_key, right_source, right_key)
        ), marked AS (
            SELECT *, len(list_filter(said, lambda x: x.comparison = 'identifier')) > 0 AS shares,
                   len(list_filter(said, lambda x: x.comparison = 'rule' AND x.level <> 'weighs')) > 0 AS is_forbidden
            FROM told
        ), decided AS (
            SELECT left_source, left_key, right_source, right_key, verdict, match_probability AS probability,
                   CASE WHEN via = 'steward'
                        THEN NOT is_forbidden AND (shares OR coalesce(match_probability, 0) >= $match)
                        ELSE decision = 'match' END AS is_linked,
                   CASE WHEN is_forbidden THEN 5 WHEN shares THEN 0 WHEN match_probability >= $half THEN 1
                        WHEN match_probability >= $match THEN 2 WHEN match_probability >= $review THEN 3
                        ELSE 4 END AS place
            FROM marked
        )
        SELECT * EXCLUDE (place), place,
               list_extract($bands, place + 1) AS band
        FROM decided ORDER BY left_source, left_key, right_source, right_key
        """,
            params={
                "match": match,
                "review": review,
                "half": half,
                "bands": [
                    IDENTIFIER,
                    f"from {half:g}",
                    f"{match:g} to {half:g}",
                    f"{review:g} to {match:g}",
                    f"below {review:g}",
                    "forbidden by a rule",
                ],
            },
        ).to_arrow_table()
    )


def _total(strata: list[Stratum]) -> Estimate:
    """Return how many pairs of the strata are one person, with its interval (MOVER)."""
    shares = [(stratum.pairs, stratum.share) for stratum in strata]
    value = sum(pairs * share.value for pairs, share in shares)
    below = sum((pairs * (share.value - share.low)) ** 2 for pairs, share in shares) ** 0.5
    above = sum((pairs * (share.high - share.value)) ** 2 for pairs, share in shares) ** 0.5
    return Estimate(value, max(value - below, 0.0), value + above)


def _recall(kept: Estimate, missed: Estimate) -> Estimate | None:
    if kept.value + missed.value <= 0:
        return None
    ratio_low = _ratio_bound(missed.value, missed.low, kept.value, kept.high, -1)
    ratio_high = _ratio_bound(missed.value, missed.high, kept.value, kept.low, 1)
    return Estimate(kept.value / (kept.value + missed.value), 1 / (1 + ratio_high), 1 / (1 + ratio_low))


def _ratio_bound(top: float, top_bound: float, bottom: float, bottom_bound: float, side: int) -> float:
    """Return a bound of top / bottom (MOVER-R); infinite where the denominator may be nothing."""
    width = bottom_bound * (2 * bottom - bottom_bound)
    if abs(width) < _NOTHING:
        return float("inf") if side > 0 else 0.0
    product = top * bottom
    root = max(product * product - top_bound * width * (2 * top - top_bound), 0.0) ** 0.5
    return float(max((product + side * root) / width, 0.0))
