"""What may not come back: hashes of erased records, customers and identifiers, and how anything is held against them.

A hash is SHA-256 of the company's salt, the namespace and the value: the table tells nobody whom it names, no table of
hashes made beforehand fits it, and those of two companies cannot be laid side by side. The salt is drawn with the
first erasure and stands with each request: whoever holds the whole store may still try values one by one.

The same hash is made in Python and in DuckDB's SQL. A key that PostgreSQL would shorten (`loading`) is hashed in its
short form everywhere, so that a record is known in the lake by what the store calls it.
"""

import hashlib
import itertools
from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa
from duckdb import DuckDBPyConnection as Connection

from resources.lake import fingerprint
from resources.store.engine import reading
from resources.store.loading import INDEXED_BYTES
from resources.store.tables import ERASURE_REQUEST, TOMBSTONE

#: namespaces beside those of identifiers: a source's person record, a customer id
RECORD, CUSTOMER = "record", "customer"
_BETWEEN = "\x1f"
_VISIBLE_NUL = "\ufffd"
_KEPT = INDEXED_BYTES // 5
_NUMBER = itertools.count(1)


@dataclass(frozen=True)
class Tombstones:
    """Hashes by namespace, under one salt; `fingerprint` changes when any is added."""

    salt: str
    hashes: dict[str, frozenset[str]]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was ever erased."""
        return not any(self.hashes.values())

    @property
    def fingerprint(self) -> str:
        """What was made with these tombstones is stale once it is another."""
        return fingerprint([(name, sorted(hashes)) for name, hashes in sorted(self.hashes.items())])

    def of(self, namespace: str) -> frozenset[str]:
        """Return the hashes of a namespace."""
        return self.hashes.get(namespace, frozenset())

    def hold(self, namespace: str, value: str) -> bool:
        """Tell whether a value is erased."""
        return hashed(self.salt, namespace, value) in self.of(namespace)

    def hash(self, namespace: str, value: str) -> str:
        """Return the hash of a value under the salt of these."""
        return hashed(self.salt, namespace, value)

    def laid(self, con: Connection) -> "Laid":
        """Lay the hashes into a temporary table of the connection, for conditions of SQL."""
        rows = [(name, one) for name, of in sorted(self.hashes.items()) for one in sorted(of)]
        hashes = pa.table({"namespace": [row[0] for row in rows], "hashed": [row[1] for row in rows]}, _HASHES)
        name = f"tombstones_{next(_NUMBER)}"
        con.execute(f"CREATE TEMP TABLE {name} AS FROM hashes")
        return Laid(name, self.salt)


@dataclass(frozen=True)
class Laid:
    """Tombstones in a table of a DuckDB connection; conditions are false, never null, where a value is null."""

    table: str
    salt: str

    def record(self, source: str, key: str) -> str:
        """Return the SQL condition that a record (SQL of its source and key) is erased."""
        return self.holds(RECORD, f"({source}) || chr(31) || {normal_sql(f'({key})')}")

    def customer(self, customer_id: str) -> str:
        """Return the SQL condition that a customer id is erased."""
        return self.holds(CUSTOMER, customer_id)

    def holds(self, namespace: str, value: str) -> str:
        """Return the SQL condition that a value (SQL of text) is erased."""
        digest = f"sha256('{self.salt}' || chr(31) || '{namespace}' || chr(31) || ({value}))"
        return f"coalesce({digest} IN (SELECT hashed FROM {self.table} WHERE namespace = '{namespace}'), false)"


_HASHES = pa.schema([("namespace", pa.string()), ("hashed", pa.string())])
NOTHING_ERASED = Tombstones("", {})


def tombstones(store: sa.Engine, *, namespaces: Collection[str] | None = (RECORD, CUSTOMER)) -> Tombstones:
    """Return what is erased: of these namespaces, or (None) of all."""
    query = sa.select(TOMBSTONE.c.namespace, TOMBSTONE.c.hashed_value)
    if namespaces is not None:
        query = query.where(TOMBSTONE.c.namespace.in_(list(namespaces)))
    with reading(store) as connection:
        salt = connection.scalar(sa.select(sa.func.max(ERASURE_REQUEST.c.salt))) or ""
        rows = connection.execute(query).all()
    found: dict[str, set[str]] = {}
    for namespace, value in rows:
        found.setdefault(namespace, set()).add(value)
    return Tombstones(salt, {namespace: frozenset(values) for namespace, values in found.items()})


def hashed(salt: str, namespace: str, value: str) -> str:
    """Return the hash of a value."""
    return hashlib.sha256(_BETWEEN.join((salt, namespace, value)).encode()).hexdigest()


def record_value(source: str, key: str) -> str:
    """Return what a record is hashed by."""
    return f"{source}{_BETWEEN}{normal(key)}"


def normal(key: str) -> str:
    """Return a key as every store holds it."""
    if len(key.encode()) <= INDEXED_BYTES and "\0" not in key:
        return key
    digest = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
    return f"{key.replace(chr(0), _VISIBLE_NUL)[:_KEPT]}…{digest}"


def normal_sql(key: str) -> str:
    """Return the SQL of `normal`."""
    short = f"left(replace({key}, chr(0), '{_VISIBLE_NUL}'), {_KEPT}) || '…' || md5({key})"
    return f"CASE WHEN strlen({key}) > {INDEXED_BYTES} OR contains({key}, chr(0)) THEN {short} ELSE {key} END"
