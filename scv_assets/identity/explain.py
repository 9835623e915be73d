"""Why: what joins or parts two records, and how a customer's id came to be, from the published tables alone.

For the terminal and the console. Any two records have an answer: the evidence of their own edge where it was kept, and
the chain of edges that puts them into one customer.
"""

import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.errors import NotFound

#: A record: source, source_key.
Key = tuple[str, str]


@dataclass(frozen=True)
class Witness:
    """One bar of the waterfall: what was compared, the level found, and the bits it adds or takes."""

    comparison: str
    level: str
    bits: float


@dataclass(frozen=True)
class Edge:
    """A pair as it was decided. `weight` and `probability` are None where only identifiers spoke."""

    left: Key
    right: Key
    decision: str
    via: str
    weight: float | None
    probability: float | None
    waterfall: tuple[Witness, ...]


@dataclass(frozen=True)
class PairExplanation:
    """`edge`: the two records' own; None: never looked at, or not worth keeping. `path`: what joins them."""

    is_one_customer: bool
    edge: Edge | None
    path: tuple[Edge, ...]


@dataclass(frozen=True)
class Happening:
    """An identity event, in words of the table."""

    at: datetime
    kind: str
    customer_id: str
    other_customer_id: str | None
    record: Key | None
    cause: str


@dataclass(frozen=True)
class CustomerExplanation:
    """A customer: the id it has now, the ids that lead to it, its records with how each came, and its events."""

    customer_id: str
    absorbed: tuple[str, ...]
    records: tuple[tuple[Key, str], ...]
    history: tuple[Happening, ...]


def explain_pair(con: Connection, crosswalk: Relation, match_edge: Relation, left: Key, right: Key) -> PairExplanation:
    """Explain two records.

    Raises `NotFound` where one of them is unknown.
    """
    one, other = (_customer_of(con, crosswalk, key) for key in (left, right))
    low, high = sorted((left, right))
    own = [edge for edge in _edges(con, match_edge, {low, high}) if (edge.left, edge.right) == (low, high)]
    path: tuple[Edge, ...] = ()
    if one == other:
        members = set(
            con.sql("SELECT source, source_key FROM crosswalk WHERE customer_id = $id", params={"id": one}).fetchall()
        )
        path = _path(_edges(con, match_edge, members), left, right)
    return PairExplanation(one == other, own[0] if own else None, path)


def explain_customer(
    con: Connection, crosswalk: Relation, redirects: Relation, events: Relation, customer_id: str
) -> CustomerExplanation:
    """Explain how a customer came to be; an id that was merged away leads to the one that lives on.

    Raises `NotFound` where no customer ever had the id.
    """
    led = con.sql(
        "SELECT customer_id FROM redirects WHERE old_customer_id = $id", params={"id": customer_id}
    ).fetchall()
    living = str(led[0][0]) if led else customer_id
    records = con.sql(
        "SELECT source, source_key, via FROM crosswalk WHERE customer_id = $id ORDER BY source, source_key",
        params={"id": living},
    ).fetchall()
    if not records:
        raise NotFound(f"no customer has the id {customer_id}")
    absorbed = con.sql(
        "SELECT old_customer_id FROM redirects WHERE customer_id = $id ORDER BY old_customer_id", params={"id": living}
    ).fetchall()
    return CustomerExplanation(
        living,
        tuple(str(row[0]) for row in absorbed),
        tuple(((source, key), via) for source, key, via in records),
        _history(con, events, [living, *(str(row[0]) for row in absorbed)]),
    )


def _customer_of(con: Connection, crosswalk: Relation, key: Key) -> str:
    found = con.sql(
        "SELECT customer_id FROM crosswalk WHERE source = $source AND source_key = $key",
        params={"source": key[0], "key": key[1]},
    ).fetchall()
    if not found:
        raise NotFound(f"no record of source '{key[0]}' has this key")
    return str(found[0][0])


def edges(con: Connection, match_edge: Relation) -> list[Edge]:
    """Return all edges of the relation, matches first."""
    rows = con.sql("""
        SELECT left_source, left_key, right_source, right_key, decision, via,
               match_weight, match_probability, evidence
        FROM match_edge
        ORDER BY decision <> 'match', match_weight DESC NULLS LAST, left_source, left_key, right_source, right_key
    """).fetchall()
    return [
        Edge((ls, lk), (rs, rk), decision, via, weight, probability, _waterfall(evidence))
        for ls, lk, rs, rk, decision, via, weight, probability, evidence in rows
    ]


def _edges(con: Connection, match_edge: Relation, records: set[Key]) -> list[Edge]:
    """Return the kept edges whose two ends are both among the records, matches first."""
    wanted = json.dumps([{"source": source, "source_key": key} for source, key in sorted(records)])
    among = con.sql(
        """
        WITH wanted AS (
            SELECT unnest(from_json($wanted, '[{"source": "VARCHAR", "source_key": "VARCHAR"}]'), recursive := true)
        )
        SELECT e.* FROM match_edge e
        JOIN wanted l ON l.source = e.left_source AND l.source_key = e.left_key
        JOIN wanted r ON r.source = e.right_source AND r.source_key = e.right_key
        """,
        params={"wanted": wanted},
    )
    return edges(con, among)


def _waterfall(evidence: str) -> tuple[Witness, ...]:
    """Return the bars from the one that says most for one person to the one that says most against."""
    bars = [Witness(entry["comparison"], entry["level"], float(entry["bits"])) for entry in json.loads(evidence)]
    return tuple(sorted(bars, key=lambda bar: (-bar.bits, bar.comparison)))


def _path(edges: list[Edge], left: Key, right: Key) -> tuple[Edge, ...]:
    """Return the shortest chain of matches from one record to the other; the stronger edge first where several are."""
    neighbours: dict[Key, list[tuple[Key, Edge]]] = {}
    for edge in edges:
        if edge.decision == "match":
            neighbours.setdefault(edge.left, []).append((edge.right, edge))
            neighbours.setdefault(edge.right, []).append((edge.left, edge))
    came: dict[Key, tuple[Key, Edge] | None] = {left: None}
    queue = deque([left])
    while queue and right not in came:
        here = queue.popleft()
        for there, edge in neighbours.get(here, []):
            if there not in came:
                came[there] = (here, edge)
                queue.append(there)
    chain: list[Edge] = []
    step = came.get(right)
    while step is not None:
        chain.append(step[1])
        step = came[step[0]]
    return tuple(reversed(chain))


def _history(con: Connection, events: Relation, customer_ids: list[str]) -> tuple[Happening, ...]:
    rows = con.sql(
        """
        SELECT occurred_at, kind, customer_id, other_customer_id, source, source_key, cause FROM events
        WHERE list_contains($ids, customer_id) OR list_contains($ids, other_customer_id)
        ORDER BY occurred_at, kind, event_id
        """,
        params={"ids": customer_ids},
    ).fetchall()
    return tuple(
        Happening(at, kind, customer, other, (source, key) if source is not None else None, cause)
        for at, kind, customer, other, source, key, cause in rows
    )
