"""The values of traits over time: one row for each stretch of days in which nothing of a customer changes.

A trait can change on a day when something happened, when something leaves a window (`orders_count_365d`), when an age
reaches a number that a rule names (`recency_days > 90`), or when the customer's place among the buyers shifts
(`spend_decile`). Only these days are looked at, so the cost goes with what happened and not with customers times days.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.business_days import day
from scv_assets.segments.catalogue import MEASURES, OLDEST_DAYS, TRAITS, Trait, measures_of
from scv_assets.segments.population import tile_changes
from scv_assets.working_tables import keep


@dataclass(frozen=True)
class TraitNeeds:
    """Which traits are wanted over time, and the numbers with which rules compare them, as (trait, number)."""

    traits: tuple[Trait, ...]
    numbers: tuple[tuple[str, int], ...] = ()

    @property
    def measures(self) -> list[str]:
        """The measures that have to be summed."""
        return measures_of(self.traits)

    @property
    def windows(self) -> list[Trait]:
        """The sums over the last days."""
        return [trait for trait in self.traits if trait.kind == "sum" and trait.days]

    @property
    def ages(self) -> list[Trait]:
        """The ages."""
        return [trait for trait in self.traits if trait.kind == "age"]

    @property
    def tiles(self) -> list[Trait]:
        """The places among the buyers."""
        return [trait for trait in self.traits if trait.kind == "tile"]

    @property
    def columns(self) -> dict[str, str]:
        """The columns of a change point, name -> type: what a day adds, since when an age counts, a new tile."""
        sums = [*self.measures, *(trait.name for trait in self.windows)]
        return {
            **dict.fromkeys(sums, "BIGINT"),
            **{f"{trait.name}_since": "DATE" for trait in self.ages},
            **{trait.name: "BIGINT" for trait in self.tiles},
        }


def states(con: Connection, activity: Relation, needs: TraitNeeds, first_on: date, as_of_on: date) -> Relation:
    """Return the traits of every customer over time; one row a (customer_id, from_on), in no order.

    A row holds from `from_on` to the day before `to_on` (null: to `as_of_on` and on). Rows before `first_on` tell how
    things came to be, without tiles; tiles are right from `first_on`. Ages are those of `from_on`; a new row begins at
    every age at which a comparison with one of `needs.numbers` turns.
    """
    return _states_of(con, _change_points(con, activity, needs, first_on, as_of_on), needs)


def _change_points(con: Connection, activity: Relation, needs: TraitNeeds, first_on: date, as_of_on: date) -> Relation:
    """Return what changes of which customer on which day, in no order: `customer_id`, `from_on`, `needs.columns`.

    There may be several rows a customer and day.
    """
    daily = keep(con, _daily(con, activity, needs, as_of_on))
    points = con.sql(" UNION ALL ".join(_points(needs, as_of_on)))
    for trait in needs.tiles:
        points = points.union(keep(con, _tile_points(con, daily, trait, needs, first_on, as_of_on)))
    return points


def _states_of(con: Connection, points: Relation, needs: TraitNeeds) -> Relation:
    """Return the states that change points make; see `states`."""
    merged = "".join(
        f', {"sum" if type_ == "BIGINT" else "max"}("{name}")::{type_} AS "{name}"'
        for name, type_ in needs.columns.items()
    )
    changes = con.sql(f"SELECT customer_id, from_on{merged} FROM points GROUP BY customer_id, from_on")
    columns = "".join(f', {_value(trait)} AS "{trait.name}"' for trait in needs.traits)
    return con.sql(
        f"""
        SELECT customer_id, from_on, lead(from_on) OVER story AS to_on{columns} FROM changes
        WINDOW story AS (PARTITION BY customer_id ORDER BY from_on)
        """
    )


def _daily(con: Connection, activity: Relation, needs: TraitNeeds, as_of_on: date) -> Relation:
    """Sum each customer's facts by day, with a row for the day when it was first seen, whatever happened then."""
    measures = {name: MEASURES[name] for name in needs.measures}
    sums = "".join(f', sum({m.amount}) FILTER (WHERE {m.holds})::BIGINT AS "{name}"' for name, m in measures.items())
    wanted = " OR ".join(["happened_on = seen_on", *(f"({measure.holds})" for measure in measures.values())])
    return con.sql(
        f"""
        WITH seen AS (
          SELECT customer_id, min(happened_on) AS seen_on FROM activity WHERE happened_on <= {day(as_of_on)} GROUP BY 1
        )
        SELECT customer_id, happened_on AS from_on, happened_on = seen_on AS is_first{sums}
        FROM activity JOIN seen USING (customer_id)
        WHERE happened_on <= {day(as_of_on)} AND ({wanted})
        GROUP BY customer_id, happened_on, seen_on
        """
    )


