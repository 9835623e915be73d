"""docs/running.md: what it names exists, and what it tells to type does what it says."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest
import yaml

import scv_assets.dagster_notices  # noqa: F401
from resources.store.reading import counts
from scv_assets.commands.init import lay_folder
from scv_assets.definitions import build_defs
from scv_assets.home import load_home
from tests.docs.pages import DOCS, ROOT, code_lines, fenced, pages, text
from tests.pipeline.company import Company
from tests.postgresql_server import PostgresqlServer

PAGE = DOCS / "running.md"
EXAMPLE = ROOT / "deploy" / "dagster.postgres.yaml"
LAPTOP = ROOT / "scv_assets" / "dagster_laptop.yaml"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A new company of one source and one day, which has not run."""
    lay_folder(tmp_path / "company")
    company = Company(tmp_path / "company")
    company.replace("scv.yaml", "# end_on: 2026-12-31", "end_on: 2026-01-03")
    return company


def test_every_job_schedule_and_sensor_is_told(company: Company) -> None:
    definitions = build_defs(load_home(company.root))
    parts = [*(definitions.jobs or []), *(definitions.schedules or []), *(definitions.sensors or [])]
    assert len(parts) >= 6
    assert [part.name for part in parts if f"`{part.name}`" not in text(PAGE)] == []


def test_every_variable_of_the_environment_is_told() -> None:
    code = [file for package in ("scv_assets", "resources", "schedules") for file in (ROOT / package).rglob("*.py")]
    named = {found for file in code for found in re.findall(r"[\"'](SCV_[A-Z_]+|DAGSTER_HOME)[\"']", file.read_text())}
    assert named >= {"SCV_HOME", "DAGSTER_HOME", "SCV_ALERT_URL", "SCV_NOW"}
    assert [name for name in sorted(named) if f"| `{name}` |" not in text(PAGE)] == []


def test_no_page_names_a_variable_that_nothing_reads() -> None:
    read = "\n".join(
        file.read_text(encoding="utf-8")
        for pattern in ("scv_assets/**/*.py", "resources/**/*.py", "tests/**/*.py", "deploy/*", "Makefile")
        for file in ROOT.glob(pattern)
    )
    examples = {
        "SCV_PASSWORD",
        "SCV_STORE_PASSWORD",
        "SCV_HOME",
        "SCV_VOUCHER_SECRET",
    }  # chosen by whoever writes the YAML
    named = {found for page in pages() for found in re.findall(r"\b(?:SCV|DAGSTER)_[A-Z_]+\b", text(page))}
    assert {name for name in named - examples if name not in read} == set()


def typed(beginning: str) -> list[list[str]]:
    """Return the commands of the page that begin so, for the days that the small company has."""
    lines = [line.strip() for line in code_lines(PAGE) if line.strip().startswith(beginning)]
    assert lines, f"docs/running.md has no '{beginning}'"
    days = {"2026-09-01": "2026-01-01", "2026-09-30": "2026-01-03", "2026-09-03": "2026-01-01"}
    return [shlex.split(re.sub(r"2026-09-\d\d", lambda day: days[day.group()], line)) for line in lines]


def run(company: Company, words: list[str]) -> str:
    """Run a program of this environment in the project's folder."""
    program = Path(sys.executable).with_name(words[0])
    folders = {"SCV_HOME": str(company.root), "DAGSTER_HOME": str(company.root / ".dagster")}
    done = subprocess.run(
        [program, *words[1:]], cwd=ROOT, env={**os.environ, **folders}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_back_fill_by_dagsters_own_commands(company: Company) -> None:
    assert company.scv("status").code == 0
    (company.root / ".dagster").mkdir()
    (company.root / ".dagster" / "dagster.yaml").write_text(LAPTOP.read_text())
    run(company, typed("dagster asset materialize")[0])
    assert "behind its inputs" in company.scv("status").out or "Nothing is published yet" in company.scv("status").out
    run(company, typed("dagster job execute")[0])
    assert "current\n" in company.scv("status").out
    assert len(company.rows("golden_profile")) == 2


@pytest.mark.slow
def test_a_back_fill_for_the_daemon_is_queued_under_the_workspaces_name(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(company.root / ".dagster"))
    (company.root / ".dagster").mkdir()
    (company.root / ".dagster" / "dagster.yaml").write_text(LAPTOP.read_text())
    assert "Launched backfill job" in run(company, typed("dagster job backfill")[0])
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs()
        assert {one.status for one in runs} == {dg.DagsterRunStatus.QUEUED}
        origins = {one.remote_job_origin.location_name for one in runs if one.remote_job_origin}
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text())
    assert origins == {workspace["load_from"][0]["python_module"]["location_name"]}


