"""What a message says: the campaign's texts in the customer's language, with their fields filled in.

Texts are taken apart here and put together in DuckDB, so that a million messages are one query.
"""

import re
from collections.abc import Mapping

from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from scv_assets.activation.material import Material
from scv_assets.activation.policy import Campaign, CampaignPolicy
from scv_assets.activation.voucher_codes import code
from scv_assets.sql_quoting import literal
from scv_assets.validation.figures import MINOR_DIGITS
from scv_assets.working_tables import keep

_PARTS = re.compile(r"\{\s*([^{}]*?)\s*\}")


def payloads(con: Connection, material: Material, messages: Relation) -> Relation:
    """Return what is sent; one row an idempotency_key with `payload` (JSON).

    `messages`: idempotency_key, campaign, customer_id, address, items. The payload has `to`, `language`, `subject`,
    `text`, and, where the campaign has them, `items` (product_id, name) and `voucher` (code, amount_cents, currency).
    """
    filled = keep(con, _filled(con, material, messages))
    policy = material.view.policy
    subject, text = (_by_campaign(policy, material.currency, of) for of in ("subject", "text"))
    return con.sql(
        f"""
        SELECT idempotency_key,
               to_json({{'to': address, 'language': language, 'subject': {subject}, 'text': {text},
                         'items': items, 'voucher': {_voucher(policy, material.currency)}}})::VARCHAR AS payload
        FROM filled
        """
    )


def _filled(con: Connection, material: Material, messages: Relation) -> Relation:
    """Return each message with the values of its fields."""
    profiles, lines = material.profiles, material.articles
    codes = " ".join(
        f"WHEN {literal(c.name)} THEN {code('messages.idempotency_key', material.view.policy.secret, c.voucher.prefix)}"
        for c in material.view.policy.campaigns
        if c.voucher is not None
    )
    return con.sql(
        f"""
        WITH wanted AS (
          SELECT idempotency_key, unnest(items) AS product_id FROM messages
        ), named AS (
          SELECT trim(lines.product_id) AS product_id, min(lines.product_name) AS name
          FROM lines SEMI JOIN wanted ON wanted.product_id = trim(lines.product_id) GROUP BY ALL
        ), listed AS (
          SELECT idempotency_key, list({{'product_id': wanted.product_id, 'name': coalesce(name, wanted.product_id)}}
                                       ORDER BY wanted.product_id) AS items
          FROM wanted LEFT JOIN named USING (product_id) GROUP BY ALL
        )
        SELECT messages.idempotency_key, messages.campaign, messages.address, listed.items,
               profiles.language, profiles.first_name, profiles.last_name, profiles.city,
               {f"CASE messages.campaign {codes} END" if codes else "NULL::VARCHAR"} AS voucher_code
        FROM messages LEFT JOIN profiles USING (customer_id) LEFT JOIN listed USING (idempotency_key)
        """
    )


def _by_campaign(policy: CampaignPolicy, currency: str, of: str) -> str:
    cases = " ".join(
        f"WHEN {literal(campaign.name)} THEN {_by_language(campaign, getattr(campaign.content, of), currency)}"
        for campaign in policy.campaigns
        if getattr(campaign.content, of)
    )
    return f"CASE campaign {cases} END" if cases else "NULL::VARCHAR"


def _by_language(campaign: Campaign, texts: Mapping[str, str], currency: str) -> str:
    """Return the SQL of the text in the customer's language, or in the first one of the campaign."""
    written = {language: _written(campaign, text, currency) for language, text in texts.items()}
    cases = " ".join(f"WHEN {literal(language)} THEN {sql}" for language, sql in written.items() if language)
    return f"CASE language {cases} ELSE {written['']} END" if cases else written[""]


def _written(campaign: Campaign, text: str, currency: str) -> str:
    """Return the SQL of one text; odd pieces of it are fields. Blanks that an empty field leaves are closed up."""
    worth = amount(campaign.voucher.amount_cents, currency) if campaign.voucher else ""
    fields = {
        "profile.first_name": "coalesce(first_name, '')",
        "profile.last_name": "coalesce(last_name, '')",
        "profile.city": "coalesce(city, '')",
        "cart.items": "list_aggregate(list_transform(items, lambda item: item.name), 'string_agg', ', ')",
        "cart.count": "len(items)::VARCHAR",
        "voucher.code": "voucher_code",
        "voucher.amount": literal(worth),
    }
    pieces = _PARTS.split(text)
    parts = [literal(piece) if place % 2 == 0 else fields[piece] for place, piece in enumerate(pieces) if piece]
    return f"trim(regexp_replace(regexp_replace(concat({', '.join(parts)}), ' +', ' ', 'g'), ' ([,.])', '\\1', 'g'))"


def _voucher(policy: CampaignPolicy, currency: str) -> str:
    cases = " ".join(
        f"WHEN {literal(c.name)} THEN {c.voucher.amount_cents}" for c in policy.campaigns if c.voucher is not None
    )
    if not cases:
        return "NULL"
    worth = f"CASE campaign {cases} END"
    told = f"{{'code': voucher_code, 'amount_cents': {worth}, 'currency': {literal(currency)}}}"
    return f"CASE WHEN voucher_code IS NOT NULL THEN {told} END"


def amount(cents: int, currency: str) -> str:
    """Return an amount as a message says it: `30 EUR`, `12.50 EUR`."""
    digits = MINOR_DIGITS.get(currency, 2)
    whole = cents % 10**digits == 0
    return f"{cents / 10**digits:.{0 if whole else digits}f} {currency}"
