"""Person records in normal form: every field through its value function, once a distinct value, raw texts beside.

Order matters once: the country comes first, because phones, postal codes and streets are read by its rules.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.standardisation.countries import country
from scv_assets.standardisation.dates import birth_on
from scv_assets.standardisation.distinct import Lookup, kept, looked_up
from scv_assets.standardisation.emails import email
from scv_assets.standardisation.identifiers import identifier
from scv_assets.standardisation.languages import language
from scv_assets.standardisation.mapping import RAW_FIELDS, identifier_column, person_schema
from scv_assets.standardisation.names import family_name, given_name
from scv_assets.standardisation.phones import phone
from scv_assets.standardisation.postcodes import city, country_of_prefix, postcode
from scv_assets.standardisation.streets import street_line
from scv_assets.standardisation.whole_addresses import whole_address
from scv_assets.standardisation.whole_names import has_explicit_order, person_name

_COUNTRY = ("_country",)
#: Namespaces that person fields give by themselves.
_OF_FIELDS = ("email", "phone")


@contextmanager
def standardised(
    con: Connection, persons: Relation, namespaces: tuple[str, ...], countries: tuple[str, ...]
) -> Iterator[Relation]:
    """Give person records in normal form, with the columns of `person_schema()`, in no set order.

    `persons` is what `mapping.mapped` gives, with a column for each of `namespaces`; `countries` are the company's
    (ISO 3166-1 alpha-2), in which a phone without a prefix is looked for where the record's own country does not
    settle it. Grain as given.
    """
    with _located(con, persons) as rows, looked_up(con, rows, _values(namespaces, countries)) as joined:
        columns = ", ".join(
            f"CAST({value} AS {person_schema()[name]}) AS {name}" for name, value in _columns(namespaces).items()
        )
        with kept(con, con.sql(f"SELECT {columns} FROM {joined}")) as finished:
            yield finished


@contextmanager
def _located(con: Connection, persons: Relation) -> Iterator[Relation]:
    """Give the records with `_country` (code), the parts of a whole address, and a family name that came alone."""
    with kept(con, persons) as rows, looked_up(con, rows, _PLACES) as joined:
        parts = ", ".join(f"whole.{name}" for name in _ADDRESS_PARTS)
        with kept(con, con.sql(f"SELECT r.*, {_ALSO}, {parts} FROM {joined}")) as located:
            yield located


_ADDRESS_PARTS = ("a_street", "a_number", "a_postcode", "a_city", "a_country")
_ALSO = """COALESCE(own.code, whole.a_country, prefix.code) AS _country,
CASE WHEN r.first_name IS NULL AND r.full_name IS NULL THEN r.last_name END AS _lone_name"""


def _address_parts(address: str | None, named: str | None) -> tuple[str | None, ...]:
    found = whole_address(address, country(named))
    return found.street, found.house_number, found.postcode, found.city, found.country


def _lone_name(value: str | None) -> tuple[str | None, str | None]:
    """Part a family name that came without a given name, where its own writing parts it."""
    return _full_name(value) if has_explicit_order(value) else (None, None)


def _full_name(value: str | None) -> tuple[str | None, str | None]:
    found = person_name(value)
    return found.first_name, found.last_name


def _street(street: str | None, number: str | None, in_country: str | None) -> tuple[str | None, str | None]:
    found = street_line(street, number, in_country)
    return found.street, found.house_number


_PLACES: dict[str, Lookup] = {
    "own": Lookup(("country",), ("code",), lambda value: (country(value),)),
    "whole": Lookup(("address", "country"), _ADDRESS_PARTS, _address_parts, beside=("country",)),
    "prefix": Lookup(("postcode",), ("code",), lambda value: (country_of_prefix(value),)),
}


def _values(namespaces: tuple[str, ...], countries: tuple[str, ...]) -> dict[str, Lookup]:
    lookups = {
        "given": Lookup(("first_name",), ("value",), lambda v: (given_name(v),)),
        "family": Lookup(("last_name",), ("value",), lambda v: (family_name(v),)),
        "entire": Lookup(("full_name",), ("first", "last"), _full_name),
        "lone": Lookup(("_lone_name",), ("first", "last"), _lone_name),
        "birth": Lookup(("birth_on",), ("value",), lambda v: (birth_on(v),), is_date=True),
        "mail": Lookup(("email",), ("value",), lambda v: (email(v),)),
        "phones": Lookup(("phone", *_COUNTRY), ("value",), lambda v, c: (phone(v, c, countries),), beside=_COUNTRY),
        "streets": Lookup(("street", "house_number", *_COUNTRY), ("street_name", "number"), _street, beside=_COUNTRY),
        "codes": Lookup(("postcode", *_COUNTRY), ("value",), lambda v, c: (postcode(v, c),), beside=_COUNTRY),
        "cities": Lookup(("city", *_COUNTRY), ("value",), lambda v, c: (city(v, c),), beside=_COUNTRY),
        "tongue": Lookup(("language",), ("value",), lambda v: (language(v),)),
    }
    for i, namespace in enumerate(namespaces):
        lookups[f"id_{i}"] = _identifier_lookup(namespace, countries)
    return lookups


def _identifier_lookup(namespace: str, countries: tuple[str, ...]) -> Lookup:
    columns = (identifier_column(namespace), *_COUNTRY)
    if namespace != "phone":
        return Lookup(columns[:1], ("value",), lambda v: (identifier(namespace, v),))
    return Lookup(columns, ("value",), lambda v, c: (phone(v, c, countries),), beside=_COUNTRY)


def _columns(namespaces: tuple[str, ...]) -> dict[str, str]:
    """Return column of `person_schema()` -> its SQL over the rows and their lookups."""
    values = {
        "_day": "r._day",
        "_row_number": "r._row_number",
        "source_key": "r.source_key",
        "first_name": "COALESCE(given.value, entire.first, lone.first)",
        "last_name": "COALESCE(lone.last, family.value, entire.last)",
        "birth_on": "CASE WHEN birth.value <= r._day THEN birth.value END",
        "email": "mail.value",
        "phone": "phones.value",
        "street": "COALESCE(streets.street_name, r.a_street)",
        "house_number": "CASE WHEN streets.street_name IS NULL THEN COALESCE(streets.number, r.a_number) "
        "ELSE streets.number END",
        "postcode": "COALESCE(codes.value, r.a_postcode)",
        "city": "COALESCE(cities.value, r.a_city)",
        "country": "r._country",
        "language": "tongue.value",
        "updated_at": "r.updated_at",
        "is_deleted": "r.is_deleted",
        "merged_into": "r.merged_into",
    }
    values |= {f"raw_{name}": f"r.{name}" for name in RAW_FIELDS}
    return values | {"identifiers": _identifiers_sql(namespaces)}


def _identifiers_sql(namespaces: tuple[str, ...]) -> str:
    """Return the SQL of the JSON object namespace -> value; a list of values where a field and a map give two."""
    own = {"email": "mail.value", "phone": "phones.value"}
    mapped = {namespace: f"id_{i}.value" for i, namespace in enumerate(namespaces)}
    pairs = []
    for namespace in sorted({*_OF_FIELDS, *namespaces}):
        values = [source[namespace] for source in (own, mapped) if namespace in source]
        pairs.append(f"'{namespace}', {values[0] if len(values) == 1 else _both(*values)}")
    return f"CAST(json_merge_patch('{{}}', json_object({', '.join(pairs)})) AS VARCHAR)"


def _both(first: str, second: str) -> str:
    one = f"to_json(COALESCE({first}, {second}))"
    return f"CASE WHEN {first} <> {second} THEN to_json([{first}, {second}]) ELSE {one} END"
