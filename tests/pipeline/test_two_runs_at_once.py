"""Two runs at once, on a folder that neither has seen before: both end well, and the result is that of one."""

from pathlib import Path

import pytest

from scv_assets.stages import PUBLISHED
from tests.pipeline.company import Company, differing, ended
from tests.pipeline.shop import customers, customers_file


@pytest.mark.slow
def test_two_first_runs_at_once_publish_what_one_does(new_shop: Company, published_shop: Company) -> None:
    runs = [new_shop.start("run") for _ in range(2)]
    for told in [ended(run) for run in runs]:
        assert told.code == 0, told.text
        assert "Traceback" not in told.text
    assert differing(new_shop.tables(), published_shop.tables(), "run_id") == []
    assert "Nothing new" in new_shop.scv("run").out
    owners = {row["run_id"] for row in new_shop.tables(["publication"])["publication"]}
    assert len(owners) == 1
    assert len(new_shop.tables(["publication"])["publication"]) == len(PUBLISHED)


@pytest.mark.slow
def test_a_delivery_that_comes_in_while_the_view_is_computed_is_not_lost(shop: Company, tmp_path: Path) -> None:
    """What was published is told by what the run saw, not by what the lake holds when it ends."""
    shop.deliver(customers_file(4), customers("6,Zoë,Noël,zoe.noel@mail.fr,,Lille,active,yes,2026-03-04T10:00:00"))
    late = "7,Eva,Dubois,eva.dubois@mail.be,,Namur,active,no,2026-03-05T10:00:00"
    program = f"""
import sys
from scv_assets import cli
from scv_assets.segments import assets
from scv_assets.home import load_home
from scv_assets.sources.extraction import extract_days
from datetime import date
from pathlib import Path

segment = assets.segment

def meanwhile(home, lake, *arguments, **options):
    (home.inbox / {customers_file(5)!r}).write_bytes({customers(late)!r})
    extract_days(home, home.contracts["customers"], [date(2026, 3, 5)], lake)
    return segment(home, lake, *arguments, **options)

assets.segment = meanwhile
sys.argv = ["scv", "run"]
cli.main()
"""
    told = ended(shop.python("-c", program))
    assert told.code == 0, told.text
    assert "behind its inputs" in shop.scv("status").out
    shop.must_run()
    assert "eva.dubois@mail.be" in {row["email"] for row in shop.rows("golden_profile")}


@pytest.mark.slow
def test_a_run_that_another_machine_overtook_publishes_nothing(shop: Company) -> None:
    """Two machines share a store and no lock: the later one computed from what is no longer there."""
    shop.deliver(customers_file(4), customers("6,Eva,Dubois,eva.dubois@mail.be,,Namur,active,yes,2026-03-04T10:00:00"))
    program = """
import sys
import sqlalchemy as sa
from resources.store.engine import open_store
from resources.store.tables import PUBLICATION
from scv_assets import cli
from scv_assets.company import company_home
from scv_assets.home import load_home
from scv_assets.segments import assets

segment = assets.segment

def meanwhile(home, lake, *arguments, **options):
    with open_store(load_home(company_home()).settings.store_url).begin() as connection:
        connection.execute(sa.update(PUBLICATION).values(content="another"))
    return segment(home, lake, *arguments, **options)

assets.segment = meanwhile
sys.argv = ["scv", "run"]
cli.main()
"""
    told = ended(shop.python("-c", program))
    assert told.code == 1
    assert "another run published meanwhile; run again" in told.text
    assert "eva.dubois@mail.be" not in {row["email"] for row in shop.rows("golden_profile")}
    shop.must_run()
    assert "eva.dubois@mail.be" in {row["email"] for row in shop.rows("golden_profile")}
