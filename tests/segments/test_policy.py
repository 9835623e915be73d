import pytest

from scv_assets.errors import ConfigError
from scv_assets.segments.policy import load_policy
from scv_assets.yaml_document import YamlDocument
from tests.segments.company import SHIPPED, shipped_policy

GOOD = """\
segmentations:
  - name: lifecycle
    title: Lifecycle
    owner: team:crm
    version: "1"
    definition: how far someone has come
    segments:
      - {name: buyer, title: Buyer, description: bought, when: orders_count >= 1}
      - {name: visitor, title: Visitor, description: seen, otherwise: true}
"""


def problems(text: str) -> list[str]:
    found: list[ConfigError] = []
    load_policy(YamlDocument(text, "segments.yaml", problems=found))
    return [str(problem) for problem in found]


def test_the_shipped_segments_are_the_ones_of_the_glossary() -> None:
    policy = shipped_policy()
    assert [segmentation.name for segmentation in policy.segmentations] == [
        "lifecycle",
        "invoiced_customer_accounting",
        "invoiced_customer_sales",
    ]
    assert [segment.name for segment in policy.segmentations[0].segments] == [
        "ambassador",
        "multi_purchase",
        "one_purchase",
        "prospect",
        "visitor",
    ]
    assert all(segmentation.owner and segmentation.definition for segmentation in policy.segmentations)


def test_a_good_file_has_no_problem() -> None:
    assert problems(GOOD) == []
    assert problems(SHIPPED.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "when: orders_count",
            "when: order_count",
            "segments.yaml:8: there is no trait 'order_count'; did you mean 'orders_count'?",
        ),
        ("when:", "wenn:", "segments.yaml:8: unknown key 'wenn'; did you mean 'when'?"),
        ("otherwise: true", "when: is_reachable", "segments.yaml:9: 'visitor' is the last segment"),
        ("otherwise: true", "otherwise: false", "segments.yaml:9: 'otherwise' can only be true"),
        ("when: orders_count >= 1", "otherwise: true", "segments.yaml:8: 'buyer' needs a 'when'"),
        ("orders_count >= 1}", "orders_count >= 1, otherwise: true}", "segments.yaml:8: 'buyer' has both"),
        (
            "name: visitor",
            "name: buyer",
            "segments.yaml:9: the segment 'buyer' is given twice (first at segments.yaml:8)",
        ),
        ("name: buyer", "name: Big buyer", "segments.yaml:8: 'Big buyer' is no name of a segment"),
        ("    owner: team:crm\n", "", "segments.yaml:2: 'owner' is missing"),
        ("when: orders_count >= 1", "when: 3", "segments.yaml:8: 'segmentations.0.segments.0.when' must be text"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, expected: str) -> None:
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    assert any(problem.startswith(expected) for problem in found), found


def test_a_file_without_segmentation_or_segment_is_refused() -> None:
    assert problems("segmentations: []") == ["segments.yaml:1: there is no segmentation; give one"]
    cut = GOOD[: GOOD.index("    segments:")] + "    segments: []\n"
    assert problems(cut) == ["segments.yaml:7: 'lifecycle' has no segment"]


def test_two_segmentations_of_one_name_are_refused() -> None:
    twice = GOOD + GOOD[GOOD.index("  - name") :]
    assert any("the segmentation 'lifecycle' is given twice" in problem for problem in problems(twice))
