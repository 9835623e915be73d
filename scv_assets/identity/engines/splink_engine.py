"""The plan run by Splink, on DuckDB or on Spark: where a company outgrows one machine, this is the way on.

Splink blocks on the shared keys and compares; its predictions carry the code of each level (`splink_settings`). Where
the database's text measures could answer otherwise than the reference (`splink_sql.doubt`: a similarity within a
rounding error of its limit, letters that it counts otherwise), the reference engine is asked, so levels are the same to
the last pair. Records and the levels of pairs pass through this process; what lies in between runs in the database.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from scv_assets.identity.blocking import BlockKeys, block_keys
from scv_assets.identity.engines import Candidates, Levels
from scv_assets.identity.engines.recordlinkage_engine import RecordlinkageEngine
from scv_assets.identity.engines.splink_backends import Backend
from scv_assets.identity.engines.splink_settings import IN_DOUBT, output_column, settings, weight_column
from scv_assets.identity.engines.splink_table import records_table
from scv_assets.identity.plan import Plan
from scv_assets.identity.records import Pairs, Records
from scv_assets.progress import under_way

if TYPE_CHECKING:
    from splink import Linker
    from splink.internals.splink_dataframe import SplinkDataFrame

CHUNK = 1_000_000

_ROW = "match_key"


@dataclass(frozen=True)
class _Laid:
    """Records that lie in the database, ready to be linked by a plan."""

    plan: Plan
    records: Records
    blocks: tuple[BlockKeys, ...]
    table: "SplinkDataFrame"
    linker: "Linker"


class SplinkEngine:
    """See the module. It keeps the table of the records that it was asked about last."""

    name = "splink"
    keeps_levels = True

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._laid: _Laid | None = None

    def candidate_pairs(self, plan: Plan, records: Records) -> Candidates:
        """Return the pairs of all blocking rules, each once."""
        laid = self._lay(plan, records)
        if not laid.blocks:
            return Candidates.of(Pairs.none(records.count), ())
        found = laid.linker.inference.compute_blocked_pairs_for_predict()
        rows = self._backend.rows(found, ("join_key_l", "join_key_r"))
        self._backend.drop(found)
        return Candidates.of(
            Pairs.of(rows["join_key_l"].to_numpy(), rows["join_key_r"].to_numpy(), records.count), laid.blocks
        )

    def compare(self, plan: Plan, records: Records, pairs: Pairs) -> Levels:
        """Return the level of every comparison of every pair."""
        laid = self._lay(plan, records)
        levels = np.zeros((len(pairs), len(plan.comparisons)), dtype=np.uint8)
        columns = [_ROW, *(weight_column(output_column(plan, comparison)) for comparison in plan.comparisons)]
        for start in range(0, len(pairs), CHUNK):
            chunk = pairs.take(np.arange(start, min(start + CHUNK, len(pairs))))
            row, *weights = (column.to_numpy() for column in self._predicted(laid, chunk, columns).itercolumns())
            for place, weight in enumerate(weights):
                levels[start + row, place] = np.rint(weight)
            under_way("identity", "pairs compared", start + len(chunk), len(pairs))
        in_doubt = (levels == IN_DOUBT).any(axis=1)
        levels[in_doubt] = RecordlinkageEngine().compare(plan, records, pairs.take(in_doubt))
        return levels

    def _predicted(self, laid: _Laid, pairs: Pairs, columns: list[str]) -> pa.Table:
        """Return Splink's match weights of the comparisons, each pair's row beside them."""
        table = pa.table({_ROW: np.arange(len(pairs)), "join_key_l": pairs.left, "join_key_r": pairs.right})
        asked = laid.linker.table_management.register_blocked_pairs_for_predict(self._backend.put(table))
        found = laid.linker.inference.predict(warning_mode="never")
        rows = self._backend.rows(found, columns)
        self._backend.drop(found)
        self._backend.drop(asked)
        return rows

    def _lay(self, plan: Plan, records: Records) -> _Laid:
        if self._laid is None or self._laid.plan is not plan or self._laid.records is not records:
            if self._laid is not None:
                self._backend.drop(self._laid.table)
            self._laid = self._new(plan, records)
        return self._laid

    def _new(self, plan: Plan, records: Records) -> _Laid:
        from splink import Linker

        dialect = self._backend.dialect
        blocks = tuple(block_keys(plan, records, rule) for rule in plan.blocking.rules)
        table = self._backend.put(records_table(dialect, plan, records, blocks))
        return _Laid(plan, records, blocks, table, Linker(table, settings(dialect, plan), log_level=None))
