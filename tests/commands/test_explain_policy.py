"""`scv match explain-policy` says a policy in words, with or without a company's records to count on."""

from tests.pipeline.company import Company


def explained(company: Company, *typed: str) -> str:
    told = company.scv("match", "explain-policy", *typed, COLUMNS="80")
    assert told.code == 0, told.text
    return told.out


def test_without_records_it_says_the_words_and_why_nothing_is_counted(known: Company) -> None:
    told = explained(known)
    assert "the family name and the postcode agree" in told
    assert "Not counted: nothing is computed yet" in told
    assert max(len(line) for line in told.splitlines() if "Not counted" not in line) <= 80
    for title in ("Identifiers", "Pairs that are looked at", "Comparison first_name", "People", "Decisions"):
        assert f"\n{title}\n" in told


def test_another_policy_is_read_from_its_file(known: Company) -> None:
    policy = known.root / "matching.yaml"
    other = known.root.parent / "other.yaml"
    other.write_text(policy.read_text().replace("match: 0.95", "match: 0.9"))
    assert "from probability 0.9 on, two records are one person" in explained(known, str(other))
    other.write_text(policy.read_text().replace("thresholds:", "tresholds:"))
    told = known.scv("match", "explain-policy", str(other))
    assert told.code == 1
    assert "did you mean 'thresholds'?" in told.err
