"""A generated company under test, with its truth as frames."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from demo_company.generate import GenerationReport, generate

COMMITTED = Path(__file__).parents[2] / "data" / "demo"
SEED, PEOPLE, DAYS, END_ON = 20260823, 2000, 90, date(2026, 11, 20)


@dataclass(frozen=True)
class Company:
    """A generated folder."""

    folder: Path
    report: GenerationReport

    def truth(self, table: str) -> pd.DataFrame:
        """Return a table of the truth."""
        return _read(self.folder / "truth" / f"{table}.parquet")

    def bad_rows(self, source: str) -> pd.DataFrame:
        """Return what was spoilt in a source, all as text."""
        bad = pd.read_csv(self.folder / "truth" / "bad_rows.csv", dtype=str, keep_default_na=False)
        return bad[bad["source"] == source]

    def playing(self, scenario: str) -> set[str]:
        """Return the people who play a scenario."""
        scenarios = self.truth("scenarios")
        return set(scenarios.loc[scenarios["scenario"] == scenario, "person_id"])

    def persons(self, source: str) -> dict[str, str]:
        """Return source_key -> person of a source."""
        who = self.truth("who_is_who")
        who = who[who["source"] == source]
        return dict(zip(who["source_key"], who["person_id"], strict=True))


@cache
def _read(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pq.read_table(path).to_pandas()
    return frame


def generated(folder: Path, *, seed: int = SEED, people: int = PEOPLE, days: int = DAYS) -> Company:
    """Generate a company."""
    return Company(folder, generate(folder, seed=seed, people=people, days=days, end_on=END_ON))
