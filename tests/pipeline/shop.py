"""A company small enough to be read: three sources, a handful of people, five days.

`customers` (UTF-8 CSV), `orders` (cp1252 CSV with decimal commas), `visits` (JSON lines). Amélie Durand is in all
three, Jan Peeters in two; customer 4 is the same person as customer 1, typed twice.
"""

import json
import shutil
from datetime import date
from pathlib import Path

from scv_assets.commands.init import lay_folder
from tests.pipeline.company import Company

SETTINGS = """\
name: Corner shop
time_zone: Europe/Brussels
currency: EUR
countries: [BE, FR]
start_on: 2026-03-01
end_on: 2026-03-31
"""

CUSTOMERS = """\
source: customers
title: Customers
owner: {team: data}
kind: crm
trust: 0.8
extract: {reader: csv, path: "customers/customers_{date}.csv", delivery: increment}
key: [customer_no]
columns:
  customer_no: {type: text, required: true}
  first_name: {type: text, pii: true}
  last_name: {type: text, pii: true}
  email: {type: email, pii: true}
  phone: {type: phone, pii: true}
  city: {type: text}
  status: {type: category, categories: [active, closed]}
  newsletter: {type: boolean, "true": ["yes"], "false": ["no"]}
  changed: {type: instant, required: true}
ignore: [status]
quarantine: {max_share: 0.5}
maps:
  person:
    source_key: customer_no
    first_name: first_name
    last_name: last_name
    email: email
    phone: phone
    city: city
    updated_at: changed
    identifiers: {crm_id: customer_no}
  consent:
    person_key: customer_no
    channel: {const: email}
    purpose: {const: marketing}
    granted: newsletter
    legal_basis: {const: consent}
    occurred_at: changed
"""

ORDERS = """\
source: orders
title: Orders
owner: {team: shop}
kind: ecommerce
trust: 0.6
extract:
  reader: csv
  path: orders/orders_{date}.csv
  options: {encoding: cp1252, delimiter: ";", decimal: ","}
  delivery: increment
key: [order_no]
columns:
  order_no: {type: text, required: true}
  placed: {type: instant, required: true}
  mail: {type: email, pii: true}
  name: {type: text, pii: true}
  total: {type: money, required: true}
quarantine: {max_share: 0.5}
maps:
  person: {source_key: mail, email: mail, full_name: name, updated_at: {max: placed}}
  order:
    order_id: order_no
    person_key: mail
    ordered_at: placed
    status: {const: completed}
    channel: {const: online}
    gross_cents: total
    currency: {const: EUR}
"""

VISITS = """\
source: visits
title: Visits
owner: {team: web}
kind: web
trust: 0.3
extract: {reader: jsonl, path: "visits/visits_{date}.jsonl", delivery: increment}
key: [visit]
columns:
  visit: {type: text, required: true}
  cookie: {type: text, required: true}
  at: {type: instant, required: true}
  mail: {type: email, pii: true}
quarantine: {max_share: 0.5}
maps:
  person: {source_key: cookie, accumulate: true, email: mail, updated_at: at, identifiers: {cookie_id: cookie}}
  visit: {visit_id: visit, person_key: cookie, visitor_id: cookie, channel: {const: web}, started_at: at}
"""

HEADER = "customer_no,first_name,last_name,email,phone,city,status,newsletter,changed"
PEOPLE: dict[int, list[str]] = {
    1: [
        "1,Amélie,Durand,amelie.durand@mail.be,02 503 00 01,Bruxelles,active,yes,2026-03-01T09:00:00",
        "2,Jan,Peeters,jan.peeters@mail.be,0470 00 00 02,Gent,active,no,2026-03-01T09:05:00",
    ],
    2: ["3,Sofie,Maes,sofie.maes@mail.be,0470 00 00 03,Antwerpen,active,yes,2026-03-02T10:00:00"],
    3: [
        "4,Amelie,DURAND,Amelie.Durand@mail.be,+32 2 503 00 01,Bruxelles,active,yes,2026-03-03T10:00:00",
        "5,Luc,Lambert,luc.lambert@mail.fr,0033 1 42 68 53 00,Paris,closed,no,2026-03-03T11:00:00",
    ],
}
ORDER_HEADER = "order_no;placed;mail;name;total"
PURCHASES: dict[int, list[str]] = {
    2: ["A1;2026-03-02T12:00:00;amelie.durand@mail.be;Amélie Durand;19,90"],
    3: [
        "A2;2026-03-03T12:00:00;jan.peeters@mail.be;Jan Peeters;5,00",
        "A3;2026-03-03T13:00:00;zoe.noel@mail.fr;Zoë Noël;12,50",
    ],
    4: ["A4;2026-03-04T08:00:00;amelie.durand@mail.be;Amélie Durand;1020,00"],
}
VISIT_ROWS: dict[int, list[dict[str, str]]] = {
    1: [{"visit": "v1", "cookie": "c1", "at": "2026-03-01T08:00:00", "mail": "amelie.durand@mail.be"}],
    2: [{"visit": "v2", "cookie": "c2", "at": "2026-03-02T08:00:00"}],
    4: [{"visit": "v3", "cookie": "c1", "at": "2026-03-04T08:00:00"}],
}


def customers_file(day: int) -> str:
    """Return the place in the inbox of the customers of a day of March 2026."""
    return f"customers/customers_{date(2026, 3, day)}.csv"


def orders_file(day: int) -> str:
    """Return the place in the inbox of the orders of a day of March 2026."""
    return f"orders/orders_{date(2026, 3, day)}.csv"


def customers(*rows: str) -> bytes:
    """Return a file of customers."""
    return "".join(f"{line}\n" for line in (HEADER, *rows)).encode()


def orders(*rows: str) -> bytes:
    """Return a file of orders."""
    return "".join(f"{line}\n" for line in (ORDER_HEADER, *rows)).encode("cp1252")


def visits(*rows: dict[str, str]) -> bytes:
    """Return a file of visits."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def open_shop(folder: Path) -> Company:
    """Lay the company's folder, with every delivery in the inbox."""
    lay_folder(folder)
    for name in ("sources", "inbox"):
        shutil.rmtree(folder / name)
    shop = Company(folder)
    (folder / "sources").mkdir()
    (folder / "scv.yaml").write_text(SETTINGS)
    for name, text in (("customers", CUSTOMERS), ("orders", ORDERS), ("visits", VISITS)):
        (folder / "sources" / f"{name}.yaml").write_text(text)
    for day, rows in PEOPLE.items():
        shop.deliver(customers_file(day), customers(*rows))
    for day, rows in PURCHASES.items():
        shop.deliver(orders_file(day), orders(*rows))
    for day, seen in VISIT_ROWS.items():
        shop.deliver(f"visits/visits_{date(2026, 3, day)}.jsonl", visits(*seen))
    return shop
