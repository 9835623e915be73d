"""Publishes version after version, is killed at a given step of each, and publishes again: a program of its own.

    python -m tests.resources.killed_publisher STORE_URL LAKE SEED ROUNDS

A step is anything that touches the store or the lake: a statement, a commit, a file that is placed, a manifest that is
replaced. The parent process never opens store or lake; every round forks a child that is killed (SIGKILL) at a random
step and a child that looks at what is left, publishes the same version undisturbed and compares.
"""

import os
import random
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from resources.lake import Lake
from resources.store.engine import open_store
from resources.store.migrations import migrate
from tests.resources.published_company import customers, everything, lay, nothing, publish_all

CUSTOMERS = 60
STEPS = 130  # of one version: what it lays in the lake and what it publishes


def version(number: int) -> dict[str, list[dict[str, Any]]]:
    """Return a company of which a third of the customers come, go or change with each version."""
    names = [f"c{n:03}" for n in range(CUSTOMERS) if (n + number) % 6 != 0]
    tables = nothing() | customers(*names)
    for position, profile in enumerate(tables["golden_profile"]):
        profile["city"] = f"city {number}" if position % 6 == 1 else None
    tables["customer_order"] = [
        {"source": "erp", "order_id": f"{number}-{name}", "customer_id": name, "gross_cents": number} for name in names
    ]
    return tables


def main(url: str, folder: str, seed: int, rounds: int) -> None:
    """Run the rounds; the process ends with 1 where a claim does not hold."""
    chance = random.Random(seed)
    _in_child(lambda: _publish(url, folder, 0))
    killed = 0
    for number in range(1, rounds + 1):
        step = chance.randrange(1, STEPS)
        killed += _in_child(lambda step=step, number=number: _killed_publish(url, folder, number, step))  # type: ignore[misc]
        if _in_child(lambda number=number: _check(url, folder, number)):  # type: ignore[misc]
            raise SystemExit(f"round {number}, killed at step {step} (seed {seed}): not as it should be")
    print(f"{killed} of {rounds} were killed")
    if not killed:
        raise SystemExit("no round was killed")


def _publish(url: str, folder: str, number: int) -> None:
    store = open_store(url)
    migrate(store)
    lake = Lake(folder)
    lay(lake, version(number))
    publish_all(store, lake, run_id=f"run-{number}")


def _killed_publish(url: str, folder: str, number: int, step: int) -> None:
    steps = iter(range(1, step))

    def count(*_: Any) -> None:
        if next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit", "rollback"):
        event.listen(sa.Engine, name, count)
    for name in ("_place", "replace_text", "commit"):
        setattr(Lake, name, _counted(getattr(Lake, name), count))
    _publish(url, folder, number)


def _counted(method: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    def called(*arguments: Any, **options: Any) -> Any:
        count()
        result = method(*arguments, **options)
        count()
        return result

    return called


def _check(url: str, folder: str, number: int) -> None:
    store, lake = open_store(url), Lake(folder)
    found = everything(store)
    assert _essence(found) in (_essence(version(number - 1)), _essence(version(number))), "neither before nor after"
    lay(lake, version(number))
    counts = publish_all(store, lake, run_id=f"run-{number}")
    assert _essence(everything(store)) == _essence(version(number)), "not as an undisturbed publish"
    assert counts["golden_profile"].unchanged > 0, "replaced whole: what was published before was not at hand"
    assert publish_all(store, lake)["golden_profile"].unchanged == len(found["golden_profile"]), "not quiet"
    lake.sweep(older_than=0)
    named = {file for path in Path(folder).rglob("_manifest.json") for file in lake.files(_dataset(folder, path))}
    left = {str(path) for suffix in ("*.parquet", "*.tmp") for path in Path(folder).rglob(suffix) if path.is_file()}
    assert left == named, "litter"


def _dataset(folder: str, manifest: Path) -> str:
    return str(manifest.parent.relative_to(folder))


def _essence(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        table: [{name: value for name, value in row.items() if value is not None} for row in rows]
        for table, rows in tables.items()
    }


def _in_child(work: Callable[[], None]) -> bool:
    """Run in a fork and tell whether it came to a bad end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] != 0


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
