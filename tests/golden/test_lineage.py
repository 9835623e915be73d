"""The lineage names what is there, and all of it."""

from resources.store.tables import GOLDEN_PROFILE, METADATA
from scv_assets.canonical import PERSON
from scv_assets.golden.lineage import PROFILE, table


def test_every_golden_column_has_an_origin() -> None:
    assert list(PROFILE) == [column.name for column in GOLDEN_PROFILE.columns]


def test_every_origin_is_a_column_of_a_published_table_and_a_canonical_field() -> None:
    for origin in PROFILE.values():
        assert origin.columns
        for owner, column in origin.columns:
            assert column in METADATA.tables[owner].columns
        assert set(origin.canonical) <= set(PERSON.fields)


def test_the_table_has_a_line_a_column() -> None:
    assert len(table().splitlines()) == 2 + len(PROFILE)