@pytest.mark.slow
def test_a_store_is_taken_along_by_the_pages_own_lines(company: Company, tmp_path: Path, store_url: str) -> None:
    company.must_run()
    told = company.scv("quarantine", "list")
    assert told.code == 0
    script = next(content for language, content in fenced(PAGE) if language == "python")
    for example, here in (
        ("sqlite:////srv/mycompany/scv.db", f"sqlite:///{company.root / 'scv.db'}"),
        ("postgresql://scv:secret@db.example.org/scv", store_url),
    ):
        assert example in script
        script = script.replace(example, here)
    names: dict[str, object] = {}
    exec(compile(script, "docs/running.md", "exec"), names)
    before, after = names["old"], names["new"]
    assert counts(after) == counts(before)  # type: ignore[arg-type]
    tables = company.tables()
    with (company.root / "scv.yaml").open("a") as settings:
        settings.write(f'\nstore: {{url: "{store_url}"}}\n')
    company.must_run()
    assert company.tables() == tables


def test_the_example_for_postgresql_differs_from_the_laptops_only_where_it_must() -> None:
    example, laptop = (yaml.safe_load(file.read_text()) for file in (EXAMPLE, LAPTOP))
    assert set(example) == set(laptop) - {"event_log_storage"} | {"storage"}
    limits = [of["concurrency"]["runs"]["tag_concurrency_limits"] for of in (example, laptop)]
    assert limits[0] == limits[1]
    for same in ("compute_logs", "run_retries", "telemetry"):
        assert example[same] == laptop[same]
    assert example["concurrency"]["pools"] == laptop["concurrency"]["pools"]
    variables = re.findall(r"env: (\w+)", EXAMPLE.read_text())
    assert len(variables) == 5
    assert [name for name in variables if f"{name}=" not in text(PAGE)] == []


@pytest.mark.server
@pytest.mark.slow
def test_the_example_for_postgresql_loads_against_a_real_server(
    company: Company, tmp_path: Path, postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    pytest.importorskip("dagster_postgres", reason="dagster-postgres is not installed")
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text(EXAMPLE.read_text())
    environment = {
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "DAGSTER_PG_HOST": "127.0.0.1",
        "DAGSTER_PG_PORT": str(postgresql_server.port),
        "DAGSTER_PG_DB": postgresql_url.rsplit("/", 1)[1],
        "DAGSTER_PG_USER": "scv",
        "DAGSTER_PG_PASSWORD": "secret",
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("dagster"), "instance", "info"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for storage in ("PostgresRunStorage", "PostgresEventLogStorage", "PostgresScheduleStorage"):
        assert storage in text(PAGE)
        assert storage in done.stdout
    assert company.process("run", **environment).code == 0


def requested(result: dg.EvaluateAutomationConditionsResult) -> set[dg.AssetKey | dg.AssetCheckKey]:
    return {one.key for one in result.results if one.true_subset.size}


@pytest.mark.slow
def test_every_correction_reaches_the_store_by_automation_alone(company: Company) -> None:
    """The daemon runs exactly what the conditions ask for: what a blocking check waits for has to be asked for too."""
    definitions = build_defs(load_home(company.root))
    view = dg.AssetSelection.all() - dg.AssetSelection.groups("sources")
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    extract, whole = (definitions.resolve_job_def(name) for name in ("extract", "customer_view"))
    with dg.instance_for_test() as instance:
        result = dg.evaluate_automation_conditions(definitions, instance, asset_selection=view)
        assert extract.execute_in_process(instance=instance, run_config=quiet, partition_key="2026-01-01").success
        assert whole.execute_in_process(instance=instance, run_config=quiet).success
        result = dg.evaluate_automation_conditions(definitions, instance, asset_selection=view, cursor=result.cursor)
        for number in (4, 5):
            with (company.root / "inbox" / "customers" / "customers_2026-01-01.csv").open("a") as extract_file:
                extract_file.write(f"{number},Zoë,Maes {number},zoe{number}@mail.be,,Gent\n")
            assert extract.execute_in_process(instance=instance, run_config=quiet, partition_key="2026-01-01").success
            result = dg.evaluate_automation_conditions(
                definitions, instance, asset_selection=view, cursor=result.cursor
            )
            asked_for = requested(result)
            assert dg.AssetKey(["publication", "store"]) in asked_for, f"correction {number} goes no further"
            _run_exactly(definitions, instance, asked_for, quiet)
    assert len(company.rows("source_record")) == 5


def _run_exactly(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    asked_for: set[dg.AssetKey | dg.AssetCheckKey],
    run_config: Mapping[str, object],
) -> None:
    """Run these assets and checks, and what is computed in one step with them, as the daemon does."""
    graph = definitions.resolve_asset_graph()
    keys = {key for one in asked_for for key in graph.get_execution_set_asset_and_check_keys(one)}
    assets = [key for key in keys if isinstance(key, dg.AssetKey)]
    selection = dg.AssetSelection.assets(*assets).without_checks()
    for key in keys:
        if isinstance(key, dg.AssetCheckKey):
            selection |= dg.AssetSelection.checks(key)
    job = dg.define_asset_job("exactly", selection=selection)
    merged = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
    assert merged.resolve_job_def("exactly").execute_in_process(instance=instance, run_config=run_config).success
