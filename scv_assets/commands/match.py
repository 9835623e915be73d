"""`scv match FILE`: the duplicates in any table, in one line; `scv match init`: a policy from the table itself."""

import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

import demo_company
from resources import clock
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.errors import ConfigError
from scv_assets.home import DEFAULT_ENGINE
from scv_assets.identity.engines import engine as engine_named
from scv_assets.identity.evaluation import Measure, Quality
from scv_assets.identity.policy import Policy
from scv_assets.identity.policy_reading import read_policy
from scv_assets.identity.proposal import Proposal, propose
from scv_assets.identity.proposal_text import proposal_text
from scv_assets.identity.tables.columns import TableSection, read_table_section
from scv_assets.identity.tables.matching import MatchedTable, match_table, measured
from scv_assets.identity.tables.person_rows import PersonRows, looked_at, person_rows
from scv_assets.identity.tables.reading import ROW, read_table
from scv_assets.identity.tables.recognition import TableColumns, recognised
from scv_assets.iso_codes import COUNTRIES
from scv_assets.progress import Listener, UnderWay
from scv_assets.yaml_document import YamlDocument, read_yaml

#: the general policy, of which a proposal is a part
GENERAL = Path(demo_company.__file__).parent / "company" / "matching.yaml"
_STEPS = 4


@dataclass(frozen=True)
class Request:
    """What was typed."""

    file: Path
    policy: Path | None
    out: Path | None
    truth: str | None
    engine: str | None
    countries: tuple[str, ...]


@dataclass(frozen=True)
class _Opened:
    table: Relation
    section: TableSection
    rows: PersonRows
    document: YamlDocument | None


def match_file(request: Request, console: Console) -> None:
    """Match a table, write clusters and edges, sum up. Raises `ConfigError`."""
    started = time.perf_counter()
    out = request.out or request.file.with_name(f"{request.file.stem}.matched")
    engine = request.engine or DEFAULT_ENGINE
    engine_named(engine)
    with duckdb.connect() as con, _bar(console) as progress:
        task = progress.add_task(f"reading {request.file.name}", total=_STEPS)
        opened = _open(con, request)
        progress.update(task, advance=1, description="finding a policy" if opened.document is None else "policy")
        policy = _policy(con, opened, request)
        progress.update(task, advance=1, description="matching")
        with _Comparing(progress, task).listening():
            matched = match_table(con, opened.rows, policy, engine=engine)
        progress.update(task, advance=1, description="writing")
        _write(con, out, matched)
        progress.update(task, advance=1, description="done")
        told = measured(opened.table, matched.clusters, request.truth) if request.truth else None
    _print_columns(console, opened.section.columns)
    _print_summary(console, matched)
    if told is not None:
        _print_quality(console, *told)
    for name in ("clusters", "edges"):
        console.print(f"{out / name}.csv, .parquet", soft_wrap=True, highlight=False)
    console.print(f"{time.perf_counter() - started:.1f} s in all")


def init_policy(request: Request, console: Console) -> None:
    """Propose a policy for a table and write it. Raises `ConfigError` where there is one already."""
    out = request.out or request.file.with_name("matching.yaml")
    if out.exists():
        raise ConfigError(f"{out} is there already; name another file with --out")
    with duckdb.connect() as con, _bar(console) as progress:
        task = progress.add_task(f"reading {request.file.name}", total=2)
        opened = _open(con, request)
        progress.update(task, advance=1, description="counting pairs")
        proposal = _proposed(con, opened, request.engine)
        progress.update(task, advance=1, description="done")
        rows = len(opened.table)
    columns, countries = opened.section.columns, opened.section.countries
    text = proposal_text(proposal, columns, countries, file=request.file.name, rows=rows)
    read_policy(YamlDocument(text, out.name))
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror}); name another file with --out") from error
    _print_columns(console, columns)
    kept = [rule for rule in proposal.rules if rule.is_kept]
    console.print(
        f"\n{len(kept)} blocking rules, {sum(rule.pairs for rule in kept):,} pairs (a pair of several rules counts in "
        f"each); {'with' if 'negative_rules' in proposal.settings else 'without'} negative rules.",
        highlight=False,
    )
    console.print(f"The policy is in {out}", soft_wrap=True, highlight=False)
    console.print(f"Next: scv match {request.file} --policy {out}", soft_wrap=True, highlight=False)


