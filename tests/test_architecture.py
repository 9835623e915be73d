"""The house rules that a reader would otherwise have to believe: read from the imports of every module."""

import ast
from collections.abc import Callable, Iterable
from functools import cache
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
PIPELINE = ("scv_assets", "resources", "schedules")
PACKAGES = (*PIPELINE, "demo_company", "destination_sandbox")
MODULES = sorted(path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@cache
def imported(module: str) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return frozenset(found)


def of_package(package: str) -> list[str]:
    return [module for module in MODULES if module.startswith(f"{package}/")]


def importing(modules: Iterable[str], is_refused: Callable[[str], bool]) -> dict[str, list[str]]:
    """Return the modules that import what they may not, each with what that is."""
    refused = {module: sorted(filter(is_refused, imported(module))) for module in modules}
    return {module: names for module, names in refused.items() if names}


def stage_of(name: str) -> str | None:
    parts = name.replace("/", ".").split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "scv_assets" and parts[1] in STAGES else None


def test_every_package_has_modules() -> None:
    assert all(of_package(package) for package in PACKAGES)


@pytest.mark.parametrize("here", STAGES)
def test_a_stage_imports_only_from_the_stages_before_it(here: str) -> None:
    later = STAGES[STAGES.index(here) + 1 :]
    assert importing((module for module in MODULES if stage_of(module) == here), lambda n: stage_of(n) in later) == {}


def test_only_assets_and_checks_know_dagster() -> None:
    others = [
        module
        for module in MODULES
        if Path(module).name not in {"assets.py", "checks.py"}
        and module not in KNOWS_DAGSTER
        and not module.startswith("schedules/")
    ]
    assert importing(others, lambda name: name.split(".")[0] == "dagster") == {}


def test_resources_know_no_stage() -> None:
    assert importing(of_package("resources"), lambda name: stage_of(name) is not None) == {}


@pytest.mark.parametrize("package", ["destination_sandbox", "demo_company"])
def test_the_sandboxes_and_the_generator_know_nothing_of_the_pipeline(package: str) -> None:
    assert importing(of_package(package), lambda name: name.split(".")[0] in PIPELINE) == {}


def test_every_module_that_may_know_dagster_is_there() -> None:
    assert set(MODULES) >= KNOWS_DAGSTER
