"""The Dagster project as a whole: it loads, and what a reader of the UI relies on is there."""

from pathlib import Path

import dagster as dg
import pytest

from resources.store.tables import IMPERSONAL, IN_CLEAR, METADATA
from scv_assets.commands.init import lay_folder
from scv_assets.definitions import build_defs
from scv_assets.home import load_home
from scv_assets.stages import PUBLISHED


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    folder: Path = tmp_path_factory.mktemp("company")
    lay_folder(folder)
    return build_defs(load_home(folder))


def test_definitions_are_loadable(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_every_published_table_is_an_asset(definitions: dg.Definitions) -> None:
    keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    assert {f"{stage}/{table}" for table, stage in PUBLISHED.items()} <= keys


def test_every_asset_tells_what_it_is(definitions: dg.Definitions) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.group_name == spec.key.path[0]
        assert spec.kinds, spec.key
        assert spec.owners, spec.key
        assert spec.tags["scv/stage"] == spec.key.path[0]


def test_the_privacy_officer_finds_what_holds_personal_data_by_its_tag(definitions: dg.Definitions) -> None:
    tagged = {
        spec.key.to_user_string(): spec.tags.get("scv/personal_data") for spec in definitions.resolve_all_asset_specs()
    }
    assert {tagged[f"{stage}/{table}"] for table, stage in PUBLISHED.items()} == {"in_clear", "by_id", "none"}
    assert tagged["sources/customers"] == tagged["segments/golden_profile"] == "in_clear"
    assert tagged["identity/crosswalk"] == "by_id"
    assert tagged["segments/transition_matrix"] == "none"


def test_every_table_in_which_a_name_stands_is_known_to_hold_it() -> None:
    clear = {"first_name", "last_name", "email", "phone", "birth_on", "street"}
    assert {name for name, table in METADATA.tables.items() if clear & set(table.columns.keys())} <= IN_CLEAR
    assert set(METADATA.tables) >= IN_CLEAR | IMPERSONAL


def test_column_lineage_leads_from_a_golden_field_back_to_a_source(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}

    def sources(key: dg.AssetKey, column: str) -> set[tuple[str, str]]:
        if key.path[0] == "sources":
            return {(key.path[1], column)}
        lineage = specs[key].metadata.get("dagster/column_lineage")
        deps = lineage.deps_by_column.get(column, []) if isinstance(lineage, dg.TableColumnLineage) else []
        return {found for dep in deps for found in sources(dep.asset_key, dep.column_name)}

    profile = dg.AssetKey(["segments", "golden_profile"])
    assert ("customers", "email") in sources(profile, "email")
    assert ("customers", "customer_no") in sources(profile, "customer_id")


def test_column_lineage_names_only_columns_that_exist(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    for spec in specs.values():
        lineage = spec.metadata.get("dagster/column_lineage")
        if not isinstance(lineage, dg.TableColumnLineage):
            continue
        for column, deps in lineage.deps_by_column.items():
            for dep in deps:
                schema = specs[dep.asset_key].metadata["dagster/column_schema"]
                assert isinstance(schema, dg.TableSchema)
                names = {c.name for c in schema.columns}
                assert dep.column_name in names, f"{spec.key}.{column} <- {dep.asset_key}.{dep.column_name}"


def test_an_asset_depends_on_every_asset_of_its_column_lineage(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for spec in definitions.resolve_all_asset_specs():
        lineage = spec.metadata.get("dagster/column_lineage")
        if not isinstance(lineage, dg.TableColumnLineage):
            continue
        upstream = (
            graph.get_ancestors(spec.key) if hasattr(graph, "get_ancestors") else graph.upstream_key_iterator(spec.key)
        )
        named = {dep.asset_key for deps in lineage.deps_by_column.values() for dep in deps} - {spec.key}
        assert named <= set(upstream) | _siblings(definitions, spec.key)


def _siblings(definitions: dg.Definitions, key: dg.AssetKey) -> set[dg.AssetKey]:
    node = definitions.resolve_asset_graph().get(key)
    return set(node.execution_set_asset_keys)
