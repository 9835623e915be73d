"""Segments on a real store: the second night looks at whom something happened to, and says what a whole run says."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyRelation as Relation

from scv_assets.segments.build import LastRun, build
from scv_assets.segments.last_run import PRINTS
from scv_assets.segments.news import changed
from scv_assets.segments.run import OUTPUTS
from tests.pipeline.company import Company
from tests.pipeline.shop import customers, customers_file, orders, orders_file

SEGMENTS = [*OUTPUTS, "golden_profile"]
NEXT_NIGHT = "2026-10-12T03:00:00"


class Watch:
    """What the builds of a run were given of the last run, and at how many customers they looked (null: at all)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.last: list[LastRun | None] = []
        self.looked_at: list[int] = []

        def watched_build(*arguments: Any, last: LastRun | None, **named: Any) -> Any:
            self.last.append(last)
            return build(*arguments, last=last, **named)

        def watched_changed(*arguments: Any) -> Relation:
            found = changed(*arguments)
            self.looked_at.append(len(found))
            return found

        monkeypatch.setattr("scv_assets.segments.run.build", watched_build)
        monkeypatch.setattr("scv_assets.segments.build.changed", watched_changed)


def test_the_second_night_works_out_only_whom_something_happened_to_and_equals_a_whole_computation(
    shop: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.deliver(orders_file(5), orders("A9;2026-03-05T12:00:00;amelie.durand@mail.be;Amélie Durand;9,00"))
    late = "A0;2026-03-03T09:00:00;zoe.noel@mail.fr;Zoë Noël;7,00"
    new = "6,Nora,Claes,nora.claes@mail.be,,Lille,active,yes,2026-03-05T10:00:00"
    shop.deliver(orders_file(1), orders(late))
    shop.deliver(customers_file(5), customers(new))
    whole = shop.copied(tmp_path / "whole")
    whole.home.lake().drop(PRINTS)
    watch = Watch(monkeypatch)
    for company in (shop, whole):
        told = company.scv("run", SCV_NOW=NEXT_NIGHT)
        assert told.code == 0, told.text
    nightly, from_nothing = watch.last
    assert nightly is not None
    assert nightly.as_of_on == date(2026, 3, 4)
    assert from_nothing is None
    (looked_at,) = watch.looked_at
    everybody = len(shop.rows("customer_trait"))
    assert 3 <= looked_at < everybody
    assert shop.tables(SEGMENTS) == whole.tables(SEGMENTS)
    causes = {row["cause"] for row in shop.rows("segment_membership") if str(row["recorded_at"]) > "2026-10-12"}
    assert causes == {"move", "correction"}
