"""`scv match`: one line for somebody who has one table, and a policy that works without editing."""

import csv
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.identity.test_proposal import written
from tests.pipeline.company import Company


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return written(tmp_path, families=60)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_one_line_finds_the_duplicates_of_a_table(known: Company, people: Path) -> None:
    told = known.scv("match", str(people), "--truth", "entity", COLUMNS="80")
    assert told.code == 0, told.text
    clusters = rows_of(people.with_name("people.matched") / "clusters.csv")
    with people.open() as handle:
        assert [int(row["row"]) for row in clusters] == list(range(1, len(handle.readlines())))
    first_rows: dict[str, str] = {}
    for row in clusters:
        first_rows.setdefault(row["cluster"], row["row"])
    assert list(first_rows) == [str(n) for n in range(1, len(first_rows) + 1)]
    assert all((row["confidence"] == "") == (row["records"] == "1") for row in clusters)
    assert "Against the truth" in told.out
    assert "first name" in told.out
    edges = rows_of(people.with_name("people.matched") / "edges.csv")
    assert {edge["decision"] for edge in edges} <= {"match", "review", "no_match"}
    assert all(int(edge["left_row"]) < int(edge["right_row"]) for edge in edges)
    weighed = [edge for edge in edges if edge["weight"]]
    assert weighed
    for edge in weighed:
        bits = sum(float(value) for name, value in edge.items() if name.endswith("_bits"))
        assert bits == pytest.approx(float(edge["weight"]), abs=0.01)
        assert bool(edge["first_name_level"]) or float(edge["first_name_bits"]) == 0


@pytest.mark.slow
def test_the_same_table_in_any_format_gives_the_same_files(known: Company, people: Path, tmp_path: Path) -> None:
    table = pa.csv.read_csv(people, convert_options=pa.csv.ConvertOptions(column_types={"phone": pa.string()}))
    pa.parquet.write_table(table, tmp_path / "people.parquet")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    with people.open(newline="") as handle:
        for row in csv.reader(handle):
            sheet.append([value or None for value in row])
    book.save(tmp_path / "people.xlsx")
    written_files = []
    for name in ("people.csv", "people.parquet", "people.xlsx"):
        out = tmp_path / f"out {name}"
        told = known.scv("match", str(tmp_path / name), "--out", str(out), "--truth", "entity")
        assert told.code == 0, told.text
        written_files.append([(out / file).read_bytes() for file in ("clusters.csv", "edges.csv")])
    assert written_files[0] == written_files[1] == written_files[2]


@pytest.mark.slow
def test_init_writes_a_policy_that_gives_what_no_policy_gives(known: Company, people: Path, tmp_path: Path) -> None:
    told = known.scv("match", "init", str(people), "--truth", "entity")
    assert told.code == 0, told.text
    policy = tmp_path / "matching.yaml"
    assert "# Who is the same person in people.csv: proposed from its" in policy.read_text()
    outs = []
    for name, more in (("with", ["--policy", str(policy)]), ("without", [])):
        out = tmp_path / name
        assert known.scv("match", str(people), "--out", str(out), "--truth", "entity", *more).code == 0
        outs.append((out / "clusters.csv").read_bytes())
    assert outs[0] == outs[1]
    again = known.scv("match", "init", str(people))
    assert again.code == 1
    assert "is there already; name another file with --out" in again.err


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (None, (), "there is no such file"),
        ("a,b\n1,2\n", (), "no column is a name or a birth date; say which under 'table' in a policy"),
        ("a,b\n", (), "there is no row below the header"),
        ("surname\nDurand\n", ("--truth", "who"), "there is no column 'who'; there are surname"),
        ("surname\nDurand\n", ("--country", "XX"), "'XX' is no ISO 3166 country code"),
        ("surname\nDurand\n", ("--engine", "magic"), "'magic' is no matching engine"),
    ],
)
def test_what_cannot_be_matched_is_one_sentence(
    known: Company, tmp_path: Path, content: str | None, more: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "some.csv"
    if content is not None:
        file.write_text(content)
    told = known.scv("match", str(file), *more)
    assert told.code == 1
    assert said in told.err
    assert told.err.count("\n") == 1


def test_a_policy_that_names_a_column_that_is_none_is_refused_with_its_line(known: Company, people: Path) -> None:
    known.scv("match", "init", str(people))
    policy = people.with_name("matching.yaml")
    policy.write_text(policy.read_text().replace("last_name: last_name", "last_name: lastname"))
    told = known.scv("match", str(people), "--policy", str(policy))
    assert told.code == 1
    assert "the table has no column 'lastname'; did you mean 'last_name'?" in told.err
