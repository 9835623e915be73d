"""`scv dev`: Dagster's UI and daemon on this machine, over the company's runs."""

import os
import sys
from pathlib import Path

from scv_assets.commands.listening import check_free
from scv_assets.company import HOME_VARIABLE
from scv_assets.home import load_home
from scv_assets.runner import dagster_instance

#: the project's own workspace; an installation without the repository beside it has none
WORKSPACE = Path(__file__).parents[2] / "workspace.yaml"


def serve(path: Path, *, host: str, port: int) -> None:
    """Become `dagster dev`; does not return. Dagster's own tables are made first, by one process alone.

    Raises `ConfigError` where nothing can listen there.
    """
    home = load_home(path)
    check_free(host, port)
    with dagster_instance(home) as instance:
        instance.upgrade()
    os.environ[HOME_VARIABLE] = str(home.root)
    program = Path(sys.executable).with_name("dagster")
    code = ["-w", str(WORKSPACE)] if WORKSPACE.exists() else ["-m", "scv_assets.definitions"]
    arguments = ["dagster", "dev", *code, "--host", host, "--port", str(port)]
    os.execv(program, arguments)
