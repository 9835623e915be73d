"""What a matching policy does, told on a company that has run."""

import json
import os
from pathlib import Path
from unittest import mock

import dagster as dg
import pytest

from scv_assets.definitions import build_defs
from tests.pipeline.company import Company


@pytest.mark.slow
def test_every_rule_is_counted_and_every_level_weighed(published_shop: Company) -> None:
    told = published_shop.scv("match", "explain-policy", COLUMNS="80")
    assert told.code == 0, told.text
    assert "where pairs true only here" in " ".join(told.out.split())
    assert "of all pairs are not looked at" in told.out
    assert "+" in told.out.split("Comparison first_name")[1].split("Comparison last_name")[0]


@pytest.mark.slow
def test_the_model_is_an_asset_with_its_table_and_pictures(published_shop: Company) -> None:
    with (
        mock.patch.dict(os.environ, {"DAGSTER_HOME": str(published_shop.root / ".dagster")}),
        dg.DagsterInstance.get() as instance,
    ):
        event = instance.get_latest_materialization_event(dg.AssetKey(["identity", "model"]))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert {"version", "plan", "levels"} <= set(metadata)
    for picture in ("m_and_u", "match_weights", "convergence", "weight_histogram"):
        assert str(metadata[picture].value).startswith("![")


def kept(shop: Company) -> dict[str, bytes]:
    """Return every file of the lake, and the store's content."""
    files = [path for path in (shop.root / "lake").rglob("*") if path.is_file()]
    of_lake = {str(path): path.read_bytes() for path in files if not {".tmp", ".locks"} & set(path.parts)}
    return of_lake | {"store": repr(shop.tables()).encode()}


def other_policy(shop: Company) -> Path:
    """Write a policy by which neither mailbox nor phone links, and nothing is probable enough."""
    text = (shop.root / "matching.yaml").read_text()
    text = text.replace("links: with_names", "links: never").replace(
        "match: 0.95, review: 0.5", "match: 0.9999999, review: 0.5"
    )
    file = shop.root.parent / "other.yaml"
    file.write_text(text)
    return file


@pytest.mark.slow
def test_what_the_diff_says_is_what_a_run_with_the_policy_makes_and_nothing_changes_before(shop: Company) -> None:
    before, customers = kept(shop), shop.rows("crosswalk")
    policy = other_policy(shop)
    told = shop.scv("match", "diff", str(policy), "--json")
    assert told.code == 0, told.text
    found = json.loads(told.out)
    assert kept(shop) == before
    assert found["splits"] > 0
    assert "records" in found["sample"][0]
    (shop.root / "matching.yaml").write_text(policy.read_text())
    shop.must_run()
    after = shop.rows("crosswalk")
    assert found["customers_before"] == len({row["customer_id"] for row in customers})
    assert found["customers_after"] == len({row["customer_id"] for row in after})
    changed = [a for a, b in zip(customers, after, strict=True) if a["customer_id"] != b["customer_id"]]
    assert found["other_ids"] == len(changed)


@pytest.mark.slow
def test_the_same_policy_changes_nothing_and_the_terminal_says_so(published_shop: Company) -> None:
    told = published_shop.scv("match", "diff", str(published_shop.root / "matching.yaml"), COLUMNS="80")
    assert told.code == 0, told.text
    assert "Every customer keeps its records" in told.out


@pytest.mark.slow
def test_the_job_tells_the_same_figures_as_metadata(shop: Company) -> None:
    policy = other_policy(shop)
    told = json.loads(shop.scv("match", "diff", str(policy), "--json").out)
    job = build_defs(shop.home).resolve_job_def("policy_diff")
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(
            run_config={"ops": {"compare_policies": {"config": {"policy": str(policy)}}}}, instance=instance
        )
        output = next(event for event in done.all_events if event.is_successful_output)
    metadata = output.step_output_data.metadata
    assert metadata["splits"].value == told["splits"]
    assert metadata["customers_after"].value == told["customers_after"]


def test_before_the_first_run_there_is_nothing_to_compare_with(new_shop: Company) -> None:
    told = new_shop.scv("match", "diff", str(new_shop.root / "matching.yaml"))
    assert (told.code, told.err) == (
        1,
        "NotFound: nothing is computed yet, so there is nothing to compare with: scv run\n",
    )


def test_a_policy_that_is_wrong_is_refused_with_its_line(new_shop: Company) -> None:
    policy = other_policy(new_shop)
    policy.write_text(policy.read_text().replace("thresholds:", "tresholds:"))
    told = new_shop.scv("match", "diff", str(policy))
    assert told.code == 1
    assert "other.yaml:" in told.err
