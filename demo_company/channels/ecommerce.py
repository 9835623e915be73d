"""Orders of the online shop: CSV in Windows-1252, semicolon, decimal comma, local times, one row an order line.

An order is sent again when its status changes. A return is an order of its own with negative amounts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo_company.arrays import Integers, Texts, chance, either, only, same
from demo_company.cast import ONLINE
from demo_company.chunk import Chunk
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys
from demo_company.money import amounts
from demo_company.period import Period, written
from demo_company.presentation import Habits, Seen, present
from demo_company.reference_data import products
from demo_company.registry import Orders, register, tell_consents, tell_orders
from demo_company.sinks import CsvSink
from demo_company.truth import Truth

HABITS = Habits(
    lacks_email=0.0,
    lacks_phone=0.2,
    lacks_birth=1.0,
    lacks_address=0.0,
    typo=0.012,
    nickname=0.04,
    former=0.02,
    tagged_email=0.04,
    notations={"plain": 4, "e164": 2, "spaced": 2, "slashed": 1, "double_zero": 1},
)
PAID, SHIPPED, CANCELLED, RETURNED = "payée", "expédiée", "annulée", "retournée"
_STATUS = {PAID: "paid", SHIPPED: "shipped", CANCELLED: "cancelled", RETURNED: "returned"}
_FAULTS = (
    Fault("statut", becomes("en cours ???"), "unknown_category"),
    Fault("date_commande", becomes("2026-99-01"), "unparsable_date"),
    Fault("no_commande", becomes(""), "missing_key"),
    Fault("prix_unitaire", becomes("-5,00"), "negative_not_allowed"),
)


@dataclass(frozen=True)
class _Sent:
    """Orders as they are sent, one a row: row of the purchases, its numbers, status, and the day of the file."""

    rows: Integers
    order_no: Texts
    client: Texts
    status: Texts
    day: Integers


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    sink = CsvSink(inbox, "ecommerce/orders_{date}.csv", encoding="cp1252", delimiter=";")
    return Feed("ecommerce", sink, "no_commande", _FAULTS, 10, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the chunk's online orders of the period."""
    rng = chunk.rng("ecommerce")
    purchases = chunk.purchases
    rows = np.flatnonzero((purchases.channel == ONLINE) & (purchases.day >= 0) & (purchases.day < chunk.period.days))
    who = purchases.who[rows]
    seen = _steady(present(rng, chunk.people, np.arange(len(chunk.people)), 0 * chunk.people.number, HABITS), chunk)
    order_no = chunk.order_no("WEB", rows)
    client = np.where(chunk.cast.account[who], keys("E", chunk.people.number[who]), keys("G", purchases.number[rows]))
    client = _as_first_bought(purchases.return_of[rows], rows, client.astype(object))
    first, final = _statuses(rng, chunk, rows)
    changes = (final != first) & (purchases.day[rows] + 2 < chunk.period.days)
    final = either(changes, final, first)
    again = np.flatnonzero(changes)
    index = np.concatenate([np.arange(len(rows)), again])
    status = np.concatenate([first, final[again]])
    day = np.concatenate([purchases.day[rows], purchases.day[rows][again] + 2])
    register(feed, chunk, client, who, purchases.day[rows], seen.variations[who])
    _write(rng, chunk, feed, seen, _Sent(rows[index], order_no[index], client[index], status, day))
    _tell(chunk, feed, rows, order_no, final)
    ticked = chunk.cast.newsletter_since[who] <= purchases.day[rows]
    tell_consents(feed, chunk, client, who, "email", ticked, purchases.at[rows] // 60 * 60)


def _steady(seen: Seen, chunk: Chunk) -> Seen:
    """Return what people type as it is: their mailbox is never missing, since the shop writes to it."""
    missing = np.flatnonzero(np.array([email is None for email in seen.email]))
    seen.email[missing] = keys("client", chunk.people.number[missing]) + "@outlook.com"
    return seen


def _as_first_bought(return_of: Integers, rows: Integers, client: Texts) -> Texts:
    """Give a guest's return the client number of the order that it brings back."""
    place = np.searchsorted(rows, np.maximum(return_of, 0))
    place = np.minimum(place, max(len(rows) - 1, 0))
    return either(return_of >= 0, client[place], client)


def _statuses(rng: np.random.Generator, chunk: Chunk, rows: Integers) -> tuple[Texts, Texts]:
    """Return the first and the last status of orders."""
    back = chunk.purchases.is_return[rows]
    brought_back = np.isin(rows, chunk.purchases.return_of)
    cancelled = chance(rng, len(rows), 0.03) & ~back & ~brought_back
    first = either(back, RETURNED, PAID)
    final = either(back, RETURNED, np.where(cancelled, CANCELLED, SHIPPED))
    return first, final


def _write(rng: np.random.Generator, chunk: Chunk, feed: Feed, seen: Seen, sent: _Sent) -> None:
    """Write each order sent, a row a line."""
    purchases, catalogue = chunk.purchases, products()
    owner, line = purchases.lines_of(sent.rows)
    product = purchases.lines.product[line]
    columns = {name: values[owner] for name, values in _headers(rng, chunk, seen, sent).items()}
    columns |= {
        "ligne": np.array([str(n) for n in purchases.lines.place[line]], dtype=object),
        "ref_article": catalogue.product_id[product],
        "libelle": catalogue.name[product],
        "quantite": np.array([str(n) for n in purchases.lines.quantity[line]], dtype=object),
        "prix_unitaire": amounts(purchases.lines.unit_cents[line], ","),
        "montant_ligne": amounts(purchases.lines.amount_cents[line], ","),
    }
    feed.put(rng, sent.day[owner], columns, purchases.at[sent.rows][owner])


def _headers(rng: np.random.Generator, chunk: Chunk, seen: Seen, sent: _Sent) -> dict[str, Texts]:
    """Return what every row of an order says of it and of who placed it, living where they lived then."""
    purchases, people, cast = chunk.purchases, chunk.people, chunk.cast
    who, placed_on = purchases.who[sent.rows], purchases.day[sent.rows]
    moved = placed_on >= people.moved_on[who]
    home = {
        n: either(moved, getattr(people.new_home, n)[who], getattr(seen, n)[who])
        for n in ("street", "house_number", "postcode", "city", "country")
    }
    gives_card = chance(rng, len(people), 0.35)[who] & (cast.card_since[who] <= placed_on)
    return {
        "no_commande": sent.order_no,
        "date_commande": written(purchases.at[sent.rows], "%d/%m/%Y %H:%M"),
        "no_client": sent.client,
        "compte_web": only(cast.account[who], chunk.account(who)),
        "prenom": seen.first_name[who],
        "nom": seen.last_name[who],
        "email": seen.email[who],
        "telephone": seen.phone[who],
        "adresse": home["street"],
        "numero": home["house_number"],
        "code_postal": home["postcode"],
        "ville": home["city"],
        "pays": home["country"],
        "langue": seen.language[who],
        "newsletter": either(cast.newsletter_since[who] <= placed_on, "O", "N"),
        "carte_fidelite": only(gives_card, chunk.card(who)),
        "statut": sent.status,
        "devise": same("EUR", len(who)),
        "total_ttc": amounts(purchases.total_cents[sent.rows], ","),
    }


def _tell(chunk: Chunk, feed: Feed, rows: Integers, order_no: Texts, final: Texts) -> None:
    status = np.array([_STATUS[s] for s in final], dtype=object)
    orders = Orders(rows, order_no, same("online", len(rows)), status, np.zeros(len(rows), dtype=np.bool_))
    tell_orders(feed, chunk, orders, moment=chunk.purchases.at[rows] // 60 * 60)
