"""How good clusters are against a known truth, how good blocking is, and how steady ids are.

Pairwise and cluster measures as Hassanzadeh et al. (2009); B-cubed as Bagga and Baldwin (1998): the mean over records
of the share of its cluster that is its entity (precision) and of its entity that is in its cluster (recall). Pair
completeness and reduction ratio as Christen, Data Matching (2012), 7.3.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from scv_assets.identity.records import Pairs


@dataclass(frozen=True)
class Measure:
    """Precision, recall and their harmonic mean, each 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Quality:
    """`pairs`: pairs in one cluster; `clusters`: those that are exactly an entity; `b_cubed`: a mean over records."""

    pairs: Measure
    clusters: Measure
    b_cubed: Measure


def quality(found: npt.ArrayLike, truth: npt.ArrayLike) -> Quality:
    """Return how well cluster labels agree with the labels of the truth, one of each a record."""
    label = np.unique(np.asarray(found), return_inverse=True)[1]
    entity = np.unique(np.asarray(truth), return_inverse=True)[1]
    _, cells, sizes = np.unique(
        label.astype(np.int64) * (entity.max(initial=0) + 1) + entity, return_inverse=True, return_counts=True
    )
    of_label, of_entity = np.bincount(label), np.bincount(entity)
    shared = sizes[cells]
    exact = (shared == of_label[label]) & (shared == of_entity[entity])
    exact_clusters = len(np.unique(label[exact]))
    return Quality(
        pairs=Measure(_ratio(_pairs(sizes), _pairs(of_label)), _ratio(_pairs(sizes), _pairs(of_entity))),
        clusters=Measure(_ratio(exact_clusters, len(of_label)), _ratio(exact_clusters, len(of_entity))),
        b_cubed=Measure(float((shared / of_label[label]).mean()), float((shared / of_entity[entity]).mean())),
    )


@dataclass(frozen=True)
class BlockingQuality:
    """`pair_completeness`: share of the true pairs that are looked at; `reduction_ratio`: of all pairs that are not."""

    pair_completeness: float
    reduction_ratio: float


def blocking_quality(candidates: Pairs, truth: npt.ArrayLike) -> BlockingQuality:
    """Return how good candidate pairs are; `truth` is the entity of every record, by its number."""
    entity = np.unique(np.asarray(truth), return_inverse=True)[1]
    count = len(entity)
    is_true = entity[candidates.left] == entity[candidates.right]
    return BlockingQuality(
        pair_completeness=_ratio(int(is_true.sum()), _pairs(np.bincount(entity))),
        reduction_ratio=1 - len(candidates) / max(count * (count - 1) // 2, 1),
    )


def id_churn_rate(before: pa.Table, after: pa.Table) -> float:
    """Return the share of the records of both crosswalks whose customer_id is another one; 0 where none is in both.

    A crosswalk: source, source_key, customer_id; key (source, source_key). After a merge the
    records whose id went count.
    """
    if not before.num_rows:
        return 0.0
    both = before.join(after, keys=["source", "source_key"], join_type="inner", right_suffix="_after")
    changed = pa.compute.not_equal(both["customer_id"], both["customer_id_after"])
    return _ratio(pa.compute.sum(changed).as_py() or 0, both.num_rows) if both.num_rows else 0.0


def _pairs(sizes: npt.NDArray[np.integer]) -> int:
    return int((sizes.astype(np.int64) * (sizes - 1) // 2).sum())


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
