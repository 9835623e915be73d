"""`scv check` tells every mistake of a folder at once, and what deserves a look."""

from scv_assets.errors import ConfigError
from scv_assets.home import Home
from scv_assets.sources.check import problems, warnings
from tests.sources.company import CRM, SETTINGS, Company


def test_a_sound_folder_has_no_problem(company: Company) -> None:
    company.contract(CRM)
    assert problems(company.root) == []
    assert warnings(company.root) == []


def test_every_mistake_of_every_file_is_told_once(company: Company) -> None:
    company.write("scv.yaml", SETTINGS.replace("EUR", "EURO").replace("Europe/Brussels", "Europe/Brusels"))
    company.contract(CRM.replace("email: {type: email}", "email: {type: emial}").replace("last_name", "lastname"))
    company.contract(
        CRM.replace("source: crm", "source: pos").replace("kind: crm", "kind: shop").replace("key: [id]", "key: [ids]")
    )
    company.write("sources/web.yaml", "source: web\n  title: [")
    assert problems(company.root) == [
        "scv.yaml:3: 'Europe/Brusels' is no IANA time zone; did you mean 'Europe/Brussels'?",
        "scv.yaml:4: 'EURO' is no ISO 4217 currency; did you mean 'EUR'?",
        "sources/crm.yaml:12: 'emial' is not one of text, integer, number, money, boolean, date, instant, email, phone,"
        " country, language, category, json, list; did you mean 'email'?",
        "sources/crm.yaml:15: unknown key 'lastname'; did you mean 'last_name'?",
        "sources/pos.yaml:5: 'shop' is not one of erp, crm, pos, web, app, ecommerce, service, call_centre, email, sms,"
        " social, advertising, spreadsheet, warehouse, legacy, rcu",
        "sources/pos.yaml:9: key column 'ids' is not in the contract; did you mean 'id'?",
        "sources/web.yaml:2: not valid YAML: mapping values are not allowed in this context",
    ]


def test_an_empty_or_missing_folder_is_told(company: Company) -> None:
    assert problems(company.root) == ["sources/: there is no contract; write one a source"]
    (company.root / "scv.yaml").unlink()
    assert problems(company.root)[0].startswith("scv.yaml: the file is missing")
    assert "there is no such folder" in problems(company.root / "nowhere")[0]


def test_later_stages_add_their_own_checks(company: Company) -> None:
    company.contract(CRM)
    company.write("matching.yaml", "rules: x\nmore: 1\n")

    def collects(home: Home) -> None:
        home.document("matching.yaml").root.mapping({"rules"})["rules"].items()

    def raises(home: Home) -> None:
        raise ConfigError("cannot be", where="segments.yaml:3")

    assert problems(company.root, [collects, raises]) == [
        "matching.yaml:1: 'rules' must be a list",
        "matching.yaml:2: unknown key 'more'",
        "segments.yaml:3: cannot be",
    ]


def test_what_deserves_a_look_is_no_mistake(company: Company) -> None:
    company.contract(CRM.replace("name: {type: text}", "name: {type: text}\n  vip: {type: text}"))
    company.write("matchng.yaml", "{}")
    company.write("sources/pos.yml", "{}")
    company.deliver("other.csv", "x")
    assert problems(company.root) == []
    assert warnings(company.root) == [
        "sources/crm.yaml:14: column 'vip' is used by no map; map it, or list it under 'ignore'",
        "matchng.yaml: nothing reads this file; did you mean 'matching.yaml'?",
        "sources/pos.yml: nothing reads this file; a contract ends in .yaml",
        "inbox/other.csv: no contract describes it; write one under sources/, or move it away",
    ]
