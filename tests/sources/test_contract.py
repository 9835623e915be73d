"""A contract says everything once; what it says wrongly is told where it stands."""

from datetime import date
from typing import Any

import pytest

from scv_assets.canonical import KINDS
from scv_assets.errors import SourceContractError
from scv_assets.sources.contract import DEFAULT_NULLS, Reference
from scv_assets.sources.maps import (
    Aggregate,
    Collect,
    ColumnValue,
    Constant,
    CountRows,
    FirstOf,
    Join,
    KindMap,
    Position,
    Product,
    Recode,
)
from tests.sources.company import Company

SHOP = """
source: shop
title: Online shop
description: What was ordered.
owner: {team: digital, steward: a@x.be}
kind: ecommerce
trust: 0.8
extract:
  reader: csv
  path: shop/orders_{date}.csv
  delivery: snapshot
  options: {encoding: cp1252, delimiter: ";", decimal: ",", thousands: "."}
key: [order_no]
nulls: ["", "-"]
quarantine: {max_share: 0.1}
freshness: {hours: 30}
columns:
  order_no: {type: text, required: true, unique: true, from: "N°"}
  placed: {type: instant, format: "%d/%m/%Y %H:%M", time_zone: Europe/Paris, min: 2020-01-01}
  mail: {type: email, strict: true, max_length: 80}
  mobile: {type: phone}
  landline: {type: phone, pii: false}
  total: {type: money, currency: USD, min: 0, max: 99.5}
  state: {type: category, categories: [P, S, 9]}
  wants: {type: boolean, true: [O], false: [N]}
  customer: {type: text, references: crm.id, pattern: "C[0-9]+", nulls: ["?"]}
  lines: {type: list, columns: {sku: {type: text}, amount: {type: money}, n: {type: integer}}}
  spare: {type: text}
ignore: [internal, spare]
maps:
  person:
    source_key: customer
    email: mail
    phone: {first: [mobile, landline]}
    full_name: {join: [customer, state], separator: "-"}
    is_deleted: {recode: state, values: {P: false, S: true, 9: null}}
    updated_at: {max: placed}
    identifiers: {erp_id: customer}
    accumulate: true
  order:
    order_id: order_no
    ordered_at: {min: placed}
    gross_cents: {sum: total}
    channel: {const: online}
    when: {state: [P, 9], wants: true}
  order_line:
    {order_id: order_no, each: lines, line_number: {position: true}, product_id: lines.sku, net_cents: lines.amount}
  cart: {cart_id: order_no, last_touched_at: {last: placed}, lines: {collect: {key: order_no, how: state}}}
  visit: {visit_id: order_no, started_at: placed, pages: {count: rows}}
  consent:
    - {person_key: customer, channel: {const: email}, purpose: {const: service}, granted: wants, occurred_at: placed}
    - {person_key: mobile, channel: {const: sms}, purpose: {const: service}, granted: {const: no}, occurred_at: placed}
"""
CRM = """
source: crm
title: CRM
owner: {team: t}
kind: crm
extract: {reader: csv, path: "crm/{date}.csv"}
key: [id]
columns: {id: {type: text}}
maps: {person: {source_key: id}}
"""


def shop(company: Company, old: str = "", new: str = "") -> Any:
    assert old in SHOP
    company.contract(CRM)
    company.contract(SHOP.replace(old, new, 1), "shop")
    return company.home.contracts["shop"]


