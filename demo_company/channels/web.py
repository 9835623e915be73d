"""Events of the web shop: one JSON line an event, with the cookie always and the account once it is known.

Events before a login stay with the cookie alone. A cart is seen as its events: added, taken out, checked out.
"""

from pathlib import Path

import numpy as np

from demo_company.arrays import Integers, Texts, blank, choose, either, only
from demo_company.browsing import LEFT
from demo_company.chunk import Chunk
from demo_company.clickstream import Events, click
from demo_company.feed import Fault, Feed, becomes
from demo_company.keys import keys, tokens
from demo_company.money import amounts
from demo_company.period import Period, iso
from demo_company.reference_data import products
from demo_company.registry import register, tell_visits
from demo_company.sinks import JsonLinesSink, RawJson
from demo_company.truth import Truth

_PAGES = ("/", "/linge", "/table", "/cuisine", "/deco", "/jardin", "/enfant", "/mode", "/soldes", "/magasins")
_REFERRERS = (None, "https://www.google.com/", "https://www.instagram.com/", "https://www.facebook.com/", "newsletter")
_CAMPAIGNS = (None, "rentree-2026", "automne-maison", "toussaint", "noel-avant-premiere")
_FATES = ("abandoned", "ordered", "left_for_store")
_FAULTS = (
    Fault("event", becomes("page_veiw"), "unknown_category"),
    Fault("at", becomes("1758000000000000"), "unparsable_date"),
    Fault("event_id", becomes(""), "missing_key"),
    Fault("cookie_id", becomes(None), "missing_required"),
)


def open_feed(inbox: Path, period: Period, truth: Truth) -> Feed:
    """Return the source's writer."""
    return Feed("web", JsonLinesSink(inbox, "web/events_{date}.jsonl"), "event_id", _FAULTS, 20, period, truth)


def emit(chunk: Chunk, feed: Feed) -> None:
    """Write the events of the chunk's visits."""
    rng = chunk.rng("web")
    events = click(rng, chunk)
    who, day = chunk.sessions.who[events.session], chunk.period.day_of(events.at)
    feed.put(rng, day, _columns(rng, chunk, events), events.at)
    key = either(events.known, chunk.account(who), chunk.sessions.cookie_id[events.session])
    register(feed, chunk, key, who, day)
    _tell(chunk, feed, events)


def _columns(rng: np.random.Generator, chunk: Chunk, events: Events) -> dict[str, Texts]:
    sessions, carts, catalogue, session = chunk.sessions, chunk.carts, products(), events.session
    page, of_cart, has_product = events.kind == "page_view", events.of_cart, events.product >= 0
    cart = sessions.cart[session]
    order_row = np.append(carts.purchase, -1)[cart]
    paid = (events.kind == "checkout") & (order_row >= 0)
    order_no = blank(len(session))
    order_no[paid] = chunk.order_no("WEB", order_row[paid])
    price = np.array([RawJson(amount) for amount in amounts(catalogue.price_cents[events.product])], dtype=object)
    return {
        "event_id": tokens("ev_", sessions.number[session] * 32 + events.place),
        "event": events.kind,
        "at": iso(chunk.period.utc(events.at), "Z"),
        "cookie_id": sessions.cookie_id[session],
        "session_id": keys("VS", sessions.number)[session],
        "account_id": only(events.known, chunk.account(sessions.who[session])),
        "page": only(page, choose(rng, _PAGES, len(session))),
        "page_number": _page_numbers(session, events.kind),
        "referrer": choose(rng, _REFERRERS, len(sessions.who), np.array([4.0, 3, 1.5, 1, 1]))[session],
        "utm_campaign": choose(rng, _CAMPAIGNS, len(sessions.who), np.array([6.0, 1, 1, 1, 1]))[session],
        "cart_id": only(of_cart, np.append(keys("CT", carts.number), "")[cart]),
        "product_id": only(has_product, catalogue.product_id[events.product]),
        "quantity": only(of_cart & has_product, _quantities(chunk, session, events.product)),
        "price": only(of_cart & has_product, price),
        "order_no": order_no,
    }


def _page_numbers(session: Integers, kind: Texts) -> Texts:
    """Return how many pages of the visit were seen up to each page view; None for other events."""
    is_page = np.asarray(kind == "page_view", dtype=np.bool_)
    seen = np.cumsum(is_page)
    starts = np.flatnonzero(np.diff(session, prepend=-1))
    before: Integers = np.repeat(seen[starts] - is_page[starts], np.diff(np.append(starts, len(session))))
    return only(is_page, seen - before)


def _quantities(chunk: Chunk, session: Integers, product: Integers) -> Texts:
    """Return the pieces put into a cart: those of the order where it became one."""
    carts, lines = chunk.carts, chunk.purchases.lines
    order_row = np.append(carts.purchase, -1)[chunk.sessions.cart[session]]
    width = len(products().price_cents) + 1
    found = dict(zip((lines.purchase * width + lines.product).tolist(), lines.quantity.tolist(), strict=True))
    wanted = (order_row * width + product).tolist()
    return np.array(
        [found.get(code, 1) if row >= 0 else 1 for code, row in zip(wanted, order_row, strict=True)], dtype=object
    )


def _tell(chunk: Chunk, feed: Feed, events: Events) -> None:
    sessions, carts, people, catalogue = chunk.sessions, chunk.carts, chunk.people, products()
    starts = np.flatnonzero(np.diff(events.session, prepend=-1))
    visit_id = keys("VS", sessions.number)
    tell_visits(feed, chunk, visit_id, sessions.who, sessions.cookie_id, events.at[starts], sessions.login)
    of_cart = events.of_cart
    touched = np.zeros(len(carts.who), dtype=np.int64)
    np.maximum.at(touched, sessions.cart[events.session[of_cart]], events.at[of_cart])
    order_no = blank(len(carts.who))
    ordered = carts.purchase >= 0
    order_no[ordered] = chunk.order_no("WEB", carts.purchase[ordered])
    partly = chunk.cast.plays["cart_partly_in_store"][carts.who] & (carts.fate == LEFT)
    feed.truth.add(
        "carts",
        {
            "source": ["web"] * len(carts.who),
            "cart_id": keys("CT", carts.number),
            "person_id": people.person_id[carts.who],
            "fate": np.where(partly, "left_partly_for_store", np.asarray(_FATES, dtype=object)[carts.fate]),
            "last_touched_at": chunk.period.utc(touched),
            "order_id": order_no,
            "products": [[catalogue.product_id[p] for p in row if p >= 0] for row in carts.products],
        },
    )
