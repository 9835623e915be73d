"""Builders: a person record, a crowd with families to train on, and one call that resolves them."""

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.store.tables import JUDGEMENT, SOURCE_RECORD, duckdb_schema
from scv_assets.identity.model import Model
from scv_assets.identity.policy import Policy
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.resolve import PreviousState, Resolution, resolve
from scv_assets.yaml_document import read_yaml

ROOT = Path(__file__).parents[2]
MATCHING = ROOT / "demo_company" / "company" / "matching.yaml"
DAY_1 = datetime(2026, 9, 1)  # noqa: DTZ001 (instants of the project are naive UTC)
IDENTIFIERS = {
    "source": "VARCHAR",
    "source_key": "VARCHAR",
    "namespace": "VARCHAR",
    "value": "VARCHAR",
    "first_seen_at": "TIMESTAMP",
    "last_seen_at": "TIMESTAMP",
}

Row = dict[str, Any]

_FIRST = tuple(
    name
    for line in (
        "Marie Jean Sophie Luc Emma Lucas Anna Thomas Julie Pieter Hannah Maxime Lotte Hugo Elise Victor Camille",
        "Arthur Nora Louis Alice Jules Zoé Adam Chloé Noah Gabriel Inès Liam Sarah Raphaël Eva Wout Lien Stijn Fleur",
    )
    for name in line.split()
)
_LAST = tuple(
    name
    for line in (
        "Martin Bernard Dubois Peeters Janssens Maes Jacobs Mertens Willems Claes Goossens Wouters Durand Moreau",
        "Lambert Dupont Leroy Simon Laurent Lefebvre Michel Fontaine Rousseau Vincent Muller Lefèvre Faure André",
        "Mercier Guérin Boyer Garnier Chevalier François Legrand Gauthier Perrin Robin Vermeulen Pauwels Hermans Aerts",
    )
    for name in line.split()
)
_STREETS = (
    *("Kerkstraat", "Rue de la Gare", "Rue Neuve", "Molenstraat"),
    *("Avenue Louise", "Rue du Moulin", "Dorpstraat", "Rue Haute"),
)
_CITIES = (("1000", "Bruxelles"), ("9000", "Gent"), ("4000", "Liège"), ("59000", "Lille"), ("2000", "Antwerpen"))


def person(source_key: str, *, source: str = "crm", **fields: Any) -> Row:
    """Return a source_record: everything is null but what is given."""
    row: Row = dict.fromkeys(duckdb_schema(SOURCE_RECORD))
    row |= {"source": source, "source_key": source_key, "first_seen_at": DAY_1, "is_deleted": False} | fields
    held = sorted((name, str(value)) for name, value in row.items() if name != "content_hash")
    return row | {"content_hash": hash_of(held)}


def changed(record: Row, **fields: Any) -> Row:
    """Return the record as its source tells it later."""
    kept = {name: value for name, value in record.items() if name not in ("source_key", "content_hash")}
    return person(record["source_key"], **{**kept, **fields})


def hash_of(held: object) -> str:
    """Return a hash of what a record says."""
    return hashlib.sha256(repr(held).encode()).hexdigest()[:32]


def identifier(record: Row, namespace: str, value: str) -> Row:
    """Return an identifier that a record holds."""
    return {
        "source": record["source"],
        "source_key": record["source_key"],
        "namespace": namespace,
        "value": value,
        "first_seen_at": DAY_1,
        "last_seen_at": DAY_1,
    }


def judgement(left: Row, right: Row, verdict: str, *, number: int = 1, revoked: bool = False) -> Row:
    """Return a steward's verdict on two records."""
    at = DAY_1 + timedelta(hours=number)
    return {
        "judgement_id": f"J{number}",
        "left_source": left["source"],
        "left_key": left["source_key"],
        "right_source": right["source"],
        "right_key": right["source_key"],
        "verdict": verdict,
        "judged_by": "steward",
        "judged_at": at,
        "reason": "seen",
        "revoked_at": at if revoked else None,
    }


