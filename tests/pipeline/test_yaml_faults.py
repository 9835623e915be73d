"""A mistake in a YAML: told with file, line and a suggestion by `scv check` and by `scv run`; nothing is computed."""

from dataclasses import dataclass

import pytest

from tests.pipeline.company import Company


@dataclass(frozen=True)
class Mistake:
    """A word of a file replaced by a wrong one, the line of it, and what the message has to say."""

    file: str
    old: str
    new: str
    says: tuple[str, ...]

    def make(self, company: Company) -> str:
        """Write the mistake and return its place as `file:line`."""
        company.replace(self.file, self.old, self.new)
        lines = (company.root / self.file).read_text().splitlines()
        first = self.new.splitlines()[0]
        return f"{self.file}:{next(number for number, line in enumerate(lines, 1) if first in line)}"


MISTAKES = {
    "wrong key": Mistake(
        "sources/customers.yaml", "delivery: increment", "delivry: increment", ("delivry", "delivery")
    ),
    "wrong type": Mistake("sources/customers.yaml", "trust: 0.8", "trust: very", ("trust",)),
    "wrong choice": Mistake("sources/orders.yaml", "reader: csv", "reader: cvs", ("cvs", "did you mean 'csv'")),
    "no such column": Mistake(
        "sources/customers.yaml", "    email: email", "    email: emial", ("did you mean 'email'",)
    ),
    "cycle": Mistake(
        "sources/orders.yaml", "quarantine: {max_share: 0.5}", "quarantine: &q {max_share: *q}", ("cycle",)
    ),
    "settings": Mistake("scv.yaml", "Europe/Brussels", "Europe/Brusels", ("Europe/Brussels",)),
    "no YAML at all": Mistake("sources/visits.yaml", "key: [visit]", "key: ]visit", ("not valid YAML",)),
    "segments": Mistake("segments.yaml", "orders_count >= 2", "order_count >= 2", ("did you mean 'orders_count'",)),
    "segments cycle": Mistake("segments.yaml", "title: Lifecycle", "title: &o [*o]", ("cycle",)),
    "matching": Mistake("matching.yaml", "max_records: 60", "max_recods: 60", ("did you mean 'max_records'",)),
    "survivorship": Mistake(
        "survivorship.yaml",
        "phone: [stewards_override, valid, most_recent",
        "phone: [stewards_override, valid, most_recnt",
        ("most_recent",),
    ),
    "governance": Mistake("governance.yaml", "email: consent", "email: concent", ("did you mean 'consent'",)),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_place_and_a_suggestion(new_shop: Company, mistake: Mistake) -> None:
    place = mistake.make(new_shop)
    checked = new_shop.scv("check")
    assert checked.code == 1
    lines = [line for line in checked.err.splitlines() if line.startswith(f"{place}: ")]
    assert lines, (place, checked.err)
    for word in mistake.says:
        assert word in lines[0]

    run = new_shop.scv("run")
    assert run.code == 1
    assert "Traceback" not in run.text
    told = [line for line in run.text.splitlines() if place in line]
    assert len(told) == 1, run.text
    for word in mistake.says:
        assert word in told[0]
    assert not (new_shop.root / "lake" / "publication").exists()


def test_check_tells_every_mistake_at_once(new_shop: Company) -> None:
    places = {MISTAKES[name].make(new_shop) for name in ("wrong key", "wrong choice", "segments", "governance")}
    said = new_shop.scv("check").err
    assert {place for place in places if f"{place}: " in said} == places


def test_a_folder_that_is_none_is_told(new_shop: Company) -> None:
    told = new_shop.scv("run", "--home", str(new_shop.root / "nowhere"))
    assert told.code == 1
    assert "there is no such folder" in told.err
    assert len(told.err.splitlines()) == 1