def _open(con: Connection, request: Request) -> _Opened:
    table = read_table(con, request.file)
    present = [name for name in table.columns if name != ROW]
    if request.truth is not None and request.truth not in present:
        raise ConfigError(f"{request.file}: there is no column '{request.truth}'; there are {', '.join(present)}")
    document = read_yaml(request.policy, str(request.policy)) if request.policy else None
    countries = tuple(code.upper() for code in request.countries)
    if unknown := [code for code in countries if code not in COUNTRIES]:
        raise ConfigError(f"'{unknown[0]}' is no ISO 3166 country code (two capitals)")
    section = read_table_section(document, present) if document is not None else None
    if section is None:
        section = TableSection(recognised(looked_at(con, table, without=request.truth)), countries)
    elif countries:
        section = TableSection(section.columns, countries)
    if not section.columns.has_a_person:
        raise ConfigError(
            f"{request.file}: no column is a name or a birth date; say which under 'table' in a policy "
            "(scv match FILE --policy matching.yaml)"
        )
    rows = person_rows(con, table, section.columns, section.countries, clock.now().date())
    return _Opened(table, section, rows, document)


def _policy(con: Connection, opened: _Opened, request: Request) -> Policy:
    if opened.document is not None:
        return read_policy(opened.document)
    proposal = _proposed(con, opened, request.engine)
    text = proposal_text(proposal, opened.section.columns, (), file=request.file.name, rows=len(opened.table))
    return read_policy(YamlDocument(text, "the proposed policy"))


def _proposed(con: Connection, opened: _Opened, engine: str | None) -> Proposal:
    document = read_yaml(GENERAL)
    template = yaml.safe_load(GENERAL.read_text(encoding="utf-8"))
    runner = engine_named(engine or DEFAULT_ENGINE)
    return propose(con, template, read_policy(document), opened.rows.records, opened.rows.identifiers, runner)


def _write(con: Connection, out: Path, matched: MatchedTable) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, table in (("clusters", matched.clusters), ("edges", matched.edges)):
            written = con.from_arrow(table)
            written.write_csv(str(out / f"{name}.csv"), header=True)
            written.write_parquet(str(out / f"{name}.parquet"))
    except (OSError, duckdb.IOException) as error:
        told = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise ConfigError(f"{out} cannot be written ({told}); name another folder with --out") from error


def _print_columns(console: Console, columns: TableColumns) -> None:
    table = listing("Columns", folded("column"), whole("is"))
    for name, column in columns.fields.items():
        table.add_row(shown(column), name.replace("_", " "))
    for name, column in columns.identifiers.items():
        table.add_row(shown(column), f"identifier ({name})")
    if columns.ignored:
        table.add_row(shown(", ".join(columns.ignored)), "left aside")
    console.print(table)


def _print_summary(console: Console, matched: MatchedTable) -> None:
    records = matched.clusters["records"].to_pylist()
    together = sum(count > 1 for count in records)
    clusters = len(set(matched.clusters["cluster"].to_pylist()))
    decisions = matched.edges["decision"].to_pylist()
    console.print(
        f"\n{len(records):,} rows are {clusters:,} people; {together:,} rows are of somebody who is there more than "
        f"once (at most {max(records, default=0):,} times). {matched.candidates:,} pairs were looked at; "
        f"{decisions.count('review'):,} are for somebody to look at (decision review).",
        highlight=False,
    )


def _print_quality(console: Console, found: Quality, without: int) -> None:
    right = [Column(name, justify="right", no_wrap=True) for name in ("precision", "recall", "F1")]
    left_out = f" ({without:,} rows without a truth left out)" if without else ""
    table = listing(f"Against the truth{left_out}", whole("measure"), *right)
    measures: dict[str, Measure] = {"pairs": found.pairs, "whole clusters": found.clusters, "B-cubed": found.b_cubed}
    for name, measure in measures.items():
        table.add_row(name, f"{measure.precision:.4f}", f"{measure.recall:.4f}", f"{measure.f1:.4f}")
    console.print(table)


class _Comparing(Listener):
    """Says on the bar how many pairs are compared."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        super().__init__()
        self._progress, self._task = progress, task

    def on_the_way(self, work: UnderWay) -> None:
        """Say how far it is."""
        self._progress.update(self._task, description=f"{work.done:,} of {work.total:,} {work.things}")


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<32}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