def test_every_setting_is_read(company: Company) -> None:
    contract = shop(company)
    assert (contract.source, contract.title, contract.description) == ("shop", "Online shop", "What was ordered.")
    assert (contract.owner.team, contract.owner.steward, contract.kind, contract.trust) == (
        "digital",
        "a@x.be",
        "ecommerce",
        0.8,
    )
    assert (contract.delivery, contract.key, contract.max_share, contract.freshness_hours) == (
        "snapshot",
        ("order_no",),
        0.1,
        30,
    )
    columns = contract.columns
    assert (columns["order_no"].header, columns["order_no"].unique) == (
        "N°",
        True,
    )
    assert (columns["placed"].formats, columns["placed"].time_zone, columns["placed"].min) == (
        ("%d/%m/%Y %H:%M",),
        "Europe/Paris",
        date(2020, 1, 1),
    )
    assert (columns["total"].currency, columns["total"].decimal, columns["total"].thousands, columns["total"].max) == (
        "USD",
        ",",
        ".",
        99.5,
    )
    assert (columns["state"].categories, columns["wants"].true_words, columns["wants"].false_words) == (
        ("P", "S", "9"),
        ("O",),
        ("N",),
    )
    assert (columns["customer"].references, columns["customer"].nulls, columns["mail"].nulls) == (
        Reference("crm", "id"),
        ("?",),
        ("", "-"),
    )
    assert list(columns["lines"].columns) == ["sku", "amount", "n"]
    assert contract.pii_columns == ("mail", "mobile")


def test_what_a_contract_does_not_say_comes_from_the_company(company: Company) -> None:
    company.contract(CRM)
    contract = company.home.contracts["crm"]
    column = contract.columns["id"]
    assert (column.time_zone, column.currency, column.nulls, column.decimal) == (
        "Europe/Brussels",
        "EUR",
        DEFAULT_NULLS,
        ".",
    )
    assert (contract.delivery, contract.trust, contract.max_share, contract.freshness_hours) == (
        "increment",
        0.5,
        0.05,
        None,
    )


def test_every_expression_is_read(company: Company) -> None:
    maps = shop(company).maps
    (person,) = maps["person"]
    assert person.fields == {
        "source_key": ColumnValue("customer"),
        "full_name": Join(("customer", "state"), "-"),
        "email": ColumnValue("mail"),
        "phone": FirstOf(("mobile", "landline")),
        "updated_at": Aggregate("max", "placed"),
        "is_deleted": Recode("state", {"P": False, "S": True, "9": None}),
    }
    assert (person.identifiers, person.accumulate) == ({"erp_id": ColumnValue("customer")}, True)
    (order,) = maps["order"]
    assert order.fields["gross_cents"] == Aggregate("sum", "total")
    assert order.fields["channel"] == Constant("online")
    assert order.when == {"state": ("P", "9"), "wants": ("true",)}
    assert maps["order_line"][0].fields["line_number"] == Position()
    assert maps["order_line"][0].each == "lines"
    assert maps["cart"][0].fields["lines"] == Collect({"key": "order_no", "how": "state"})
    assert maps["visit"][0].fields["pages"] == CountRows()
    assert [one.fields["channel"] for one in maps["consent"]] == [Constant("email"), Constant("sms")]


def test_a_price_may_be_multiplied_and_the_product_summed(company: Company) -> None:
    pieces = "spare: {type: integer}\n  price: {type: money}"
    contract = shop(company, "spare: {type: text}", pieces)
    assert contract.columns["price"].type == "money"
    company.contract(
        SHOP.replace("spare: {type: text}", pieces).replace("{sum: total}", "{sum: {product: [spare, price]}}")
    )
    order = company.home.contracts["shop"].maps["order"][0]
    assert order.fields["gross_cents"] == Aggregate("sum", Product(("spare", "price")))
    assert company.home.contracts["shop"].lineage()["order", "gross_cents"] == ("spare", "price")


def test_lineage_names_the_columns_of_each_canonical_field(company: Company) -> None:
    lineage = shop(company).lineage()
    assert lineage["person", "phone"] == ("mobile", "landline")
    assert lineage["person", "identifiers.erp_id"] == ("customer",)
    assert lineage["order_line", "product_id"] == ("lines.sku",)
    assert lineage["order", "channel"] == ()
    assert lineage["consent", "granted"] == ("wants",)
    assert {kind for kind, _ in lineage} <= set(KINDS)


