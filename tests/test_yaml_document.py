"""A YAML mistake is told with file, line and a suggestion; a hostile file does nothing."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scv_assets.errors import ConfigError
from scv_assets.yaml_document import Node, YamlDocument, read_yaml


def root(text: str) -> Node:
    return YamlDocument(text, "crm.yaml").root


def test_an_unknown_key_is_told_with_its_line_and_a_suggestion() -> None:
    node = root("name: x\n\nemial: y\n")
    with pytest.raises(ConfigError, match=r"^crm\.yaml:3: unknown key 'emial'; did you mean 'email'\?$"):
        node.mapping({"name", "email"})


def test_a_missing_key_is_told_with_the_line_of_its_parent() -> None:
    owner = root("a: 1\nowner:\n  steward: x\n").mapping()["owner"]
    with pytest.raises(ConfigError, match=r"^crm\.yaml:2: 'team' is missing under 'owner'$"):
        owner.mapping({"team", "steward"}, {"team"})


@pytest.mark.parametrize(
    ("value", "reader", "message"),
    [
        ("no", "text", "'k' must be text, not true or false; write it in quotes"),
        ("12", "text", "'k' must be text, not a whole number; write it in quotes"),
        ("2026-08-23", "text", "'k' must be text, not a date; write it in quotes"),
        ("'12'", "integer", "'k' must be a whole number, not text"),
        ("true", "integer", "'k' must be a whole number, not true or false"),
        ("1.5", "integer", "'k' must be a whole number, not a number"),
        ("[1]", "number", "'k' must be a number"),
        ("~", "boolean", "'k' must be true or false, not nothing"),
        ("x", "items", "'k' must be a list"),
        ("23/08/2026", "date", "'k' must be a day written YYYY-MM-DD"),
    ],
)
def test_a_value_of_another_type_is_refused(value: str, reader: str, message: str) -> None:
    node = root(f"k: {value}").mapping()["k"]
    with pytest.raises(ConfigError) as caught:
        getattr(node, reader)()
    assert str(caught.value) == f"crm.yaml:1: {message}"


def test_a_choice_suggests_the_nearest_word() -> None:
    with pytest.raises(ConfigError, match=r"'snapshoot' is not one of increment, snapshot; did you mean 'snapshot'\?"):
        root("k: snapshoot").mapping()["k"].choice(["increment", "snapshot"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", r"crm.yaml:3: 'a' is given twice \(first on line 1\)"),
        ("a: &x\n  b: *x", "crm.yaml:1: an alias .* a cycle"),
        ("a: &x [1, [*x]]", "a cycle"),
        ("a: !!python/object/apply:os.system [ls]", "crm.yaml:1: the tag .* cannot be used here"),
        ("a: &d {x: 1}\nb: {<<: *d}", "crm.yaml:2: '<<' merges"),
        ("", "crm.yaml:1: the file is empty"),
        ("a: [1", "not valid YAML"),
        ("a: 1\n---\nb: 2", "crm.yaml:2: not valid YAML"),
        ("? [a]\n: 1", "crm.yaml:1: a key must be a word"),
        ("a: 2026-13-45", "crm.yaml:1: '2026-13-45' cannot be read"),
        ("a: \x00", "not valid YAML"),
        ("[" * 100_000, "nested more than 50 deep"),
    ],
)
def test_what_yaml_would_let_pass_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        YamlDocument(text, "crm.yaml")


def test_an_alias_bomb_is_refused_before_it_expands() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    with pytest.raises(ConfigError, match="aliases expand to more than"):
        YamlDocument("\n".join(lines), "bomb.yaml")


def test_aliases_that_nest_without_end_are_refused() -> None:
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 5000))]
    with pytest.raises(ConfigError, match="50 levels"):
        YamlDocument("\n".join(lines), "deep.yaml")


def test_a_tag_of_python_executes_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with pytest.raises(ConfigError):
        YamlDocument(f"a: !!python/object/apply:pathlib.Path.touch [!!python/name:{trace}]", "x.yaml")
    assert not trace.exists()


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes("name: Café".encode("cp1252"))
    with pytest.raises(ConfigError, match="save the file as UTF-8"):
        read_yaml(tmp_path / "x.yaml")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"matching\.yaml: the file is missing; write it"):
        read_yaml(tmp_path / "matching.yaml")


def test_written_gives_a_value_as_the_file_has_it() -> None:
    items = root("k: [01, no, 2.50, ~, 'x']").mapping()["k"].items()
    assert [item.written() for item in items] == ["01", "no", "2.50", "~", "x"]


def test_keys_are_what_the_file_has() -> None:
    assert list(root("values: {1: a, no: b, 01: c}").mapping()["values"].mapping()) == ["1", "no", "01"]


def test_collecting_tells_every_mistake_once_and_goes_on() -> None:
    problems: list[ConfigError] = []
    node = YamlDocument("a: x\nb: [1]\nc: 1\n", "x.yaml", problems=problems).root
    given_ = node.mapping({"a", "b"}, {"a", "d"})
    assert given_["a"].integer() == 0
    assert given_["b"].texts() == [""]
    assert given_["d"].mapping({"e"}, {"e"})["e"].text() == ""
    given_["a"].refuse("a second word on the same value is not told")
    assert [str(problem) for problem in problems] == [
        "x.yaml:3: unknown key 'c'",
        "x.yaml:1: 'd' is missing",
        "x.yaml:1: 'a' must be a whole number, not text",
        "x.yaml:2: 'b.0' must be text, not a whole number; write it in quotes",
    ]


def test_where_finds_the_line_of_a_setting_or_of_its_nearest_parent() -> None:
    document = YamlDocument("a:\n  b:\n    - x\n    - c: 1\n", "x.yaml")
    assert document.where("a", "b", 1, "c") == "x.yaml:4"
    assert document.where("a", "nothing") == "x.yaml:1"


_scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20))
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=8
)


@given(st.dictionaries(st.text(max_size=5), _values))
def test_what_yaml_writes_is_read_back(content: dict[str, object]) -> None:
    import yaml

    text = yaml.safe_dump(content, allow_unicode=False)
    assert YamlDocument(text, "x.yaml").root.value == content


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_one_clear_error(content: bytes) -> None:
    with suppress(ConfigError):
        assert YamlDocument(content, "x.yaml").root.where.startswith("x.yaml:")
