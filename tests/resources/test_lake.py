"""The lake: a dataset is all of before or all of after, and an unchanged result writes nothing."""

import json
import multiprocessing
import os
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from resources import lake as lake_module
from resources.lake import Lake, fingerprint
from resources.spill import spill_folder
from scv_assets.errors import LakeError

SCHEMA = {"a": "BIGINT"}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture(params=["folder", "memory"])
def any_lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """A lake in a folder, and one on another of fsspec's file systems."""
    return Lake(tmp_path / "lake" if request.param == "folder" else f"memory://{tmp_path.name}")


def _write(lake: Lake, query: str, made_from: str = "1", partition: str = "all", dataset: str = "golden/x") -> str:
    with lake.connect() as con:
        return lake.write(dataset, con.sql(query), made_from=made_from, partition=partition).file


def _rows(lake: Lake, schema: dict[str, str] | None = None, dataset: str = "golden/x") -> list[tuple[object, ...]]:
    with lake.connect() as con:
        return lake.scan(con, dataset, schema or SCHEMA).fetchall()


def _files(lake: Lake, dataset: str = "golden/x") -> list[str]:
    return sorted(path.name for path in Path(lake.root, dataset).iterdir() if path.name != lake_module.MANIFEST)


def test_what_is_written_is_what_is_read(any_lake: Lake) -> None:
    _write(any_lake, "SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a")
    assert _rows(any_lake) == [(1,), (2,)]
    part = any_lake.part("golden/x")
    assert part is not None
    assert (part.rows, part.made_from, part.file) == (2, "1", f"{part.content}.parquet")


def test_a_dataset_that_is_not_there_has_no_rows_and_its_columns(any_lake: Lake) -> None:
    with any_lake.connect() as con:
        rows = any_lake.scan(con, "golden/none", {"a": "BIGINT", "on": "DATE"})
        assert (rows.columns, rows.fetchall()) == (["a", "on"], [])
    assert any_lake.parts("golden/none") == {}
    assert any_lake.part("golden/none") is None


def test_partitions_are_replaced_one_by_one_and_read_in_order(any_lake: Lake) -> None:
    for day in ("2026-01-02", "2026-01-01"):
        _write(any_lake, f"SELECT {int(day[-1])} AS a", partition=day)
    assert _rows(any_lake) == [(1,), (2,)]
    _write(any_lake, "SELECT 9 AS a", partition="2026-01-01")
    assert _rows(any_lake) == [(9,), (2,)]
    with any_lake.connect() as con:
        assert any_lake.scan(con, "golden/x", SCHEMA, ["2026-01-02", "2026-01-03"]).fetchall() == [(2,)]


def test_many_partitions_are_replaced_whole_or_not_at_all(any_lake: Lake) -> None:
    _write(any_lake, "SELECT 1 AS a", partition="old")
    with any_lake.connect() as con:
        staged = {name: any_lake.stage("golden/x", con.sql(f"SELECT {name} AS a"), made_from="2") for name in "23"}
    assert _rows(any_lake) == [(1,)]
    any_lake.commit("golden/x", staged, removed=["old"])
    assert _rows(any_lake) == [(2,), (3,)]


def test_is_current_tells_what_a_partition_was_made_from(any_lake: Lake) -> None:
    assert not any_lake.is_current("golden/x", "1")
    _write(any_lake, "SELECT 1 AS a", made_from="1")
    assert any_lake.is_current("golden/x", "1")
    assert not any_lake.is_current("golden/x", "2")
    assert not any_lake.is_current("golden/x", "1", partition="2026-01-01")


def test_an_unchanged_result_keeps_its_file_and_its_manifest(lake: Lake) -> None:
    first = _write(lake, "SELECT 1 AS a")
    manifest = Path(lake.root, "golden/x", lake_module.MANIFEST)
    stamp, content = manifest.stat(), lake.content("golden/x")
    assert _write(lake, "SELECT 1 AS a") == first
    assert (manifest.stat().st_ino, manifest.stat().st_mtime_ns) == (stamp.st_ino, stamp.st_mtime_ns)
    assert _write(lake, "SELECT 1 AS a", made_from="2") == first
    assert lake.content("golden/x") == content
    _write(lake, "SELECT 2 AS a")
    assert lake.content("golden/x") != content


