"""Taking erased people out of what the lake keeps of deliveries: rows as delivered, rows as typed.

A row that gave an order keeps what the order is made of; of any other row its place in the file is all that stays. The
row is marked, so that it is not judged anew: it was judged while it was whole. Validation then makes the typed rows
and the quarantine of the day from what is left. A row that was refused tells of an erased person by its key; one that
was there when the person was erased by a mailbox or phone too, unless a record of somebody else holds the same: a row
that went through is whose its key says, whatever a family shares.
"""

from collections.abc import Collection, Iterator

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake, Part
from resources.store.tombstones import Laid
from scv_assets.canonical import ORDER, ORDER_LINE
from scv_assets.sources.contract import Contract
from scv_assets.sql_quoting import identifier, literal
from scv_assets.stages import quarantine_path, raw_path, typed_path
from scv_assets.standardisation.erased import OWNED_BY
from scv_assets.standardisation.mapping import mapped, rows_behind
from scv_assets.validation.contacts_held import CONTACTS, theirs_alone
from scv_assets.validation.rows import ERASED
from scv_assets.validation.schema import PROVENANCE, typed_schema
from scv_assets.validation.validate import typed_days
from scv_assets.working_tables import keep

_OF_ORDERS = (ORDER.name, ORDER_LINE.name)
_NOBODY = "SELECT NULL::VARCHAR AS _file, NULL::BIGINT AS _row_number, false AS is_order LIMIT 0"


def purge(
    con: Connection, lake: Lake, contract: Contract, days: Collection[str], erased: Laid, *, has_contacts: bool
) -> list[str]:
    """Take erased people out of the raw and typed rows of these days; return the days of which any row was theirs.

    `has_contacts`: refused rows are looked through for mailboxes and phones as well as for keys. The typed rows of a
    day are validation's to make anew from what is left of the raw ones; where these are others, because the day's
    newest delivery is refused, they are rid of the people here. What is delivered meanwhile stays for the next run.
    """
    raw, typed = (lake.parts(path(contract.source)) for path in (raw_path, typed_path))
    has_refused = lake.parts(quarantine_path(contract.source)).keys()
    same = typed_days(contract, lake)
    known = keep(con, _of_typed(con, lake, contract, sorted(set(days) & typed.keys()), erased))
    named = {str(day) for (day,) in known.project("_day").distinct().fetchall()}
    left_raw: dict[str, Part] = {}
    left_typed: dict[str, Part] = {}
    for day in sorted(set(days)):
        is_same = day in same
        if day not in named | has_refused and is_same:
            continue
        of_day = known.filter(f"_day = DATE '{day}'").project("_file, _row_number, is_order")
        if day in raw:
            theirs = keep(con, _of_raw(con, lake, contract, day, of_day if is_same else con.sql(_NOBODY), erased))
            if has_contacts:
                refused = _unread(con, lake, contract, day, has_typed=is_same)
                theirs = keep(con, theirs.union(_by_contact(con, lake, contract, refused, theirs, erased)))
            if len(theirs):
                rows = _raw_left(con, lake, contract, day, theirs)
                left_raw[day] = lake.stage(raw_path(contract.source), rows, made_from=raw[day].made_from)
        if day in named and not is_same:
            rows = _typed_left(con, lake, contract, day, of_day)
            left_typed[day] = lake.stage(typed_path(contract.source), rows, made_from=typed[day].made_from)
    lake.commit(raw_path(contract.source), left_raw, instead_of=raw)
    lake.commit(typed_path(contract.source), left_typed, instead_of=typed)
    return sorted({*left_raw, *left_typed})


def kept_columns(contract: Contract) -> frozenset[str]:
    """Return the columns that orders and their lines are made of, without whose they are."""
    made_of = {
        column.partition(".")[0]
        for (kind, field), columns in contract.lineage().items()
        for column in columns
        if kind in _OF_ORDERS and field != OWNED_BY[ORDER.name]
    }
    maps = [one for kind in _OF_ORDERS for one in contract.maps.get(kind, ())]
    return frozenset(made_of | {name for one in maps for name in (*one.when, *((one.each,) if one.each else ()))})


def _of_typed(con: Connection, lake: Lake, contract: Contract, days: Collection[str], erased: Laid) -> Relation:
    """Return the typed rows of which an erased person's records were made: `_day`, `_file`, `_row_number`, `is_order`.

    `is_order`: the row gave an order, or a line of one, too.
    """
    typed = lake.scan(con, typed_path(contract.source), typed_schema(contract), days)
    nobody = con.sql("SELECT _day, _file, _row_number FROM typed LIMIT 0")
    theirs, orders = nobody, nobody
    for kind in contract.maps:
        if kind not in OWNED_BY and kind not in _OF_ORDERS:
            continue
        records = keep(con, mapped(con, contract, kind, typed))
        if kind in _OF_ORDERS:
            orders = orders.union(rows_behind(con, contract, kind, typed, records))
        if kind in OWNED_BY:
            named = keep(con, records.filter(erased.record(literal(contract.source), OWNED_BY[kind])))
            if len(named):
                theirs = theirs.union(rows_behind(con, contract, kind, typed, named))
    hit, gave = keep(con, theirs.distinct()), orders.distinct()
    return con.sql("""
        SELECT hit._day, hit._file, hit._row_number, gave._file IS NOT NULL AS is_order
        FROM hit LEFT JOIN gave USING (_day, _file, _row_number)
    """)


