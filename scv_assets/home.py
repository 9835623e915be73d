"""A company's folder (`SCV_HOME`): its settings, its contracts and its other YAML, loaded and checked once.

`scv.yaml` and `sources/*.yaml` are read here; `matching.yaml`, `survivorship.yaml`, … belong to their stages, which get
them by `home.document(name)`. The code knows no company: all that differs from one to the next is in this folder.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

from resources.lake import Lake, fingerprint
from scv_assets.environment import expand
from scv_assets.errors import ConfigError, SourceContractError
from scv_assets.iso_codes import COUNTRIES
from scv_assets.sources.column_reading import read_currency, read_time_zone
from scv_assets.sources.contract import Contract, Owner
from scv_assets.sources.contract_reading import CompanyDefaults, read_contract, read_owner
from scv_assets.stages import STAGES
from scv_assets.yaml_document import Node, YamlDocument, read_yaml

SETTINGS = "scv.yaml"
SOURCES = "sources"
INBOX = "inbox"
_REQUIRED = ("name", "time_zone", "currency", "countries", "start_on")
COMPANY_SETTINGS = (*_REQUIRED, "end_on", "store", "lake", "engine", "phone_country", "owners")
ENGINE_SETTINGS = ("name", "memory", "threads", "spark")
SPARK_ENGINE = "splink"
#: who may be named under `owners`: each stage after the sources, whose contracts name theirs, and `default`
OWNED = ("default", *(stage for stage in (*STAGES, "publication") if stage != SOURCES))
DEFAULT_ENGINE = "native"
DEFAULT_MEMORY = "2GB"
DEFAULT_THREADS = 2

_MEMORY = re.compile(r"\d+(\.\d+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)")


@dataclass(frozen=True)
class Settings:
    """What scv.yaml says.

    `end_on`: the last business day; None: yesterday. A phone number without a prefix is read as one of
    `phone_country`. `owners`: who answers for what a stage makes; `default` for every stage that is not named.
    `spark`: the cluster's master, where the engine runs on one.
    """

    name: str
    time_zone: str
    currency: str
    countries: tuple[str, ...]
    start_on: date
    end_on: date | None
    store_url: str
    lake_url: str
    engine: str
    memory: str
    threads: int
    phone_country: str
    owners: Mapping[str, Owner]
    spark: str | None = None

    @property
    def engine_address(self) -> str:
        """The matching engine and what it may use, as `identity.engines.engine` takes it."""
        uses = {"memory": self.memory, "threads": self.threads} | ({"spark": self.spark} if self.spark else {})
        return f"{self.engine}?{urlencode(uses)}"


@dataclass(frozen=True)
class Home:
    """One company. `contracts` by name, in the order of their names."""

    root: Path
    settings: Settings
    contracts: Mapping[str, Contract]
    problems: list[ConfigError] | None = field(default=None, compare=False, repr=False)
    _documents: dict[str, YamlDocument] = field(default_factory=dict, compare=False, repr=False)
    _lakes: list[Lake] = field(default_factory=list, compare=False, repr=False)

    @property
    def inbox(self) -> Path:
        """The folder in which extracts arrive."""
        return self.root / INBOX

    def lake(self) -> Lake:
        """Return the company's lake (the same object each time)."""
        if not self._lakes:
            settings = self.settings
            self._lakes.append(Lake(settings.lake_url, memory=settings.memory, threads=settings.threads))
        return self._lakes[0]

    def beside(self, name: str, document: YamlDocument, lake: Lake) -> "Home":
        """Return the company with another text of one of its YAML files and another lake: to try something out."""
        return replace(self, _documents={**self._documents, name: document}, _lakes=[lake])

    def document(self, name: str) -> YamlDocument:
        """Return one of the folder's YAML files, parsed.

        Raises `ConfigError` where it is missing or no YAML.
        """
        if name not in self._documents:
            self._documents[name] = read_yaml(self.root / name, name, problems=self.problems)
        return self._documents[name]

    def has(self, name: str) -> bool:
        """Tell whether the folder has this file."""
        return (self.root / name).is_file()

    def fingerprint(self, *names: str) -> str:
        """Return a hash of what these YAML files say (none named: scv.yaml and every contract), comments apart."""
        chosen = names or (SETTINGS, *(f"{SOURCES}/{source}.yaml" for source in self.contracts))
        said = {name: self.document(name).root.value if self.has(name) else None for name in chosen}
        return fingerprint("yaml", said)


def load_home(path: Path | str) -> Home:
    """Load a company's folder.

    Raises `ConfigError` at the first mistake; `sources.check.problems` tells all of them.
    """
    return read_home(Path(path), None)


