"""Who holds which identifier, whether it stands in the record or was told of it before."""

import dataclasses

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.store.tables import SOURCE_RECORD, duckdb_schema
from scv_assets.identity.features import read_records
from scv_assets.identity.holdings import Holdings, all_identifiers, holdings
from scv_assets.identity.records import Records
from scv_assets.standardisation.emails import email_key
from tests.identity.people import IDENTIFIERS, identifier, person, policy, relation

MAILS = st.sampled_from(["a.b@gmail.com", "ab@gmail.com", "ab+x@gmail.com", "c@free.fr", "test@test.com", "odd", " "])
PHONES = st.sampled_from(["+32471234567", "+32470000001", "112"])
PERSONS = st.lists(st.tuples(st.none() | MAILS, st.none() | PHONES), min_size=1, max_size=8)
TOLD = st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["email", "crm_id", "phone"]), MAILS | PHONES), max_size=8)


def who_holds_what(found: Holdings, records: Records) -> set[tuple[str, str, str]]:
    names = zip(found.values["namespace"].to_pylist(), found.values["value"].to_pylist(), strict=True)
    values, keys = list(names), records.keys["source_key"].to_pylist()
    return {(*values[value], keys[record]) for value, record in zip(found.value, found.record, strict=True)}


@given(people=PERSONS, told=TOLD)
@settings(deadline=None, max_examples=60)
def test_every_value_has_its_holders_whatever_the_records_say_of_it(
    people: list[tuple[str | None, str | None]], told: list[tuple[int, str, str]]
) -> None:
    rows = [person(f"p{n}", email=email, phone=phone) for n, (email, phone) in enumerate(people)]
    listed = {(n % len(rows), namespace, value) for n, namespace, value in told}
    with duckdb.connect() as con:
        records = relation(con, rows, duckdb_schema(SOURCE_RECORD))
        identifiers = relation(con, [identifier(rows[n], *named) for n, *named in sorted(listed)], IDENTIFIERS)
        matched = read_records(con, records.filter("source_key <> 'p0'"), policy())
        table = all_identifiers(con, records, identifiers)
        found = holdings(con, table, matched)
        anew = holdings(con, table, dataclasses.replace(matched, contacts={}))
    fields = {(n, name, value) for n, row in enumerate(rows) for name in ("email", "phone") if (value := row[name])}
    assert who_holds_what(found, matched) == {
        (namespace, (email_key(value) or value) if namespace == "email" else value, f"p{n}")
        for n, namespace, value in listed | fields
        if n and value.strip()
    }
    assert who_holds_what(anew, matched) == who_holds_what(found, matched)
