"""What decisions look at beside the view: profiles, where their addresses come from, carts, moves, activity."""

from dataclasses import dataclass

from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.view import View


@dataclass(frozen=True)
class Material:
    """Relations of one run, with the columns of the published tables of their names.

    `activity`: see `segments.activity`; it is computed only where a campaign needs it. `currency`: of voucher amounts.
    """

    view: View
    profiles: Relation
    provenance: Relation
    carts: Relation
    transitions: Relation
    activity: Relation
    currency: str