def _of_raw(con: Connection, lake: Lake, contract: Contract, day: str, known: Relation, erased: Laid) -> Relation:
    """Return the raw rows of a day to take erased people out of: `_file`, `_row_number`, `mark` (as `rows.ERASED`).

    `known`: the typed ones; beside them those that name the person by a key of the source.
    """
    raw = con.read_parquet(lake.files(raw_path(contract.source), [day]))
    present = set(raw.columns)
    source = literal(contract.source)
    named = [erased.record(source, _trimmed(name)) for name in sorted(contract.owner_columns() & present)]
    fresh = f"AND {ERASED} IS NULL" if ERASED in present else ""
    return con.sql(f"""
        SELECT _file, _row_number, CASE WHEN is_order THEN 'order' ELSE 'all' END AS mark FROM known
        UNION ALL
        SELECT _file, _row_number, 'refused'
        FROM (SELECT _file, _row_number FROM raw WHERE ({" OR ".join(named) or "false"}) {fresh})
        ANTI JOIN known USING (_file, _row_number)
    """)


def _unread(con: Connection, lake: Lake, contract: Contract, day: str, *, has_typed: bool) -> Relation:
    """Return the raw rows of a day that are no typed rows (`has_typed`: others are) and from which nobody was taken."""
    raw = con.read_parquet(lake.files(raw_path(contract.source), [day]))
    rows = raw.filter(f"{ERASED} IS NULL") if ERASED in raw.columns else raw
    read = lake.scan(con, typed_path(contract.source), typed_schema(contract), [day] if has_typed else [])
    return con.sql("FROM rows ANTI JOIN read USING (_file, _row_number)")


def _by_contact(
    con: Connection, lake: Lake, contract: Contract, refused: Relation, known: Relation, erased: Laid
) -> Relation:
    """Return those of the refused rows, beside the known ones, that hold a mailbox or phone of erased people alone."""
    held = [
        f"SELECT _file, _row_number, '{namespace}' AS namespace, {form} AS value FROM refused"
        f" WHERE {erased.holds(namespace, form)}"
        for namespace in CONTACTS
        for name in sorted(set(_contact_columns(contract, namespace)) & set(refused.columns))
        for form in (_trimmed(name), f"lower({_trimmed(name)})")
    ]
    nothing = "SELECT _file, _row_number, '' AS namespace, '' AS value FROM refused LIMIT 0"
    found = theirs_alone(con, lake, con.sql(" UNION ALL ".join(held) or nothing), erased)
    return con.sql("""
        SELECT DISTINCT _file, _row_number, 'refused' AS mark FROM found ANTI JOIN known USING (_file, _row_number)
    """)


def _contact_columns(contract: Contract, namespace: str) -> Iterator[str]:
    for (kind, field), columns in contract.lineage().items():
        if kind == "person" and field in {namespace, f"identifiers.{namespace}"}:
            yield from columns


def _raw_left(con: Connection, lake: Lake, contract: Contract, day: str, theirs: Relation) -> Relation:
    """Return the raw rows of a day with what is left of those, in their order."""
    raw, kept = con.read_parquet(lake.files(raw_path(contract.source), [day])), kept_columns(contract)
    columns = {name: f"raw.{identifier(name)}" for name in raw.columns}
    for name in columns.keys() - set(PROVENANCE):
        stays = "theirs.mark = 'order'" if name in kept else "false"
        columns[name] = f"CASE WHEN theirs._file IS NULL OR {stays} THEN {columns[name]} END"
    was = f"raw.{ERASED}" if ERASED in raw.columns else "CAST(NULL AS VARCHAR)"
    columns[ERASED] = f"coalesce(theirs.mark, {was})"
    listed = ", ".join(f"{value} AS {identifier(name)}" for name, value in columns.items())
    return con.sql(f"""
        SELECT {listed} FROM raw LEFT JOIN theirs
            ON theirs._file = raw._file AND theirs._row_number = raw._row_number
        ORDER BY raw._file, raw._row_number
    """)


def _typed_left(con: Connection, lake: Lake, contract: Contract, day: str, theirs: Relation) -> Relation:
    typed, kept = lake.scan(con, typed_path(contract.source), typed_schema(contract), [day]), kept_columns(contract)
    listed = ", ".join(
        f"typed.{identifier(name)}"
        if name in PROVENANCE or name in kept
        else f"CASE WHEN theirs._file IS NULL THEN typed.{identifier(name)} END AS {identifier(name)}"
        for name in typed_schema(contract)
    )
    return con.sql(f"""
        SELECT {listed} FROM typed LEFT JOIN theirs
            ON theirs._file = typed._file AND theirs._row_number = typed._row_number
        WHERE coalesce(theirs.is_order, true)
        ORDER BY typed._day, typed._file, typed._row_number
    """)


def _trimmed(name: str) -> str:
    return f"trim({identifier(name)})"
