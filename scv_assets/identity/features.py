"""What is compared of a source record: its matching features, computed once a distinct value.

Here: which features exist and from which columns of `source_record` they come. A feature depends on its own record and
on the policy's blocked identifiers only, so it is as unchanged as the record's content_hash. Not here: what counts as
agreement (`value_tests`, matching.yaml).
"""

import re
from collections.abc import Callable

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.identity import folding
from scv_assets.identity.policy import Namespace, Policy
from scv_assets.identity.records import NULL, Column, Records
from scv_assets.standardisation.emails import email_key

#: Change it when a feature's meaning changes: models and cached levels of another version are refused.
FEATURES_VERSION = 1

FEATURES: tuple[str, ...] = (
    "first_name",
    "first_words",
    "first_start",
    "last_name",
    "last_core",
    "last_words",
    "last_start",
    "full_name",
    "generation",
    "birth_on",
    "birth_year",
    "email",
    "email_local",
    "email_start",
    "phone",
    "street",
    "house_number",
    "postcode",
    "postcode_area",
    "city",
)

_TEXTS = "first_name, last_name, email, phone, street, house_number, postcode, city"


def read_records(con: Connection, source_records: Relation, policy: Policy) -> Records:
    """Return the records to match, numbered by (source, source_key).

    In: rows of `source_record`, key (source, source_key). Out: one record a row. A record with neither a name nor a
    birth date is anonymous: `is_scored` is false.
    """
    table = con.sql(f"""
        SELECT (row_number() OVER (ORDER BY source, source_key) - 1)::BIGINT AS record,
               source, source_key, content_hash, merged_into, first_seen_at,
               coalesce(is_deleted, false) AS is_deleted, {_TEXTS}, strftime(birth_on, '%Y-%m-%d') AS birth_on
        FROM source_records ORDER BY record
    """).to_arrow_table()
    raw = {name: Column.of_arrow(table[name]) for name in [*_TEXTS.split(", "), "birth_on"]}
    columns = _columns(raw, policy)
    is_scored = columns["first_name"].is_there | columns["last_name"].is_there | columns["birth_on"].is_there
    return Records(
        keys=table.select(
            ["record", "source", "source_key", "content_hash", "merged_into", "first_seen_at", "is_deleted"]
        ),
        columns=columns,
        is_scored=is_scored,
        is_deleted=table["is_deleted"].to_numpy(),
    )


def _columns(raw: dict[str, Column], policy: Policy) -> dict[str, Column]:
    email = raw["email"].mapped(unless_blocked(email_key, policy.namespace("email")))
    phone = raw["phone"].mapped(unless_blocked(folding.phone, policy.namespace("phone")))
    first_name, last_name = raw["first_name"].mapped(folding.name), raw["last_name"].mapped(folding.name)
    number = raw["house_number"].mapped(folding.house_number)
    postcode = raw["postcode"].mapped(folding.postcode)
    birth_on = raw["birth_on"]
    columns = {
        "first_name": first_name,
        "first_words": raw["first_name"].mapped(folding.name_words),
        "first_start": first_name.mapped(lambda v: v[:3]),
        "last_name": last_name,
        "last_core": raw["last_name"].mapped(folding.surname_core),
        "last_words": raw["last_name"].mapped(folding.name_words),
        "last_start": last_name.mapped(lambda v: v[:4]),
        "full_name": _both_names(first_name, last_name),
        "generation": raw["last_name"].mapped(folding.generation),
        "birth_on": birth_on,
        "birth_year": birth_on.mapped(lambda v: v[:4]),
        "email": email,
        "email_local": email.mapped(folding.email_local),
        "email_start": email.mapped(lambda v: v[:5]),
        "phone": phone,
        "street": raw["street"].mapped(folding.street),
        "house_number": number.otherwise(raw["street"].mapped(folding.number_in_street)),
        "postcode": postcode,
        "postcode_area": postcode.mapped(lambda v: v[:3]),
        "city": raw["city"].mapped(folding.city),
    }
    assert set(columns) == set(FEATURES)
    return columns


def _both_names(first_name: Column, last_name: Column) -> Column:
    """Return both names in alphabetical order, so that swapped ones are the same."""
    both = first_name.is_there & last_name.is_there
    width = np.int64(len(last_name.values) + 1)
    combined = np.where(both, first_name.codes * width + last_name.codes, NULL)
    distinct, places = np.unique(combined, return_inverse=True)
    texts = [
        None if code < 0 else " ".join(sorted((first_name.values[code // width], last_name.values[code % width])))
        for code in distinct
    ]
    return Column.of_choices(texts, places.astype(np.int32))


def unless_blocked(function: Callable[[str], str | None], namespace: Namespace) -> Callable[[str], str | None]:
    """Return the function, except that a value which the namespace blocks is no value."""
    is_blocked = blocked_test(namespace)
    return lambda value: None if is_blocked(value) else function(value)


def blocked_test(namespace: Namespace) -> Callable[[str], bool]:
    """Return what tells whether a value of the namespace says nothing, or is blocked by the policy's lists."""
    values = {value.casefold() for value in namespace.blocked_values}
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in namespace.blocked_patterns]
    return lambda value: (
        folding.words(value) is None
        or value.casefold() in values
        or any(pattern.search(value) is not None for pattern in patterns)
    )
