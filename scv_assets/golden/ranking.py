"""Survivorship rules as SQL: every record of a customer takes its place in the ranking for a unit.

A rule is a score, more is better; the records are sorted by the first rule's score, then by the second's, and last by
source and source_key, so that no two ever tie. Each record but the first knows by which rule it lost.
"""

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.golden.policy import TIE_BREAK, Unit
from scv_assets.golden.sql import folded
from scv_assets.sql_quoting import literal, literals


def rank(con: Connection, members: Relation, unit: Unit) -> Relation:
    """Return the records that hold a value of the unit, ranked: one row a (customer_id, place).

    Out: customer_id, place (1 won), source, source_key, updated_at, the unit's fields, lost_by (the first rule whose
    score differs from the winner's; `tie_break` where none does).
    """
    rules = unit.machine_rules
    scores = "".join(f", {_score(rule, unit)} AS score_{n}" for n, rule in enumerate(rules))
    lost = " ".join(
        f"WHEN score_{n} IS DISTINCT FROM first_value(score_{n}) OVER ranking THEN {literal(rule)}"
        for n, rule in enumerate(rules)
    )
    order = "".join(f"score_{n} DESC NULLS LAST, " for n in range(len(rules)))
    fields = ", ".join(unit.fields)
    holds_any = " OR ".join(f"{name} IS NOT NULL" for name in unit.fields)
    allowed = f"AND source NOT IN {literals(unit.not_from)}" if unit.not_from else ""
    return con.sql(f"""
        WITH scored AS (
            SELECT customer_id, source, source_key, updated_at, {fields}{scores}
            FROM members WHERE ({holds_any}) {allowed}
        )
        SELECT customer_id, row_number() OVER ranking AS place, source, source_key, updated_at, {fields},
            CASE {lost} ELSE {literal(TIE_BREAK)} END AS lost_by
        FROM scored
        WINDOW ranking AS (PARTITION BY customer_id ORDER BY {order}source, source_key)
    """)


def _score(rule: str, unit: Unit) -> str:
    if rule == "most_trusted_source":
        return "trust"
    if rule == "most_recent":
        return "updated_at"
    if rule == "valid":
        return " + ".join(f"coalesce(is_valid_{name}::INTEGER, 0)" for name in unit.fields)
    if rule == "most_complete":
        return _completeness(unit)
    return f"count(*) OVER (PARTITION BY customer_id, {_comparable(unit)})"


def _completeness(unit: Unit) -> str:
    if len(unit.fields) == 1:
        return f"length({unit.fields[0]}::VARCHAR)"
    return " + ".join(f"({name} IS NOT NULL)::INTEGER" for name in unit.fields)


def _comparable(unit: Unit) -> str:
    texts = [f"{name}::VARCHAR" for name in unit.fields]
    return ", ".join(folded(text) if unit.is_folded else text for text in texts)
