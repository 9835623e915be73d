"""`scv match explain-policy`: a matching policy in words, and what its blocking rules bring in this company."""

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from resources.lake import Lake
from resources.store.tables import CROSSWALK, SOURCE_RECORD, duckdb_schema
from scv_assets import stages
from scv_assets.commands.invocation import typed
from scv_assets.commands.listing import folded, listing, shown, whole
from scv_assets.errors import ModelRefused
from scv_assets.home import Home, load_home
from scv_assets.identity import policy_words as words
from scv_assets.identity.engines import engine as engine_named
from scv_assets.identity.features import read_records
from scv_assets.identity.model import Model
from scv_assets.identity.plan import Plan, compile_plan
from scv_assets.identity.policy import Policy
from scv_assets.identity.policy_reading import TABLE, read_policy
from scv_assets.identity.rule_yield import BlockingYield, blocking_yield
from scv_assets.identity.run import MODEL, POLICY
from scv_assets.yaml_document import read_yaml


def explain_policy(path: Path, policy_file: Path | None, console: Console) -> None:
    """Say every rule in words, and count what the blocking rules bring among the published records."""
    home = load_home(path)
    document = read_yaml(policy_file, str(policy_file)) if policy_file is not None else home.document(POLICY)
    policy = read_policy(document)
    plan = compile_plan(policy)
    lake = home.lake()
    console.print(_identifiers(policy))
    _print_blocking(console, home, lake, policy, plan, is_of_table=document.root.child(TABLE) is not None)
    for table in _comparisons(policy, _model(lake, plan)):
        console.print(table)
    console.print(_people(policy))
    console.print(_decisions(policy))


def _identifiers(policy: Policy) -> Table:
    table = listing("Identifiers", whole("namespace"), folded("in words"))
    for name, namespace in policy.namespaces.items():
        table.add_row(name, words.namespace_words(namespace))
    return table


def _print_blocking(console: Console, home: Home, lake: Lake, policy: Policy, plan: Plan, *, is_of_table: bool) -> None:
    title = "Pairs that are looked at"
    if is_of_table or any(lake.part(stages.published_path(name)) is None for name in ("source_record", "crosswalk")):
        table = listing(title, folded("where"))
        for rule in policy.blocking.rules:
            table.add_row(words.blocking_rule_words(rule))
        console.print(table)
        console.print(f"{words.blocking_words(policy.blocking)}.")
        why = (
            "it is of a table, not of this company"
            if is_of_table
            else f"nothing is computed yet: {typed(home.root, 'run')}"
        )
        console.print(f"Not counted: {why}", soft_wrap=True, highlight=False)
        return
    found = _yield(home, lake, policy, plan)
    console.print(_rules(found, title))
    console.print(f"{words.blocking_words(policy.blocking)}.", highlight=False)
    completeness = f"{found.completeness:.1%}" if found.completeness is not None else "none are known"
    console.print(
        f"Together {found.pairs:,} different pairs, {found.reduction:.4%} of all pairs are not looked at; "
        f"{found.found:,} of {found.linked:,} true pairs are ({completeness}). True: of one customer as published.",
        highlight=False,
    )
    big = _big_blocks(found)
    if big.row_count:
        console.print(big)


def _yield(home: Home, lake: Lake, policy: Policy, plan: Plan) -> BlockingYield:
    with lake.connect() as con:
        scanned = [
            lake.scan(con, stages.published_path(table.name), duckdb_schema(table))
            for table in (SOURCE_RECORD, CROSSWALK)
        ]
        records = read_records(con, scanned[0], policy)
        return blocking_yield(con, plan, engine_named(home.settings.engine_address), records, scanned[1])


def _rules(found: BlockingYield, title: str) -> Table:
    right = [Column(name, justify="right", no_wrap=True) for name in ("pairs", "true", "only here")]
    table = listing(title, folded("where"), *right)
    for rule in found.rules:
        said = words.blocking_rule_words(rule.features)
        table.add_row(said, f"{rule.pairs:,}", f"{rule.linked:,}", f"{rule.only:,}")
    return table


def _big_blocks(found: BlockingYield) -> Table:
    right = [Column(name, justify="right", no_wrap=True) for name in ("split", "dropped")]
    table = listing(
        "Blocks too big: how many were split, and records left without a pair",
        folded("rule"),
        *right,
        folded("worst values (records)"),
    )
    for rule in found.rules:
        if rule.split_blocks:
            worst = "; ".join(f"{big.value} ({big.records:,})" for big in rule.worst)
            table.add_row(
                " + ".join(rule.features), f"{rule.split_blocks:,}", f"{rule.dropped_records:,}", shown(worst)
            )
    return table


def _model(lake: Lake, plan: Plan) -> Model | None:
    """Return the trained model where it belongs to the policy."""
    text = lake.read_text(MODEL)
    if text is None:
        return None
    try:
        model = Model.from_json(text)
        model.check(plan)
    except ModelRefused:
        return None
    return model


def _comparisons(policy: Policy, model: Model | None) -> list[Table]:
    tables = []
    for comparison in policy.comparisons:
        table = listing(
            f"Comparison {comparison.name}", whole("level"), Column("bits", justify="right"), folded("where")
        )
        table.caption = f"{comparison.name} {words.comparison_words(comparison)}."
        table.caption_justify = "left"
        said = {level.name: words.level_words(level) for level in comparison.levels}
        for name in comparison.level_names[1:]:
            odds = model.levels[comparison.name][name] if model is not None else None
            bits = f"{np.log2(odds.m / odds.u):+.1f}" if odds is not None and name not in comparison.neutral else ""
            other = "several people hold the value" if name == "shared" else "none of these holds"
            table.add_row(name.replace("_", " "), bits, said.get(name, other))
        tables.append(table)
    return tables


def _people(policy: Policy) -> Table:
    table = listing("People", whole("rule"), folded("in words"))
    for kind in policy.lookalikes:
        table.add_row(kind.name, words.lookalikes_words(kind))
    for line in words.names_words(policy):
        table.add_row("names", line)
    for rule in policy.negative_rules:
        table.add_row(rule.name, words.negative_rule_words(rule))
    return table


def _decisions(policy: Policy) -> Table:
    table = listing("Decisions", folded("in words"))
    said = (*words.thresholds_words(policy.thresholds), words.rivals_words(policy.rivals))
    for line in (*said, words.clustering_words(policy.clustering)):
        table.add_row(line)
    return table
