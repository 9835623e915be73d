"""What must hold of every message before it is published: consent, once, no contradiction."""

from collections.abc import Callable

import dagster as dg
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from resources.lake import Lake
from resources.store.tables import OUTBOX, duckdb_schema
from scv_assets.activation.invariants import as_messages, incoherent, second_ones, without_consent
from scv_assets.activation.run import OUTPUTS, PAST, load_campaigns
from scv_assets.activation.view import View, lake_view
from scv_assets.claims import claim
from scv_assets.home import Home

_KEY = ("activation", "outbox")
_PAST = {"campaign": "VARCHAR", "customer_id": "VARCHAR", "status": "VARCHAR"}


def activation_checks(home: Home) -> list[dg.AssetChecksDefinition]:
    """Return the checks of the activation stage; each looks at what this run decided."""

    def of_view(
        offenders: Callable[[Connection, View, Relation], Relation],
    ) -> Callable[[Connection, Lake], Relation]:
        def found(con: Connection, lake: Lake) -> Relation:
            view = lake_view(con, lake, load_campaigns(home), time_zone=home.settings.time_zone)
            return offenders(con, view, _decided(con, lake))

        return found

    return [
        claim(
            _KEY,
            "no_message_without_consent",
            "Every message has a consent on its channel, or the company's silence allows it",
            of_view(without_consent),
            is_blocking=True,
        ),
        claim(
            _KEY,
            "nothing_is_sent_twice_for_a_once_ever_campaign",
            "No customer gets a second message of a once-ever campaign, under whichever id it had the first",
            lambda con, lake: second_ones(con, load_campaigns(home), _decided(con, lake), lake.scan(con, PAST, _PAST)),
            is_blocking=True,
        ),
        claim(
            _KEY,
            "no_message_contradicts_what_is_known",
            "Incoherence is 0: no message of what was bought, to an open complaint, against a refusal",
            of_view(incoherent),
            is_blocking=True,
        ),
    ]


def _decided(con: Connection, lake: Lake) -> Relation:
    return as_messages(con, lake.scan(con, OUTPUTS["outbox"], duckdb_schema(OUTBOX)))
