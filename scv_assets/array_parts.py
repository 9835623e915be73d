"""A function of many texts on all cores: Arrow's kernels use one core each and let the others run meanwhile."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

_PART = 1 << 16

Bulk = Callable[[pa.StringArray], pa.Array]


def in_parts(function: Bulk, texts: pa.StringArray) -> pa.Array:
    """Return `function(texts)`, for a function that treats each text by itself."""
    if len(texts) <= _PART:
        return function(texts)
    parts = [texts.slice(start, _PART) for start in range(0, len(texts), _PART)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return pa.concat_arrays(list(pool.map(function, parts)))