def _points(needs: TraitNeeds, as_of_on: date) -> Iterator[str]:
    """Give the SQL of the change points that a customer's own days bring: the days, ends of windows, ages reached."""
    counted = {trait.name: _counted(trait) for trait in needs.ages}
    yield _select(
        needs,
        "from_on",
        {
            **{name: f'"{name}"' for name in needs.measures},
            **{trait.name: f'"{trait.of}"' for trait in needs.windows},
            **{f"{name}_since": f"CASE WHEN {holds} THEN from_on END" for name, holds in counted.items()},
        },
        "true",
    )
    for trait in needs.windows:
        end = f"from_on + {trait.days}"
        yield _select(needs, end, {trait.name: f'-"{trait.of}"'}, f'"{trait.of}" <> 0 AND {end} <= {day(as_of_on)}')
    for name, holds in counted.items():
        for age in sorted({n + turn for trait, n in needs.numbers if trait == name for turn in (0, 1)}):
            reached = f"from_on + {age}"
            if 0 < age <= OLDEST_DAYS:
                yield _select(needs, reached, {}, f"{holds} AND {reached} <= {day(as_of_on)}")


def _counted(trait: Trait) -> str:
    return "is_first" if trait.name == "tenure_days" else f'coalesce("{trait.of}" > 0, false)'


def _select(needs: TraitNeeds, on: str, values: Mapping[str, str], where: str) -> str:
    columns = "".join(
        f', CAST({values.get(name, "NULL")} AS {type_}) AS "{name}"' for name, type_ in needs.columns.items()
    )
    return f"SELECT customer_id, CAST({on} AS DATE) AS from_on{columns} FROM daily WHERE {where}"


def _tile_points(
    con: Connection, daily: Relation, trait: Trait, needs: TraitNeeds, first_on: date, as_of_on: date
) -> Relation:
    """Return the days on which the customers' places among the buyers change."""
    if trait.of in TRAITS and TRAITS[trait.of].kind == "age":
        value = "max(CASE WHEN orders_count > 0 THEN from_on - DATE '1970-01-01' END) OVER story"
    else:
        value = f'sum("{trait.of}") OVER story'
    values = con.sql(
        f"""
        WITH running AS (
          SELECT customer_id, from_on, {value} AS value, sum(orders_count) OVER story AS orders FROM daily
          WINDOW story AS (PARTITION BY customer_id ORDER BY from_on)
        )
        SELECT customer_id, greatest(from_on - {day(first_on)}, 0)::INTEGER AS day,
               arg_max(value, from_on)::BIGINT AS value
        FROM running WHERE orders > 0 GROUP BY ALL
        """
    )
    changes = tile_changes(con, values, tiles=trait.tiles, days=(as_of_on - first_on).days + 1)
    columns = "".join(
        f', CAST({"tile" if name == trait.name else "NULL"} AS {type_}) AS "{name}"'
        for name, type_ in needs.columns.items()
    )
    return con.sql(f"SELECT customer_id, {day(first_on)} + day AS from_on{columns} FROM changes")


def _value(trait: Trait) -> str:
    """Return the SQL of a trait's value over the change points of one customer."""
    total = f'coalesce(sum("{trait.name if trait.days else trait.of}") OVER story, 0)::BIGINT'
    if trait.kind == "age":
        first_or_last = "min" if trait.name == "tenure_days" else "max"
        return f'from_on - {first_or_last}("{trait.name}_since") OVER story'
    if trait.kind == "ratio":
        return f'round(sum("{trait.of}") OVER story / nullif(sum("{trait.by}") OVER story, 0))::BIGINT'
    if trait.kind == "tile":
        return f'last_value("{trait.name}" IGNORE NULLS) OVER story'
    return f"{total} > 0" if trait.is_flag else total
