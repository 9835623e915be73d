"""What `scv check` says: every mistake in a company's YAML at once, each with file, line and a suggestion.

Later stages add the checks of their own files by `hooks`, so that this module knows none of them.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from scv_assets.errors import ConfigError, ScvError
from scv_assets.home import SOURCES, Home, read_home
from scv_assets.sources.contract import Contract
from scv_assets.sources.deliveries import strangers
from scv_assets.yaml_document import suggestion

#: Reads a stage's YAML from the home and raises `ConfigError`, or notes what is wrong in the home's documents.
Hook = Callable[[Home], object]

#: Files that a company's folder may have beside its sources.
KNOWN_FILES: tuple[str, ...] = (
    "scv.yaml",
    "matching.yaml",
    "survivorship.yaml",
    "segments.yaml",
    "campaigns.yaml",
    "destinations.yaml",
    "governance.yaml",
)


def problems(home_path: Path | str, hooks: Sequence[Hook] = ()) -> list[str]:
    """Return every mistake of the folder's YAML, by file and line; empty where all is well."""
    found: list[ConfigError] = []
    try:
        home = read_home(Path(home_path), found)
    except ConfigError as error:
        return [str(error)]
    if not home.contracts and not found:
        found.append(ConfigError("there is no contract; write one a source", where=f"{SOURCES}/"))
    for hook in hooks:
        try:
            hook(home)
        except ConfigError as error:
            found.append(error)
    return [str(error) for error in sorted(_distinct(found), key=_place)]


def warnings(home_path: Path | str) -> list[str]:
    """Return what is no mistake but deserves a look: columns that no map uses, files that nothing takes up."""
    try:
        home = read_home(Path(home_path), [])
        unused = [said for contract in home.contracts.values() for said in _unused(contract)]
        return [*unused, *_misnamed(home.root), *(f"inbox/{one.file}: {one.reason}" for one in strangers(home))]
    except ScvError as error:
        return [str(error)]


def _unused(contract: Contract) -> list[str]:
    return [
        f"{contract.where('columns', name)}: column '{name}' is used by no map; map it, or list it under 'ignore'"
        for name in contract.unused_columns()
    ]


def _misnamed(root: Path) -> list[str]:
    names = sorted(file.name for file in root.iterdir() if file.suffix in {".yaml", ".yml"})
    unread = [
        f"{name}: nothing reads this file{suggestion(name, KNOWN_FILES)}" for name in names if name not in KNOWN_FILES
    ]
    folder = root / SOURCES
    others = sorted(f.name for f in folder.iterdir() if f.suffix != ".yaml") if folder.is_dir() else []
    return [*unread, *(f"{SOURCES}/{name}: nothing reads this file; a contract ends in .yaml" for name in others)]


def _distinct(found: Iterable[ConfigError]) -> list[ConfigError]:
    return list({str(error): error for error in found}.values())


def _place(error: ConfigError) -> tuple[str, int, str]:
    file, _, line = error.where.rpartition(":")
    return (file, int(line), str(error)) if line.isdigit() else (error.where, 0, str(error))
