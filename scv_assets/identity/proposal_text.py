"""A proposed policy as the YAML that a person reads and edits: every section with what it says and why it is so."""

from typing import Any

import yaml

from scv_assets.identity.proposal import FAMILIES_FROM, Proposal
from scv_assets.identity.tables.recognition import TableColumns

_HEAD = """\
# Who is the same person in {file}: proposed from its {rows:,} rows, and works as it is.
# docs/identity.md explains every setting; scv match explain-policy says it in words.
"""
_COMMENTS = {
    "table": "Which column is what. Left aside: {ignored}.",
    "namespaces": "What an identifier may do. A value held by more people than max_people links nobody.",
    "comparisons": "The witnesses, each with its levels from strong to weak. Nothing to compare is no evidence.",
    "lookalikes": "Different people who look alike, and what they have in common.",
    "names": "What is said of the person himself, when a shared identifier is weighed.",
    "negative_rules": "Evidence against, whatever else agrees.",
    "rivals": "What the surest match of a row says in its stead, where two rows have nothing to compare.",
    "thresholds": "Probability from which two rows are one person, and from which somebody should look.",
    "clustering": "Limits of one person's rows.",
    "training": "How the model is estimated.",
}
_ORDER = (
    *("namespaces", "blocking", "comparisons", "lookalikes", "names", "negative_rules", "rivals", "thresholds"),
    "clustering",
)
_WIDTH = 110


def proposal_text(
    proposal: Proposal, columns: TableColumns, countries: tuple[str, ...], *, file: str, rows: int
) -> str:
    """Return the YAML of a proposal."""
    table: dict[str, Any] = {"columns": dict(columns.fields)}
    if columns.identifiers:
        table["identifiers"] = dict(columns.identifiers)
    if countries:
        table["countries"] = list(countries)
    parts = [_HEAD.format(file=" ".join(file.split()), rows=rows)]
    parts.append(_section("table", table, ignored=", ".join(" ".join(n.split()) for n in columns.ignored) or "nothing"))
    for name in (*_ORDER, "training"):
        if name == "blocking":
            parts.append(_blocking(proposal))
        elif name in proposal.settings:
            parts.append(_section(name, proposal.settings[name]))
        if name == "names" and not proposal.has_families:
            parts.append(_no_families(proposal))
    return "\n".join(parts)


def _section(name: str, settings: Any, **said: str) -> str:
    return f"# {_COMMENTS[name].format(**said)}\n{_yaml({name: settings})}"


def _yaml(settings: Any) -> str:
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH)


def _blocking(proposal: Proposal) -> str:
    blocking = proposal.settings["blocking"]
    lines = ["# Pairs that are looked at: those that agree on every feature of any one rule.", "blocking:"]
    lines += [f"  {line}" for line in _yaml({k: v for k, v in blocking.items() if k != "rules"}).splitlines()]
    lines.append("  rules:")
    for rule in proposal.rules:
        written = f"- [{', '.join(rule.features)}]"
        left = f"; {rule.dropped_records:,} rows in blocks too big" if rule.dropped_records else ""
        if rule.is_kept:
            lines.append(f"    {written}  # {rule.pairs:,} pairs{left}")
        else:
            why = "no pair" if not rule.pairs else f"{rule.pairs:,} pairs: too many"
            lines.append(f"    # left out, {why}{left}: {written[2:]}")
    return "\n".join(lines) + "\n"


def _no_families(proposal: Proposal) -> str:
    shares = [f"{share:.1%} of the pairs with one {name}" for name, share in sorted(proposal.contradictions.items())]
    if proposal.families is not None and proposal.families < FAMILIES_FROM:
        shares.append(f"{proposal.families:.1%} of the pairs of one family name with one mailbox, phone or door")
    return (
        "# No negative_rules and no household: these data show no families whom they would keep apart. Another given\n"
        f"# name with another birth date: {'; '.join(shares)}.\n"
    )