def read_home(path: Path, problems: list[ConfigError] | None) -> Home:
    """Load a company's folder; with `problems`, go past mistakes and put each into that list."""
    root = path.expanduser().resolve()
    if not root.is_dir():
        raise ConfigError("there is no such folder; lay one with 'scv init', or set SCV_HOME", where=str(path))
    document = read_yaml(root / SETTINGS, SETTINGS, problems=problems)
    settings = _settings(document.root, root)
    company = CompanyDefaults(settings.time_zone, settings.currency)
    contracts: dict[str, Contract] = {}
    documents = {SETTINGS: document}
    for file in sorted((root / SOURCES).glob("*.yaml")):
        name = f"{SOURCES}/{file.name}"
        try:
            contract_document = read_yaml(file, name, error=SourceContractError, problems=problems)
            contracts[file.stem] = read_contract(contract_document, company)
            documents[name] = contract_document
        except ConfigError as error:
            if problems is None:
                raise
            problems.append(error)
    _check_references(contracts)
    return Home(root, settings, contracts, problems, documents)


def _settings(node: Node, root: Path) -> Settings:
    given = node.mapping(COMPANY_SETTINGS, _REQUIRED)
    countries = tuple(_country(item) for item in given["countries"].items())
    if not countries:
        given["countries"].refuse("'countries' names at least one")
    engine = given["engine"].mapping(ENGINE_SETTINGS) if "engine" in given else {}
    start_on = given["start_on"].date()
    return Settings(
        name=given["name"].text(),
        time_zone=read_time_zone(given["time_zone"]),
        currency=read_currency(given["currency"]),
        countries=countries,
        start_on=start_on,
        end_on=_end_on(given["end_on"], start_on) if "end_on" in given else None,
        store_url=_store_url(_url(given.get("store"), "sqlite:///scv.db"), root),
        lake_url=_lake_url(_url(given.get("lake"), "lake"), root),
        engine=engine["name"].text() if "name" in engine else DEFAULT_ENGINE,
        memory=_memory(engine["memory"]) if "memory" in engine else DEFAULT_MEMORY,
        threads=_threads(engine["threads"]) if "threads" in engine else DEFAULT_THREADS,
        phone_country=_country(given["phone_country"]) if "phone_country" in given else (*countries, "")[0],
        owners=_owners(given["owners"]) if "owners" in given else {},
        spark=_spark(engine) if "spark" in engine else None,
    )


def _spark(engine: Mapping[str, Node]) -> str:
    if "name" not in engine or engine["name"].text() != SPARK_ENGINE:
        engine["spark"].refuse(f"'engine.spark' is where engine.name: {SPARK_ENGINE} runs; other engines know no Spark")
    return engine["spark"].text()


def _owners(node: Node) -> dict[str, Owner]:
    return {stage: read_owner(entry) for stage, entry in node.mapping(OWNED).items()}


def _country(node: Node) -> str:
    code = node.text()
    if not node.is_faulty and code not in COUNTRIES:
        node.refuse(f"'{code}' is no ISO 3166 country code (two capitals)", near=code, among=COUNTRIES)
    return code


def _end_on(node: Node, start_on: date) -> date:
    day = node.date()
    if day < start_on:
        node.refuse("'end_on' is before 'start_on'")
    return day


def _memory(node: Node) -> str:
    memory = node.text()
    if not _MEMORY.fullmatch(memory):
        node.refuse(f"'{node.label}' must be a size, for instance 2GB")
        return DEFAULT_MEMORY
    return memory


def _threads(node: Node) -> int:
    threads = node.integer()
    if threads < 1:
        node.refuse(f"'{node.label}' must be 1 or more")
        return DEFAULT_THREADS
    return threads


def _url(node: Node | None, default: str) -> str:
    if node is None:
        return default
    entry = node.mapping({"url"}, {"url"})["url"]
    try:
        return expand(entry.text(), entry.where)
    except ConfigError as error:
        entry.refuse(str(error).removeprefix(f"{entry.where}: "))
        return default


def _store_url(url: str, root: Path) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(f"{prefix}/") and url != f"{prefix}:memory:":
        return f"{prefix}{root / url.removeprefix(prefix)}"
    return url


def _lake_url(url: str, root: Path) -> str:
    return url if "://" in url else str(root / url)


def _check_references(contracts: Mapping[str, Contract]) -> None:
    for contract in contracts.values():
        root = contract.document.root
        columns = root.child("columns")
        for name, column in contract.columns.items():
            if column.references is None or columns is None:
                continue
            entry = columns.child(name)
            node = entry.child("references") if entry is not None else None
            if node is None:
                continue
            target = contracts.get(column.references.source)
            if target is None:
                node.refuse(
                    f"there is no source '{column.references.source}'", near=column.references.source, among=contracts
                )
            elif column.references.column not in target.columns:
                wanted = column.references.column
                node.refuse(f"source '{target.source}' has no column '{wanted}'", near=wanted, among=target.columns)
