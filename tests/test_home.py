"""A company's folder is loaded once, checked, and found whatever the working directory."""

from datetime import date
from pathlib import Path

import pytest

from scv_assets.errors import ConfigError
from scv_assets.home import load_home
from tests.sources.company import CRM, SETTINGS, Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path / "company")


def test_settings_have_defaults_relative_to_the_folder(company: Company) -> None:
    settings = company.home.settings
    assert (settings.name, settings.time_zone, settings.currency) == ("Test", "Europe/Brussels", "EUR")
    assert (settings.countries, settings.phone_country) == (("BE", "FR"), "BE")
    assert (settings.start_on, settings.end_on) == (date(2026, 8, 23), date(2026, 11, 20))
    assert settings.store_url == f"sqlite:///{company.root.resolve()}/scv.db"
    assert settings.lake_url == str(company.root.resolve() / "lake")
    assert (settings.engine, settings.memory, settings.threads) == ("native", "2GB", 2)


def test_every_setting_is_read(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCV_TEST_PASSWORD", "p")
    company.write(
        "scv.yaml",
        SETTINGS
        + """
store: {url: "postgresql://scv:${SCV_TEST_PASSWORD}@db/scv"}
lake: {url: s3://bucket/lake}
engine: {name: splink, memory: 4GB, threads: 8, spark: "spark://host:7077"}
phone_country: FR
""",
    )
    settings = load_home(company.root).settings
    assert settings.store_url == "postgresql://scv:p@db/scv"
    assert (settings.lake_url, settings.phone_country) == ("s3://bucket/lake", "FR")
    assert (settings.engine, settings.memory, settings.threads) == ("splink", "4GB", 8)
    assert settings.engine_address == "splink?memory=4GB&threads=8&spark=spark%3A%2F%2Fhost%3A7077"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: Test", "nam: Test", "2: unknown key 'nam'; did you mean 'name'"),
        ("countries: [BE, FR]", "countries: [BE, UK]", "5: 'UK' is no ISO 3166 country code"),
        (
            "countries: [BE, FR]",
            "countries: [NO]",
            "5: 'countries.0' must be text, not true or false; write it in quotes",
        ),
        ("countries: [BE, FR]", "countries: []", "5: 'countries' names at least one"),
        ("2026-11-20", "2026-01-01", "7: 'end_on' is before 'start_on'"),
        ("2026-08-23", "tomorrow", "6: 'start_on' must be a day written YYYY-MM-DD"),
        ("name: Test", "name: Test\nengine: {memory: lots}", "3: 'engine.memory' must be a size, for instance 2GB"),
        (
            "name: Test",
            "name: Test\nengine: {name: native, spark: 'spark://host:7077'}",
            "3: 'engine.spark' is where engine.name: splink runs; other engines know no Spark",
        ),
        ("name: Test", "name: Test\nengine: {threads: 0}", "3: 'engine.threads' must be 1 or more"),
        (
            "name: Test",
            "name: Test\nstore: {url: '${SCV_TEST_UNSET}'}",
            "3: the environment variable SCV_TEST_UNSET is not",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_its_line(company: Company, old: str, new: str, message: str) -> None:
    company.write("scv.yaml", SETTINGS.replace(old, new))
    with pytest.raises(ConfigError, match=f"^scv.yaml:{message}"):
        load_home(company.root)


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such folder; lay one with 'scv init'"):
        load_home(tmp_path / "nowhere")


def test_a_home_may_be_named_relative_to_where_one_stands(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(company.root.parent)
    assert load_home("company").root == company.root.resolve()


def test_contracts_come_by_name_in_order(company: Company) -> None:
    for source in ("web", "app", "crm"):
        company.contract(CRM.replace("source: crm", f"source: {source}"))
    assert list(company.home.contracts) == ["app", "crm", "web"]


def test_documents_of_other_stages_say_where_they_are_wrong(company: Company) -> None:
    company.write("matching.yaml", "rules:\n  - field: email\n")
    document = company.home.document("matching.yaml")
    assert document.root.value == {"rules": [{"field": "email"}]}
    assert document.where("rules", 0, "field") == "matching.yaml:2"
    assert company.home.has("matching.yaml")
    assert not company.home.has("segments.yaml")


def test_a_fingerprint_changes_with_what_a_file_says_and_not_with_its_comments(company: Company) -> None:
    company.write("matching.yaml", "a: 1\n")
    first = company.home.fingerprint("matching.yaml", "segments.yaml")
    company.write("matching.yaml", "# why\na:   1\n")
    assert company.home.fingerprint("matching.yaml", "segments.yaml") == first
    company.write("matching.yaml", "a: 2\n")
    assert company.home.fingerprint("matching.yaml", "segments.yaml") != first


def test_the_lake_is_where_and_as_the_settings_say(company: Company) -> None:
    home = company.home
    assert home.lake() is home.lake()
    assert (home.lake().root, home.lake().memory, home.lake().threads) == (home.settings.lake_url, "2GB", 2)
