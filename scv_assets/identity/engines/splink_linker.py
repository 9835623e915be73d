"""A trained model as a Splink linker over the records: for Splink's charts, and to weigh a pair by another program.

Its weights are the comparisons' bits and the prior; what lookalikes take back and negative rules are not in them
(`splink_settings`).
"""

from typing import TYPE_CHECKING

import pyarrow as pa

from scv_assets.identity.blocking import block_keys
from scv_assets.identity.context import SharedValues
from scv_assets.identity.engines.splink_backends import Backend
from scv_assets.identity.engines.splink_settings import settings
from scv_assets.identity.engines.splink_table import records_table
from scv_assets.identity.model import Model
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Records

if TYPE_CHECKING:
    from splink import Linker


def trained_linker(backend: Backend, plan: Plan, model: Model, records: Records, shared: SharedValues) -> "Linker":
    """Return the linker; its records' `unique_id` is their number.

    Raises `ModelRefused` where the model was trained for another plan.
    """
    from splink import Linker

    blocks = tuple(block_keys(plan, records, rule) for rule in plan.blocking.rules)
    table = backend.put(records_table(backend.dialect, plan, records, blocks, shared))
    linker = Linker(table, settings(backend.dialect, plan, model), log_level=None)
    for comparison in plan.comparisons:
        if comparison.term_frequency is not None:
            found = _frequencies(model, records, comparison.name, comparison.term_frequency)
            linker.table_management.register_term_frequency_lookup(backend.put(found), comparison.term_frequency)
    return linker


def _frequencies(model: Model, records: Records, comparison: str, feature: str) -> pa.Table:
    shares = model.frequencies[comparison]
    values = records.columns[feature].values
    return pa.table(
        {
            feature: pa.array(values, pa.string()),
            f"tf_{feature}": pa.array([max(shares.common.get(v, shares.rare), shares.rare) for v in values]),
        }
    )
