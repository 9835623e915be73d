"""The house rules that a reader would otherwise have to believe: read from the imports of every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from scv_assets.stages import STAGES

ROOT = Path(__file__).parents[1]
#: the only modules outside `assets.py` and `checks.py` that know Dagster
KNOWS_DAGSTER = {
    "resources/run_history.py",
    "scv_assets/abandoned_runs.py",
    "scv_assets/asset_metadata.py",
    "scv_assets/claims.py",
    "scv_assets/dagster_notices.py",
    "scv_assets/definitions.py",
    "scv_assets/faults.py",
    "scv_assets/run_resources.py",
    "scv_assets/runner.py",
}
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("scv_assets", "resources", "schedules", "demo_company", "destination_sandbox")
    for path in (ROOT / package).rglob("*.py")
)


def imported(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def stage_of(name: str) -> str | None:
    parts = name.replace("/", ".").split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "scv_assets" and parts[1] in STAGES else None


@pytest.mark.parametrize("module", MODULES)
def test_a_stage_imports_only_from_the_stages_before_it(module: str) -> None:
    here = stage_of(module)
    if here is None:
        return
    later = {
        name for name in imported(module) if (stage := stage_of(name)) and STAGES.index(stage) > STAGES.index(here)
    }
    assert not later


@pytest.mark.parametrize("module", MODULES)
def test_only_assets_and_checks_know_dagster(module: str) -> None:
    if Path(module).name in {"assets.py", "checks.py"} or module in KNOWS_DAGSTER or module.startswith("schedules/"):
        return
    assert not {name for name in imported(module) if name.split(".")[0] == "dagster"}


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("resources/")])
def test_resources_know_no_stage(module: str) -> None:
    assert not {name for name in imported(module) if stage_of(name)}


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("destination_sandbox/")])
def test_the_sandboxes_know_nothing_of_the_pipeline(module: str) -> None:
    assert not {name for name in imported(module) if name.split(".")[0] in {"scv_assets", "resources", "schedules"}}


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("demo_company/")])
def test_the_generator_knows_nothing_of_the_pipeline(module: str) -> None:
    assert not {name for name in imported(module) if name.split(".")[0] in {"scv_assets", "resources", "schedules"}}


def test_every_module_that_may_know_dagster_is_there() -> None:
    assert set(MODULES) >= KNOWS_DAGSTER
