"""What is written over a lake is read from there, and the lake beneath keeps every byte."""

from pathlib import Path

import pyarrow as pa

from resources.lake import Lake
from resources.scratch_lake import ScratchLake

SCHEMA = {"a": "BIGINT"}


def content(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and ".tmp" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def values(lake: Lake, dataset: str) -> list[int]:
    with lake.connect() as con:
        return [row[0] for row in lake.scan(con, dataset, SCHEMA).order("a").fetchall()]


def test_reads_come_from_beneath_until_something_is_written(tmp_path: Path) -> None:
    beneath = Lake(tmp_path)
    beneath.write("x/one", pa.table({"a": [1]}), made_from="m")
    beneath.write("x/two", pa.table({"a": [2]}), made_from="m")
    beneath.replace_text("x/note.json", "{}")
    before = content(tmp_path)
    scratch = ScratchLake(beneath)
    assert (values(scratch, "x/one"), scratch.read_text("x/note.json")) == ([1], "{}")
    assert scratch.is_current("x/one", "m")
    scratch.write("x/one", pa.table({"a": [7, 8]}), made_from="n")
    scratch.replace_text("x/note.json", "[]")
    assert (values(scratch, "x/one"), values(scratch, "x/two")) == ([7, 8], [2])
    assert scratch.read_text("x/note.json") == "[]"
    assert not scratch.is_current("x/one", "m")
    assert content(tmp_path) == before
    assert values(beneath, "x/one") == [1]


def test_two_over_one_lake_do_not_see_each_other(tmp_path: Path) -> None:
    beneath = Lake(tmp_path)
    beneath.write("x", pa.table({"a": [1]}), made_from="m")
    one, other = ScratchLake(beneath), ScratchLake(beneath)
    one.write("x", pa.table({"a": [2]}), made_from="n")
    assert (values(one, "x"), values(other, "x")) == ([2], [1])
