"""Runs the view in forks that are killed (SIGKILL) at a given step: a program of its own.

    python -m tests.pipeline.killed_run

A line of standard input is one run, in the company of `SCV_HOME`: `lake 12` ends it at the twelfth touch of the lake
(a file placed, a manifest or a text replaced; before and after each), `store 3` at the third commit or statement of the
store, `state 1` when the publish is done but not yet noted in the lake. What became of it is answered by a line,
`killed` or `ended`. The parent process loads the code once and never opens lake or store.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from sqlalchemy import event

import scv_assets.runner  # noqa: F401  (loaded before the forks)
from resources.lake import Lake
from scv_assets.commands.run import run_command
from scv_assets.company import company_home
from scv_assets.publication.publish_view import STATE


def main() -> None:
    """Run once for each line."""
    for line in sys.stdin:
        place, step = line.split()
        child = os.fork()
        if child == 0:
            _run(place, int(step))
        _, status = os.waitpid(child, 0)
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print("killed" if is_killed else f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


def _run(place: str, step: int) -> None:
    steps = iter(range(1, step))

    def count(*_: Any) -> None:
        if next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    _PLACES[place](count)
    code = 1
    try:
        with Path(os.devnull).open("w") as nowhere:
            code = 0 if run_command(company_home(), (None, None), Console(file=nowhere)) else 1
    finally:
        os._exit(code)


def _at_lake(count: Callable[..., None]) -> None:
    for name in ("_place", "replace_text", "commit"):
        setattr(Lake, name, _counted(getattr(Lake, name), count))


def _at_store(count: Callable[..., None]) -> None:
    def of_store(connection: sa.Connection, *_: Any) -> None:
        if str(connection.engine.url.database).endswith("scv.db"):
            count()

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(sa.Engine, name, of_store)


def _at_state(count: Callable[..., None]) -> None:
    replace: Callable[..., None] = Lake.replace_text

    def replaced(lake: Lake, name: str, text: str) -> None:
        if name == STATE:
            count()
        replace(lake, name, text)

    setattr(Lake, "replace_text", replaced)  # noqa: B010


def _counted(method: Callable[..., Any], count: Callable[..., None]) -> Callable[..., Any]:
    def called(*arguments: Any, **options: Any) -> Any:
        count()
        result = method(*arguments, **options)
        count()
        return result

    return called


_PLACES = {"lake": _at_lake, "store": _at_store, "state": _at_state}

if __name__ == "__main__":
    main()
