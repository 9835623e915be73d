"""A kill -9 anywhere: what is published is whole, and the next run ends where an undisturbed one does."""

import random
import signal
import time
from pathlib import Path

import pytest

from tests.pipeline.company import Company, differing, ended
from tests.pipeline.shop import customers, customers_file, orders, orders_file

SEED = 20261120


def deliver_news(shop: Company) -> None:
    """Deliver a new day, and a corrected one that makes two customers one."""
    shop.deliver(customers_file(4), customers("6,Zoë,Noël,zoe.noel@mail.fr,,Lille,active,yes,2026-03-04T10:00:00"))
    shop.deliver(
        orders_file(4),
        orders(
            "A4;2026-03-04T08:00:00;amelie.durand@mail.be;Amélie Durand;20,00",
            "A5;2026-03-04T09:00:00;sofie.maes@mail.be;Sofie Maes;7,50",
            "A6;2026-03-04T10:00:00;unknown@mail.be;Somebody Else;1,00",
        ),
    )


def killed_at(shop: Company, points: list[str], allowed: list[dict[str, list[dict[str, object]]]]) -> int:
    """Run once a point, killed there; see after each that an allowed state is published; count the kills."""
    killed = 0
    runs = shop.python("-m", "tests.pipeline.killed_run")
    assert runs.stdin is not None
    assert runs.stdout is not None
    for point in points:
        runs.stdin.write(f"{point}\n")
        runs.stdin.flush()
        answer = runs.stdout.readline().strip()
        assert answer in {"killed", "ended 0"}, (point, answer, ended(runs).err)
        killed += answer == "killed"
        found = shop.tables()
        assert any(not differing(found, state, "run_id") for state in allowed), (point, "neither before nor after")
    told = ended(runs)
    assert told.code == 0, told.err
    return killed


@pytest.mark.slow
def test_runs_killed_anywhere_end_where_an_undisturbed_one_does(shop: Company, tmp_path: Path) -> None:
    before = shop.tables()
    undisturbed = shop.copied(tmp_path / "undisturbed")
    deliver_news(undisturbed)
    undisturbed.must_run()
    after = undisturbed.tables()
    assert differing(before, after)

    deliver_news(shop)
    chance = random.Random(SEED)
    points = [f"lake {chance.randrange(1, 40)}" for _ in range(8)] + [f"store {chance.randrange(20, 60)}", "state 1"]
    assert killed_at(shop, points, [before, after]) >= 5
    told = shop.scv("run")
    assert told.code == 0, told.out
    assert differing(shop.tables(), after, "run_id") == []
    assert "Nothing new" in shop.scv("run").out


@pytest.mark.slow
def test_a_first_run_of_fourteen_sources_killed_from_outside_ends_where_an_undisturbed_one_does(
    demo: Company, published_demo: Company, tmp_path: Path
) -> None:
    company = demo.copied(tmp_path / "killed")
    chance = random.Random(SEED)
    killed = 0
    for datasets in sorted(chance.randrange(3, 75) for _ in range(3)):
        run = company.start("run")
        while run.poll() is None and len(list(company.root.glob("lake/**/_manifest.json"))) < datasets:
            time.sleep(0.02)
        time.sleep(chance.random())
        run.send_signal(signal.SIGKILL)
        killed += ended(run).code == -signal.SIGKILL
    assert killed >= 2
    told = company.process("run")
    assert told.code == 0, told.text
    assert "Traceback" not in told.text
    assert differing(company.tables(), published_demo.tables(), "run_id") == []
