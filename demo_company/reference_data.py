"""The word lists under `reference/`: names, places, streets, articles. Loaded once, as arrays with weights."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from demo_company.arrays import Integers, Numbers, Texts

FOLDER = Path(__file__).parent / "reference"
LANGUAGES: tuple[str, ...] = ("fr", "nl", "en")


@dataclass(frozen=True)
class FirstNames:
    """Given names of one language and gender, with the year in which each was most given."""

    names: Texts
    peak_year: Integers
    weight: Numbers

    def weights_for(self, birth_year: int, spread: float = 13.0) -> Numbers:
        """Return how likely each name is for a birth year; no name ever dies out wholly."""
        fashion = np.exp(-(((self.peak_year - birth_year) / spread) ** 2) / 2) + 0.004
        return np.asarray(self.weight * fashion, dtype=np.float64)


@dataclass(frozen=True)
class Communes:
    """Municipalities of Belgium and France; `weight` goes with their inhabitants among the customers."""

    postcode: Texts
    city: Texts
    country: Texts
    language: Texts
    weight: Numbers


@dataclass(frozen=True)
class Products:
    """What the company sells."""

    product_id: Texts
    name: Texts
    category: Texts
    price_cents: Integers

    @property
    def weight(self) -> Numbers:
        """How often each is sold: a long tail."""
        return np.asarray(1.0 / (5 + np.arange(len(self.product_id))) ** 0.6, dtype=np.float64)


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _column(rows: list[dict[str, str]], name: str) -> Texts:
    return np.array([row[name] for row in rows], dtype=object)


def _integers(rows: list[dict[str, str]], name: str) -> Integers:
    return np.array([int(row[name]) for row in rows], dtype=np.int64)


def _numbers(rows: list[dict[str, str]], name: str) -> Numbers:
    return np.array([float(row[name]) for row in rows], dtype=np.float64)


@cache
def first_names(language: str, gender: str) -> FirstNames:
    """Return the given names of a language (fr, nl, en) and gender (m, f)."""
    rows = [r for r in _rows("first_names") if r["language"] == language and r["gender"] == gender]
    return FirstNames(_column(rows, "name"), _integers(rows, "peak_year"), _numbers(rows, "weight"))


@cache
def surnames(language: str) -> tuple[Texts, Numbers]:
    """Return the frequent family names of a language with their weights."""
    rows = [row for row in _rows("surnames") if row["language"] == language]
    return _column(rows, "surname"), _numbers(rows, "weight")


@cache
def surname_parts(language: str, part: str) -> Texts:
    """Return the prefixes, stems or suffixes of which the rare family names are made."""
    return _column([r for r in _rows("surname_parts") if r["language"] == language and r["part"] == part], "text")


@cache
def streets(language: str, part: str) -> Texts:
    """Return kinds (`Rue`, `straat`) or names of streets."""
    return _column([r for r in _rows("streets") if r["language"] == language and r["part"] == part], "text")


@cache
def communes() -> Communes:
    """Return the municipalities."""
    rows = _rows("communes")
    postcode, city, country, language = (_column(rows, n) for n in ("postcode", "city", "country", "language"))
    return Communes(postcode, city, country, language, _numbers(rows, "weight"))


@cache
def email_domains(country: str) -> tuple[Texts, Numbers]:
    """Return the mailbox providers of a country with their weights."""
    rows = [row for row in _rows("email_domains") if row["country"] == country]
    return _column(rows, "domain"), _numbers(rows, "weight")


@cache
def nicknames() -> dict[str, tuple[str, ...]]:
    """Return given name -> what friends say."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows("nicknames"):
        found[row["name"]] = (*found.get(row["name"], ()), row["nickname"])
    return found


@cache
def products() -> Products:
    """Return the catalogue."""
    rows = _rows("products")
    product_id, name, category = (_column(rows, n) for n in ("product_id", "name", "category"))
    return Products(product_id, name, category, _integers(rows, "price_cents"))
