"""How to type the next command, from here and for this company, so that it can be copied as it is printed."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from scv_assets.company import HOME_VARIABLE, company_home


def typed(home: Path, command: str) -> str:
    """Return a command line that does `command` for the company in `home`, whatever SCV_HOME says."""
    named = "" if home.resolve() == company_home().resolve() else f"{HOME_VARIABLE}={shlex.quote(_short(home))} "
    return f"{named}{_program()} {command}"


def _program() -> str:
    """Return `scv` where the shell knows it, else the way in which this program was started (`.venv/bin/scv`)."""
    if shutil.which("scv"):
        return "scv"
    started = Path(sys.argv[0])
    return shlex.quote(_short(started)) if started.name == "scv" else f"{Path(sys.executable).name} -m scv_assets"


def _short(path: Path) -> str:
    resolved = Path(os.path.abspath(path))  # noqa: PTH100  (a link stays the link that was typed)
    here = Path.cwd()
    return str(resolved.relative_to(here)) if resolved.is_relative_to(here) else str(resolved)
