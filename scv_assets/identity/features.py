"""What is compared of a source record: its matching features, computed once a distinct value.

Here: which features exist and from which columns of `source_record` they come. A feature depends on its own record and
on the policy's blocked identifiers only, so it is as unchanged as the record's content_hash. Not here: what counts as
agreement (`value_tests`, matching.yaml).
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.array_parts import in_parts
from scv_assets.identity import folding
from scv_assets.identity.arrays import NULL
from scv_assets.identity.blocked_values import blocked
from scv_assets.identity.bulk_folding import Bulk, Fold, all_folded, folded, none_if_empty
from scv_assets.identity.columns import Column
from scv_assets.identity.policy import Namespace, Policy
from scv_assets.identity.records import Contact, Records
from scv_assets.standardisation.bulk_emails import email_keys

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


def read_records(con: Connection, source_records: Relation, policy: Policy) -> Records:
    """Return the records to match, numbered by (source, source_key).

    In: rows of `source_record`, key (source, source_key). Out: one record a row. A record with neither a name nor a
    birth date is anonymous: `is_scored` is false.
    """
    table = con.sql(f"""
        SELECT source, source_key, content_hash, merged_into, first_seen_at,
               coalesce(is_deleted, false) AS is_deleted, {", ".join([*_OF_CONTACT, *_OF_FIELD])}
        FROM source_records ORDER BY source, source_key
    """).to_arrow_table()
    table = table.add_column(0, "record", pa.array(np.arange(table.num_rows)))
    columns, contacts = _columns(table, policy)
    is_scored = columns["first_name"].is_there | columns["last_name"].is_there | columns["birth_on"].is_there
    return Records(
        keys=table.select(
            ["record", "source", "source_key", "content_hash", "merged_into", "first_seen_at", "is_deleted"]
        ).combine_chunks(),
        columns=columns,
        is_scored=is_scored,
        is_deleted=table["is_deleted"].to_numpy(),
        contacts=contacts,
    )


def _columns(table: pa.Table, policy: Policy) -> tuple[dict[str, Column], dict[str, Contact]]:
    """Return all features, and the contacts by namespace; what comes of different fields is found at the same time."""

    def of_field(name: str) -> dict[str, Column]:
        return _OF_FIELD[name](Column.of_arrow(table[name].cast(pa.string())))

    def of_contact(name: str) -> tuple[Contact, dict[str, Column]]:
        return _OF_CONTACT[name](Column.of_arrow(table[name].cast(pa.string())), policy.namespace(name))

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        of_contacts = {name: pool.submit(of_contact, name) for name in _OF_CONTACT}
        of_fields = {name: pool.submit(of_field, name) for name in _OF_FIELD}
        first_name, last_name = (of_fields[name].result()[name] for name in ("first_name", "last_name"))
        found = {"full_name": _both_names(first_name, last_name)}
    for part in [*(made.result()[1] for made in of_contacts.values()), *(made.result() for made in of_fields.values())]:
        found |= part
    found["house_number"] = found["house_number"].otherwise(found.pop("number_in_street"))
    contacts = {name: made.result()[0] for name, made in of_contacts.items()}
    return {name: found[name] for name in FEATURES}, contacts


def _of_email(told: Column, namespace: Namespace) -> tuple[Contact, dict[str, Column]]:
    keys = in_parts(email_keys, told.texts)
    contact = Contact(told, Column.of_choices(pc.coalesce(keys, told.texts), told.codes))
    says_something = pc.is_valid(keys).to_numpy(zero_copy_only=False) & ~blocked(namespace, told.texts)
    email = contact.shared.where(np.append(says_something, False)[told.codes]).of_holders()
    return contact, {
        "email": email,
        "email_local": email.mapped(by(folding.email_local)),
        "email_start": email.mapped(_beginning(5)),
    }


def _of_phone(told: Column, namespace: Namespace) -> tuple[Contact, dict[str, Column]]:
    says_something = np.append(~blocked(namespace, told.texts), False)
    phone = told.where(says_something[told.codes]).of_holders().mapped(by(folding.phone))
    return Contact(told, told), {"phone": phone}


def _of_street(raw: Column) -> dict[str, Column]:
    return raw.parted(by_each(street=folding.street, number_in_street=folding.number_in_street))


def _of_first_name(raw: Column) -> dict[str, Column]:
    found = raw.parted(by_each(first_name=folding.name, first_words=folding.name_words))
    return found | {"first_start": found["first_name"].mapped(_beginning(3))}


def _of_last_name(raw: Column) -> dict[str, Column]:
    found = raw.parted(
        by_each(
            last_name=folding.name,
            last_core=folding.surname_core,
            last_words=folding.name_words,
            generation=folding.generation,
        )
    )
    return found | {"last_start": found["last_name"].mapped(_beginning(4))}


def _of_birth_on(raw: Column) -> dict[str, Column]:
    birth_on = raw.mapped(none_if_empty)
    return {"birth_on": birth_on, "birth_year": birth_on.mapped(_beginning(4))}


def _of_postcode(raw: Column) -> dict[str, Column]:
    postcode = raw.mapped(by(folding.postcode))
    return {"postcode": postcode, "postcode_area": postcode.mapped(_beginning(3))}


def _of_house_number(raw: Column) -> dict[str, Column]:
    return {"house_number": raw.mapped(by(folding.house_number))}


def _of_city(raw: Column) -> dict[str, Column]:
    return {"city": raw.mapped(by(folding.city))}


#: What comes of each field of a record that is an identifier too.
_OF_CONTACT: dict[str, Callable[[Column, Namespace], tuple[Contact, dict[str, Column]]]] = {
    "email": _of_email,
    "phone": _of_phone,
}
#: What comes of each other field; names first, because more is made of them, then those with the most values.
_OF_FIELD: dict[str, Callable[[Column], dict[str, Column]]] = {
    "last_name": _of_last_name,
    "first_name": _of_first_name,
    "street": _of_street,
    "postcode": _of_postcode,
    "birth_on": _of_birth_on,
    "city": _of_city,
    "house_number": _of_house_number,
}


def _both_names(first_name: Column, last_name: Column) -> Column:
    """Return both names in alphabetical order, so that swapped ones are the same; a name is one word."""
    names = pc.unique(pa.concat_arrays([first_name.texts, last_name.texts]))
    names = names.take(pc.sort_indices(names))
    one, other = (
        np.append(pc.index_in(column.texts, names).to_numpy(), np.int32(NULL))[column.codes].astype(np.int64)
        for column in (first_name, last_name)
    )
    width = np.int64(len(names) + 1)
    both = np.where((one >= 0) & (other >= 0), np.minimum(one, other) * width + np.maximum(one, other), NULL)
    distinct, places = np.unique(both, return_inverse=True)
    known = distinct[distinct >= 0]
    texts = pc.binary_join_element_wise(names.take(known // width), names.take(known % width), " ")
    return Column((places - (len(distinct) - len(known))).astype(np.int32), texts)


def by(fold: Fold) -> Bulk:
    """Return the function of a text as one of many."""
    return lambda texts: folded(fold, texts)


def by_each(**folds: Fold) -> Callable[[pa.StringArray], pa.StructArray]:
    """Return the function of many texts with each of the functions of a text, by name."""
    return partial(all_folded, folds)


def _beginning(length: int) -> Bulk:
    return lambda texts: none_if_empty(pc.utf8_slice_codeunits(texts, 0, length))