def test_a_column_that_nothing_uses_is_named(company: Company) -> None:
    assert shop(company, "ignore: [internal, spare]").unused_columns() == ("spare",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: ecommerce", "kind: ecomerce", "'ecomerce' is not one of .*; did you mean 'ecommerce'"),
        ("title: Online shop", "titel: Online shop", "unknown key 'titel'; did you mean 'title'"),
        ("source: shop", "source: shopp", "source 'shopp' stands in a file named shop.yaml"),
        ("trust: 0.8", "trust: 80", "'trust' must be between 0 and 1"),
        ("trust: 0.8", "trust: high", "'trust' must be a number, not text"),
        ("reader: csv", "reader: xls", "'xls' is not one of csv, jsonl"),
        (
            "shop/orders_{date}.csv",
            "shop/orders.csv",
            "'path' has no {date}: write it, or give the one-off extract its 'day'",
        ),
        ("shop/orders_{date}.csv", "../orders_{date}.csv", "'path' must stay inside the inbox"),
        ("shop/orders_{date}.csv", "/x/orders_{date}.csv", "'path' must stay inside the inbox"),
        ("encoding: cp1252", "encoding: cp125", "'cp125' is no encoding; did you mean 'cp1252'"),
        ("encoding: cp1252", "encoding: base64", "'base64' is no encoding"),
        ("encoding: cp1252", "sheet: x", "unknown key 'sheet'"),
        ('delimiter: ";"', 'delimiter: ";;"', "'delimiter' must be one character"),
        ("key: [order_no]", "key: [order]", "key column 'order' is not in the contract; did you mean 'order_no'"),
        ("key: [order_no]", "key: []", "'key' names at least one column"),
        ("max_share: 0.1", "max_share: 2", "'quarantine.max_share' must be between 0 and 1"),
        ("hours: 30", "hours: 0", "'freshness.hours' must be above 0"),
        ("{type: email, strict", "{type: emial, strict", "'emial' is not one of .*; did you mean 'email'"),
        (
            "{type: email, strict: true",
            "{type: email, categories: [a]",
            "'categories' means nothing for a column of type email; it is for category",
        ),
        ("Europe/Paris", "Europe/Pariss", "'Europe/Pariss' is no IANA time zone; did you mean 'Europe/Paris'"),
        ("%d/%m/%Y %H:%M", "%d/%m/%Q", "'%d/%m/%Q' is no date format"),
        ("%d/%m/%Y %H:%M", "dd/mm/yyyy", "'dd/mm/yyyy' is no date format"),
        ("currency: USD", "currency: EURO", "'EURO' is no ISO 4217 currency; did you mean 'EUR'"),
        ("categories: [P, S, 9]", "description: x", "a category needs its 'categories'"),
        ('pattern: "C[0-9]+"', 'pattern: "C[0-9"', "'columns.customer.pattern' is no regular expression"),
        ("references: crm.id", "references: crmm.id", "there is no source 'crmm'; did you mean 'crm'"),
        ("references: crm.id", "references: crm.idd", "source 'crm' has no column 'idd'; did you mean 'id'"),
        ("references: crm.id", "references: crm", ".* must be written source.column"),
        ("spare: {type: text}", "Mail: {type: text}", "columns 'mail' and 'Mail' differ only in capitals"),
        ("spare: {type: text}", "_file: {type: text}", "'_file' cannot name a column"),
        ("spare: {type: text}", "spare: {type: list}", "a list needs the 'columns'"),
        ("email: mail", "emial: mail", "unknown key 'emial'; did you mean 'email'"),
        ("email: mail", "email: mial", "column 'mial' is not in the contract; did you mean 'mail'"),
        ("person:\n    source_key: customer", "person:", "'source_key' is missing under 'maps.person'"),
        (
            "{sum: total}",
            "order_no",
            "column 'order_no' of type text cannot fill a field of type cents; it takes integer, money",
        ),
        ("{sum: total}", "{sum: mail}", "column 'mail' of type email cannot fill a field of type cents"),
        ("{sum: total}", "{summ: total}", "unknown key 'summ'; did you mean 'sum'"),
        ("{sum: total}", "{sum: total, first: [total]}", "'maps.order.gross_cents' must be a column or one of"),
        ("{sum: total}", "{sum: total, separator: x}", "'separator' means nothing beside 'sum'"),
        ("{sum: total}", "{const: 1.5}", ".* must be a number"),
        ("channel: {const: online}", "channel: {const: 1}", ".* must be a text; write it in quotes"),
        ("channel: {const: online}", "channel: {count: rows}", "a count cannot fill a field of type text"),
        ("channel: {const: online}", "channel: {collect: [state]}", "'collect' gives JSON"),
        ("channel: {const: online}", "channel: {position: true}", "a position cannot fill a field of type text"),
        ("{sum: total}", "{product: [total, mail]}", "column 'mail' of type email cannot fill a field of type cents"),
        ("{sum: total}", "{product: [total, total]}", "this product cannot fill a field of type cents"),
        ("values: {P: false, S: true, 9: null}", "values: {P: false, S: true}", "category '9' of 'state' has no value"),
        (
            "values: {P: false, S: true, 9: null}",
            "values: {P: false, S: true, 9: null, X: true}",
            "'X' is no category of 'state'",
        ),
        ("values: {P: false, S: true, 9: null}", "values: {P: no way, S: true, 9: null}", ".* must be true or false"),
        (
            "recode: state",
            "recode: customer",
            "column 'customer' of type text cannot be used here; it takes boolean, category",
        ),
        ("identifiers: {erp_id", "identifiers: {erp-id", "unknown key 'erp-id'; did you mean 'erp_id'"),
        ("when: {state: [P, 9]", "when: {state: [P, 8]", "'state' never holds '8'"),
        ("when: {state: [P, 9]", "when: {stat: [P, 9]", "column 'stat' is not in the contract"),
        ("each: lines", "each: mail", "'each' needs a column of type list, which 'mail' is not"),
        ("lines.sku", "lines.skuu", "column 'lines.skuu' is not in the contract; did you mean 'lines.sku'"),
        ("order:", "orders:", "unknown key 'orders'; did you mean 'order'"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_suggestion(company: Company, old: str, new: str, message: str) -> None:
    line = SHOP[: SHOP.index(old)].count("\n") + 1
    with pytest.raises(
        SourceContractError, match=rf"^sources/shop\.yaml:{line}: {message.replace('{', chr(92) + '{')}"
    ):
        shop(company, old, new)


def test_only_what_a_contract_means_changes_its_fingerprint(company: Company) -> None:
    first = shop(company)
    same = shop(company, "title: Online shop", "# a note\ntitle: Shop, online")
    described = shop(company, "spare: {type: text}", "spare: {type: text, description: nothing}")
    retyped = shop(company, "min: 0, ", "")
    reread = shop(company, "encoding: cp1252", "encoding: utf-8")
    assert first.fingerprint == same.fingerprint == described.fingerprint
    assert first.fingerprint != retyped.fingerprint
    assert first.extract_fingerprint == retyped.extract_fingerprint
    assert first.extract_fingerprint != reread.extract_fingerprint


def test_two_sources_may_refer_to_each_other(company: Company) -> None:
    company.contract(CRM.replace("{type: text}", "{type: text, references: shop.order_no}"))
    company.contract(SHOP)
    assert company.home.contracts["crm"].columns["id"].references == Reference("shop", "order_no")


def test_a_map_knows_all_the_columns_it_reads() -> None:
    one = KindMap("order_line", {"product_id": ColumnValue("lines.sku")}, when={"state": ("P",)}, each="lines")
    assert one.columns() == {"lines.sku", "lines", "state"}
