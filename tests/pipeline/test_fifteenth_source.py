"""A fifteenth source is one YAML and one extract: no code, and it is everywhere where a source can be."""

import dagster as dg
import pytest

from scv_assets.definitions import build_defs
from tests.pipeline.company import Company

CONTRACT = """\
source: partner
title: Leads of the cinema next door
description: People who ticked our box when they bought a ticket.
owner: {team: partnerships, steward: cinema@maison-tilleul.example}
kind: advertising
trust: 0.2
extract: {reader: csv, path: "partner/leads_{date}.csv", options: {delimiter: "|"}}
key: [lead]
columns:
  lead: {type: text, required: true, description: Number of the lead}
  who: {type: text, pii: true, description: Whole name}
  mail: {type: email, pii: true, from: "e-mail", description: E-mail address}
  tel: {type: phone, pii: true, description: Phone}
  when: {type: instant, required: true, description: When the box was ticked}
maps:
  person: {source_key: lead, full_name: who, email: mail, phone: tel, updated_at: when}
  consent:
    person_key: lead
    channel: {const: email}
    purpose: {const: marketing}
    granted: {const: true}
    legal_basis: {const: consent}
    occurred_at: when
"""


@pytest.mark.slow
def test_a_new_source_is_one_yaml_and_one_extract(demo_copy: Company) -> None:
    known = next(
        row for row in demo_copy.rows("golden_profile") if row["email"] and row["first_name"] and row["last_name"]
    )
    (demo_copy.root / "sources" / "partner.yaml").write_text(CONTRACT)
    demo_copy.deliver(
        "partner/leads_2026-10-08.csv",
        "lead|who|e-mail|tel|when\n"
        f"L1|{known['first_name']} {known['last_name']}|{known['email']}||2026-10-08T20:00:00\n"
        "L2|Isaline Dewaele|isaline.dewaele@cinema.be|0471 11 22 33|2026-10-08T21:00:00\n"
        "L3|Nobody|nobody@cinema.be||soon\n"
        + "".join(f"F{n}|Film Fan{n}|fan{n}@cinema.be||2026-10-08T21:00:00\n" for n in range(30)),
    )
    checked = demo_copy.scv("check")
    assert checked.code == 0, checked.text
    assert "15 sources" in demo_copy.scv("run").out.replace("of 15 sources", "15 sources")

    customer_of = {(row["source"], row["source_key"]): row["customer_id"] for row in demo_copy.rows("crosswalk")}
    assert customer_of["partner", "L1"] == known["customer_id"]
    assert customer_of["partner", "L2"] not in {c for (source, _), c in customer_of.items() if source != "partner"}
    assert [row["column"] for row in demo_copy.rows("quarantine") if row["source"] == "partner"] == ["when"]
    assert any(row["source"] == "partner" for row in demo_copy.rows("consent_event"))
    assert any(row["source"] == "partner" for row in demo_copy.rows("quality_metric"))
    assert "isaline.dewaele@cinema.be" in demo_copy.scv("profile", "+32 471/11.22.33").out


def test_its_lineage_leads_to_the_golden_profile(demo: Company, tmp_path_factory: pytest.TempPathFactory) -> None:
    company = demo.copied(tmp_path_factory.mktemp("fifteen") / "company")
    (company.root / "sources" / "partner.yaml").write_text(CONTRACT)
    specs = {spec.key: spec for spec in build_defs(company.home).resolve_all_asset_specs()}
    for stage in ("sources", "validation", "standardisation"):
        assert dg.AssetKey([stage, "partner"]) in specs

    def origins(key: dg.AssetKey, column: str) -> set[tuple[str, str]]:
        if key.path[0] == "sources":
            return {(key.path[1], column)}
        lineage = specs[key].metadata["dagster/column_lineage"]
        assert isinstance(lineage, dg.TableColumnLineage)
        return {o for dep in lineage.deps_by_column.get(column, []) for o in origins(dep.asset_key, dep.column_name)}

    assert ("partner", "mail") in origins(dg.AssetKey(["segments", "golden_profile"]), "email")
    assert "team:partnerships" in specs[dg.AssetKey(["sources", "partner"])].owners
