"""The plain Python Record Linkage Toolkit: block, compare, ECM without labels, components of what it calls a match.

with_recordlinkage.py TABLE ROLES TRUTH OUT MODE    (mode and truth are not read)
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import recordlinkage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.peers.hand_in import hand_in

#: Pairs that are looked at: the yardsticks' rules, and on few rows every single field too.
RULES = (
    ("email",),
    ("phone",),
    ("account_id",),
    ("last_name", "birth_on"),
    ("first_name", "birth_on"),
    ("last_name", "postcode"),
    ("first_name", "postcode"),
    ("first_name", "last_name"),
    ("street", "postcode"),
)
FEW_ROWS = 20_000
SINGLE = ("first_name", "last_name", "birth_on", "postcode", "street")
ALIKE = {"first_name": 0.85, "last_name": 0.85, "street": 0.85, "city": 0.85, "email": 0.9}


def main(table: str, roles: str, _truth: str, out: str, _mode: str) -> None:
    """Write a cluster a row, and say what it cost."""
    start = time.perf_counter()
    column_of = json.loads(Path(roles).read_text(encoding="utf-8"))
    rows = pd.read_csv(table, dtype=str)
    fields = pd.DataFrame({role: rows[column].str.lower().str.strip() for role, column in column_of.items()})
    pairs = candidates(fields)
    compare = recordlinkage.Compare()
    for role in fields:
        if role in ALIKE:
            compare.string(role, role, method="jarowinkler", threshold=ALIKE[role], label=role)
        else:
            compare.exact(role, role, label=role)
    features = compare.compute(pairs, fields)
    matches = recordlinkage.ECMClassifier().fit_predict((features > 0).astype(int))
    left, right = (np.asarray(matches.get_level_values(side)) for side in (0, 1))
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(len(rows), len(rows)))
    clusters = connected_components(graph, directed=False)[1]
    hand_in(out, clusters, start)


def candidates(fields: pd.DataFrame) -> pd.MultiIndex:
    """Return the pairs that agree on every field of one rule."""
    indexer = recordlinkage.Index()
    for rule in (*RULES, *(((one,) for one in SINGLE) if len(fields) <= FEW_ROWS else ())):
        if set(rule) <= set(fields):
            indexer.block(list(rule))
    found: pd.MultiIndex = indexer.index(fields)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