def crowd(families: int, seed: int = 7) -> list[Row]:
    """Return records of families: one to four people a door, one to three records each, with gaps and typing errors."""
    draw = random.Random(seed)
    rows: list[Row] = []
    for family in range(families):
        surname, street, (postcode, city) = draw.choice(_LAST), draw.choice(_STREETS), draw.choice(_CITIES)
        home = {"street": street, "house_number": str(draw.randint(1, 180)), "postcode": postcode, "city": city}
        landline = f"+322{draw.randint(1000000, 9999999)}"
        mailbox = f"famille.{surname.lower()}{family}@voo.be" if draw.random() < 0.15 else None
        for member in range(draw.choice((1, 1, 2, 2, 3, 4))):
            first = draw.choice(_FIRST)
            whole = {
                "first_name": first,
                "last_name": surname,
                "birth_on": date(1940, 1, 2) + timedelta(days=draw.randint(0, 26000)),
                "email": mailbox
                or f"{first}.{surname}{draw.randint(1, 99)}@{draw.choice(('gmail.com', 'free.fr'))}".lower(),
                "phone": landline if draw.random() < 0.2 else f"+3247{draw.randint(1000000, 9999999)}",
                **home,
            }
            copies = range(draw.choice((1, 1, 2, 3)))
            rows += [_worn(draw, f"f{family}m{member}c{copy}", whole) for copy in copies]
    return rows


def _worn(draw: random.Random, key: str, whole: Mapping[str, Any]) -> Row:
    known = {name: value for name, value in whole.items() if draw.random() > _GAPS.get(name, 0.0)}
    if "street" not in known:
        known.pop("house_number", None)
    for name in ("first_name", "last_name"):
        if name in known and draw.random() < 0.06:
            known[name] = _mistyped(draw, known[name])
    return person(key, source=draw.choice(("crm", "ecommerce", "loyalty")), **known)


_GAPS = {"birth_on": 0.4, "phone": 0.35, "email": 0.2, "street": 0.3, "postcode": 0.2, "first_name": 0.03}


def _mistyped(draw: random.Random, name: str) -> str:
    place = draw.randrange(1, len(name) - 1)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


@cache
def policy() -> Policy:
    """Return the policy that ships."""
    return read_policy(read_yaml(MATCHING))


@cache
def trained() -> Model:
    """Return a model trained on the crowd with the policy that ships."""
    with duckdb.connect() as con:
        return resolved(con, crowd(350), model=None).model


def relation(con: Connection, rows: Iterable[Row], schema: Mapping[str, str]) -> Relation:
    """Return rows as a relation with exactly these columns and types."""
    listed = list(rows)
    table = pa.table({name: pa.array([row[name] for row in listed]) for name in schema})
    columns = ", ".join(f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in schema.items())
    return con.from_arrow(con.sql(f'SELECT {columns} FROM "table"').to_arrow_table())


def resolved(
    con: Connection,
    people: Sequence[Row],
    *,
    identifiers: Sequence[Row] = (),
    judgements: Sequence[Row] = (),
    previous: Resolution | None = None,
    day: int = 1,
    using: Policy | None = None,
    with_cache: bool = True,
    **options: Any,
) -> Resolution:
    """Resolve the people; by default with the model trained on the crowd."""
    before = (
        PreviousState.none(con)
        if previous is None
        else PreviousState(previous.crosswalk, previous.customer_redirect, previous.review_task)
    )
    return resolve(
        con,
        relation(con, people, duckdb_schema(SOURCE_RECORD)),
        relation(con, identifiers, IDENTIFIERS),
        relation(con, judgements, duckdb_schema(JUDGEMENT)),
        before,
        using or policy(),
        model=options["model"] if "model" in options else trained(),
        now=DAY_1 + timedelta(days=day),
        run_id=f"run-{day}",
        pair_cache=previous.pair_levels if previous is not None and with_cache else None,
        engine=options.get("engine", "native"),
    )


def customers(found: Resolution) -> dict[str, str]:
    """Return the customer of each record, by source_key (keys are unique in a test)."""
    return {key: customer for _, key, customer, *_ in found.crosswalk.fetchall()}


def groups(found: Resolution) -> set[frozenset[str]]:
    """Return the customers as sets of source_keys."""
    by_customer: dict[str, set[str]] = {}
    for key, customer in customers(found).items():
        by_customer.setdefault(customer, set()).add(key)
    return {frozenset(keys) for keys in by_customer.values()}


def are_one(found: Resolution, *keys: str) -> bool:
    """Tell whether the records are one customer."""
    known = customers(found)
    return len({known[key] for key in keys}) == 1


def events(found: Resolution) -> list[tuple[str, str]]:
    """Return kind and cause of the run's events, sorted."""
    return sorted((row[1], row[6]) for row in found.new_events.fetchall())
