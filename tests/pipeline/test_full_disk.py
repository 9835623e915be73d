"""A full disk: one clear sentence, the last good state stays, and the next run ends well."""

import random

import pytest

from tests.pipeline.company import Company, Told, differing, ended
from tests.pipeline.shop import customers, customers_file

#: no file grows past the first argument (bytes): what a full disk does to whoever writes
PROGRAM = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
from scv_assets import cli
cli.main()
"""


def run_on_full_disk(company: Company, largest_file: int) -> Told:
    return ended(company.python("-c", PROGRAM, str(largest_file), "run"))


def large_delivery() -> bytes:
    """Return customers whose names no compression makes small: more than 3 MB of Parquet."""
    chance = random.Random(5)
    names = [f"{chance.getrandbits(200 * 8):0400x}" for _ in range(8_000)]
    rows = [f"L{n},{name},Durand,l{n}@mail.be,,Gent,active,no,2026-03-04T10:00:00" for n, name in enumerate(names)]
    return customers(*rows)


@pytest.mark.slow
@pytest.mark.parametrize("largest_file", [1_500_000, 400_000, 0])
def test_a_full_disk_is_told_in_one_sentence_and_costs_nothing(shop: Company, largest_file: int) -> None:
    before = shop.tables()
    news = "6,Zoë,Noël,zoe.noel@mail.fr,,Lille,active,yes,2026-03-04T10:00:00"
    shop.deliver(customers_file(4), large_delivery() if largest_file else customers(news))
    told = run_on_full_disk(shop, largest_file)
    assert told.code == 1, told.text
    assert "Traceback" not in told.text
    sentences = [line for line in told.text.splitlines() if "free space" in line]
    assert len(set(sentences)) == 1, told.text
    assert differing(shop.tables(), before) == []

    shop.deliver(customers_file(4), customers(news))
    shop.must_run()
    assert "zoe.noel@mail.fr" in {row["email"] for row in shop.rows("source_record")}
    assert "Nothing new" in shop.scv("run").out
    litter = [path for path in (shop.root / "lake").rglob("*.tmp") if path.is_file()]
    assert litter == []
