from datetime import date

import pytest

from scv_assets.segments.pictures import MatrixPicture, lay_out, matrix_markdown, matrix_png
from tests.in_memory import connected
from tests.segments.company import inputs, run, shipped_policy

START, END = date(2026, 3, 2), date(2026, 3, 8)


def picture() -> MatrixPicture:
    con = connected()
    orders = [{"customer_id": "A", "ordered_at": "2026-03-05 10:00:00"}]
    built = run(
        con, inputs(con, {"a": "A", "b": "B"}, orders=orders), shipped_policy(), days=("2026-03-01", "2026-03-10")
    )
    return lay_out(con, built.matrix, shipped_policy().segmentations[0], START, END)


def test_the_segments_stand_in_the_order_of_the_lifecycle_new_first() -> None:
    laid_out = picture()
    assert [name for name, _ in laid_out.froms] == [
        "(new)",
        "visitor",
        "prospect",
        "one_purchase",
        "multi_purchase",
        "ambassador",
    ]
    assert [name for name, _ in laid_out.tos] == [name for name, _ in laid_out.froms[1:]]
    assert laid_out.customers[1] == (1, 0, 1, 0, 0)
    assert laid_out.share(1, 2) == 0.5
    assert laid_out.share(5, 0) == 0.0


def test_the_table_has_counts_shares_and_totals() -> None:
    lines = matrix_markdown(picture()).splitlines()
    assert lines[0] == "**Lifecycle, 2026-03-02 to 2026-03-08**"
    assert lines[2].startswith("| from \\ to | Visitor | Prospect | One-purchase customer |")
    assert lines[5] == "| Visitor | 1 (50.0%) |  | 1 (50.0%) |  |  | 2 |"
    assert lines[-1] == "| **at the end** | 1 | 0 | 1 | 0 | 0 | 2 |"


def test_a_title_cannot_break_the_table() -> None:
    names = (("x", "a|b"),)
    assert "a\\|b" in matrix_markdown(MatrixPicture("t", names, names, ((1,),)))


@pytest.mark.slow
def test_the_heat_map_is_the_same_picture_every_time() -> None:
    first = matrix_png(picture())
    assert first.startswith(b"\x89PNG")
    assert first == matrix_png(picture())


def test_a_segment_of_an_earlier_version_keeps_its_row() -> None:
    con = connected()
    matrix = con.sql(
        "SELECT 'lifecycle' AS segmentation, DATE '2026-03-02' AS period_start, DATE '2026-03-08' AS period_end,"
        " 'retired' AS from_segment, 'visitor' AS to_segment, 3 AS customers"
    )
    laid_out = lay_out(con, matrix, shipped_policy().segmentations[0], START, END)
    assert laid_out.froms[-1] == ("retired", "retired")
    assert laid_out.customers[-1][0] == 3