@pytest.mark.slow
def test_the_same_rows_are_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    query = "SELECT range AS a, md5(CAST(range AS VARCHAR)) AS b FROM range(300000) ORDER BY b"
    assert len({_write(Lake(tmp_path / str(n), threads=n), query) for n in (1, 2, 2)}) == 1


def test_files_of_different_columns_are_read_as_one(any_lake: Lake) -> None:
    _write(any_lake, "SELECT 1 AS a, 'x' AS b", partition="1")
    _write(any_lake, "SELECT CAST(2 AS TINYINT) AS a, DATE '2026-01-01' AS c", partition="2")
    _write(any_lake, "SELECT '3' AS a", partition="1", dataset="golden/y")
    schema = {"c": "DATE", "a": "BIGINT", "d": "VARCHAR"}
    with any_lake.connect() as con:
        rows = any_lake.scan(con, ["golden/x", "golden/y"], schema).fetchall()
    assert rows == [(None, 1, None), (date(2026, 1, 1), 2, None), (None, 3, None)]


def test_arrow_tables_are_written_as_relations_are(lake: Lake) -> None:
    part = lake.write("golden/x", pa.table({"a": [1, 2]}), made_from="1")
    assert (part.rows, _rows(lake)) == (2, [(1,), (2,)])


def test_a_reader_may_open_a_file_that_was_just_replaced(lake: Lake) -> None:
    _write(lake, "SELECT 1 AS a")
    with lake.connect() as con:
        before = lake.scan(con, "golden/x", SCHEMA)
        _write(lake, "SELECT 2 AS a")
        _write(lake, "SELECT 3 AS a")
        assert before.fetchall() == [(1,)]


def test_what_was_replaced_long_ago_goes_with_the_next_commit(lake: Lake) -> None:
    first = Path(lake.root, "golden/x", _write(lake, "SELECT 1 AS a"))
    abandoned = first.with_name("0123.parquet.tmp")
    abandoned.write_text("of a killed writer")
    second = Path(lake.root, "golden/x", _write(lake, "SELECT 2 AS a"))
    for file in (first, abandoned):
        os.utime(file, (0, 0))
    third = _write(lake, "SELECT 3 AS a")
    assert _files(lake) == sorted([second.name, third])


def test_a_sweep_leaves_what_the_manifests_name(any_lake: Lake) -> None:
    for number in (1, 2):
        _write(any_lake, f"SELECT {number} AS a")
        _write(any_lake, f"SELECT {number} AS a", dataset="golden/deep/er")
    assert any_lake.sweep() == 0
    assert any_lake.sweep(older_than=0) == 2
    assert any_lake.sweep(older_than=0) == 0
    assert _rows(any_lake) == _rows(any_lake, dataset="golden/deep/er") == [(2,)]


def test_a_staged_file_that_was_swept_is_not_committed(any_lake: Lake) -> None:
    _write(any_lake, "SELECT 1 AS a")
    with any_lake.connect() as con:
        part = any_lake.stage("golden/x", con.sql("SELECT 2 AS a"), made_from="2")
    any_lake.sweep(older_than=0)
    with pytest.raises(LakeError, match="was swept before its commit; run again"):
        any_lake.commit("golden/x", {"all": part})
    assert _rows(any_lake) == [(1,)]


def test_a_linked_file_stays_whatever_becomes_of_its_source(any_lake: Lake) -> None:
    _write(any_lake, "SELECT 1 AS a")
    parts = any_lake.parts("golden/x")
    for _ in range(2):
        any_lake.link("published/x", "golden/x", parts)
    any_lake.commit("published/x", parts)
    any_lake.drop("golden/x")
    assert (_rows(any_lake), _rows(any_lake, dataset="published/x")) == ([], [(1,)])
    with pytest.raises(LakeError, match="cannot be written"):
        any_lake.link("published/y", "golden/x", parts)


