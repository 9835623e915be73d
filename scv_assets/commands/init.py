"""`scv init`: a new company's folder that runs as it is: settings, policies, one source with one small extract."""

import shutil
from pathlib import Path

from rich.console import Console

import demo_company
from scv_assets.commands.invocation import typed
from scv_assets.errors import ConfigError

_NEW = Path(__file__).with_name("new_company")
#: policies that name no source: every company may begin with the demo company's
_SHARED = ("matching.yaml", "segments.yaml", "governance.yaml")


def print_new_folder(folder: Path, console: Console) -> None:
    """Lay the folder, and print its files and what to do next."""
    for file in lay_folder(folder):
        console.print(str(file), soft_wrap=True, highlight=False)
    for said, command in (("It runs as it is", "run"), ("After every change of a YAML", "check")):
        console.print(f"{said}: [cyan]{typed(folder, command)}[/cyan]", soft_wrap=True, highlight=False)


def lay_folder(folder: Path) -> list[Path]:
    """Write the files and return their paths.

    Raises `ConfigError` where the folder already holds something, or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ConfigError(f"{folder} is not empty; name a new folder")
        shutil.copytree(_NEW, folder, dirs_exist_ok=True)
        for name in _SHARED:
            shutil.copyfile(Path(demo_company.__file__).parent / "company" / name, folder / name)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be laid ({error.strerror}); name another folder") from error
    return sorted(path for path in folder.rglob("*") if path.is_file())
