"""The evidence that is published with an edge: what it says where there is little or nothing to say."""

import dataclasses
import json

from duckdb import DuckDBPyConnection as Connection

from scv_assets.identity.model import LevelOdds
from tests.identity.people import are_one, person, resolved, trained


def test_records_that_nothing_but_their_source_brings_together_have_an_empty_list(con: Connection) -> None:
    people = [person("old", phone="+32471234567", merged_into="new"), person("new", email="sofie@free.fr")]
    found = resolved(con, [*people, person("wout", first_name="Wout", last_name="Desmedt")])
    assert are_one(found, "old", "new")
    assert [row[8] for row in found.match_edge.fetchall()] == ["[]"]


def test_bits_that_round_to_nothing_have_no_sign(con: Connection) -> None:
    """Else it would depend on other pairs of the run which of two signs a pair gets."""
    levels = {name: LevelOdds(0.2 - 1e-5, 0.2, odds.lookalikes) for name, odds in trained().levels["phone"].items()}
    model = dataclasses.replace(trained(), levels={**trained().levels, "phone": levels})
    sofie = {"first_name": "Sofie", "last_name": "Vanhoutte", "email": "sofie@free.fr", "phone": "+32471234567"}
    found = resolved(con, [person("a", **sofie), person("b", **sofie)], model=model)
    (text,) = (row[8] for row in found.match_edge.fetchall())
    assert [entry["bits"] for entry in json.loads(text) if entry["comparison"] == "phone"] == [0.0]
    assert "-0.0}" not in text