def test_where_a_disk_knows_no_links_it_is_a_copy(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    _write(lake, "SELECT 1 AS a")
    lake.link("published/x", "golden/x", lake.parts("golden/x"))
    lake.commit("published/x", lake.parts("golden/x"))
    assert _rows(lake, dataset="published/x") == [(1,)]
    assert _files(lake, "published/x") == _files(lake)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"all": {"file": "x"}}', '{"all": 1}', "\udcff"])
def test_a_damaged_manifest_is_told(lake: Lake, damage: str) -> None:
    _write(lake, "SELECT 1 AS a")
    Path(lake.root, "golden/x", lake_module.MANIFEST).write_bytes(damage.encode("utf-8", "surrogateescape"))
    with pytest.raises(LakeError, match=r"golden/x/_manifest\.json: the manifest cannot be read .* restore it or"):
        lake.parts("golden/x")


def test_a_damaged_or_missing_file_is_told(lake: Lake) -> None:
    file = Path(lake.root, "golden/x", _write(lake, "SELECT 1 AS a"))
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(LakeError, match="golden/x: a file cannot be read"):
        _rows(lake)
    file.unlink()
    with pytest.raises(LakeError, match="golden/x: a file cannot be read"):
        _rows(lake)


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where the lake should be")
    with pytest.raises(LakeError, match="cannot be written"):
        Lake(tmp_path / "lake").connect()
    with pytest.raises(LakeError, match="cannot be written"):
        Lake(tmp_path / "lake").write("golden/x", pa.table({"a": [1]}), made_from="1")


def test_another_process_that_wrote_is_seen_at_once(lake: Lake) -> None:
    other = Lake(lake.root)
    for number in range(20):
        _write(other, f"SELECT {number} AS a", made_from=str(number))
        assert lake.is_current("golden/x", str(number))


def _write_partitions(root: str, first: int) -> None:
    lake = Lake(root)
    for number in range(first, first + 20):
        lake.write("golden/x", pa.table({"a": [number]}), made_from="1", partition=f"{number:03}")
        lake.write("golden/x", pa.table({"a": [first]}), made_from=str(number), partition="shared")


@pytest.mark.slow
def test_writers_at_once_lose_nothing(lake: Lake) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_partitions, args=(lake.root, first)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert set(lake.parts("golden/x")) == {f"{n:03}" for n in (*range(20), *range(100, 120))} | {"shared"}
    assert len(_rows(lake)) == 41


def test_small_texts_are_replaced_whole(any_lake: Lake) -> None:
    assert any_lake.read_text("notes/.deliveries.json") is None
    for text in ("é", json.dumps({"a": 1})):
        any_lake.replace_text("notes/.deliveries.json", text)
        assert any_lake.read_text("notes/.deliveries.json") == text


def test_each_connection_spills_apart_and_a_dead_process_is_swept(tmp_path: Path) -> None:
    dead = tmp_path / "dead"
    (dead / "1").mkdir(parents=True)
    (dead / "in_use").touch()
    (dead / "1" / "spilled").write_text("personal data")
    first, second = spill_folder(tmp_path), spill_folder(tmp_path)
    assert first != second
    assert first.parent == second.parent
    assert not dead.exists()
    assert first.parent.is_dir()


@pytest.mark.slow
def test_a_connection_spills_into_the_lake_and_leaves_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", memory="60MB", threads=1)
    with lake.connect() as con:
        con.execute("CREATE TEMP TABLE large AS SELECT md5(CAST(range AS VARCHAR)) AS a FROM range(3000000)")
        assert list((tmp_path / "lake" / ".tmp").rglob("*.tmp"))
    assert not list((tmp_path / "lake" / ".tmp").rglob("*.tmp"))


def test_a_connection_is_in_utc_whatever_the_machine(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    with lake.connect() as con:
        assert con.sql("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_a_fingerprint_is_of_the_value_and_not_of_the_order_of_a_mapping() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint(["é"]) == fingerprint(["é"])
