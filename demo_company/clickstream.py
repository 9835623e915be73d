"""What happens within each visit to the web shop: pages, logins, articles put into carts and taken out, checkouts."""

from dataclasses import dataclass

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, chance, expand, same
from demo_company.browsing import ANONYMOUS, AT_ONCE, LOGS_IN, ORDERED
from demo_company.chunk import Chunk
from demo_company.reference_data import products

#: Places of events in a visit: pages are even numbers from 0, a login comes before or after the first.
_FIRST_LOGIN, _LOGIN, _ADD, _REMOVE, _LATE_LOGIN, _CHECKOUT, _LOGOUT = -1, 1, 1000, 1500, 1900, 2000, 3000
#: Seconds between two events of a visit.
_PACE = 37


@dataclass(frozen=True)
class Events:
    """Events, one a row, sorted by visit: the visit's row, what happened, to which article (-1: none), and when.

    `known`: the visitor is logged in.
    """

    session: Integers
    kind: Texts
    product: Integers
    at: Integers
    known: Flags

    @property
    def place(self) -> Integers:
        """Each event's place in its visit, from 0."""
        return places(self.session)

    @property
    def of_cart(self) -> Flags:
        """Which events touch a cart."""
        return np.isin(self.kind, ["add_to_cart", "remove_from_cart", "checkout"])


def click(rng: np.random.Generator, chunk: Chunk) -> Events:
    """Return the events of a chunk's visits."""
    sessions = chunk.sessions
    login_place = _login_places(rng, chunk)
    session, place, kind, product = _happenings(rng, chunk, login_place)
    login = sessions.login[session]
    known = (login != ANONYMOUS) & ((login != LOGS_IN) | (place >= login_place[session]))
    return Events(session, kind, product, sessions.at[session] + places(session) * _PACE, known)


def _login_places(rng: np.random.Generator, chunk: Chunk) -> Integers:
    """Return where in a visit the login falls: at its start, early, or for half of the checkouts when asked for."""
    sessions, carts = chunk.sessions, chunk.carts
    fate = np.append(carts.fate, -1)[sessions.cart]
    late = (fate == ORDERED) & chance(rng, len(sessions.who), 0.5)
    return np.where(sessions.login == AT_ONCE, _FIRST_LOGIN, np.where(late, _LATE_LOGIN, _LOGIN))


def _happenings(
    rng: np.random.Generator, chunk: Chunk, login_place: Integers
) -> tuple[Integers, Integers, Texts, Integers]:
    sessions, carts = chunk.sessions, chunk.carts
    events = _Happenings()
    owner, page = expand(sessions.pages)
    events.add(
        owner, 2 * page, "page_view", np.where(page > 0, rng.integers(0, len(products().price_cents), len(page)), -1)
    )
    logging = np.flatnonzero((sessions.login == LOGS_IN) | (sessions.login == AT_ONCE))
    events.add(logging, login_place[logging], "login")
    with_cart = np.flatnonzero(sessions.cart >= 0)
    row, slot = np.nonzero(carts.products[sessions.cart[with_cart]] >= 0)
    session = with_cart[row]
    events.add(session, _ADD + slot, "add_to_cart", carts.products[sessions.cart[session], slot])
    unsure = with_cart[chance(rng, len(with_cart), 0.12)]
    tried = rng.integers(0, len(products().price_cents), len(unsure))
    known = (carts.products[sessions.cart[unsure]] == tried[:, None]).any(axis=1)
    unsure, tried = unsure[~known], tried[~known]
    events.add(unsure, _ADD + 10, "add_to_cart", tried)
    events.add(unsure, _REMOVE, "remove_from_cart", tried)
    paid = with_cart[carts.fate[sessions.cart[with_cart]] == ORDERED]
    events.add(paid, _CHECKOUT, "checkout")
    events.add(np.flatnonzero(sessions.shared & (sessions.login != ANONYMOUS)), _LOGOUT, "logout")
    return events.sorted()


class _Happenings:
    """Events under way: which visit, which place in it, what, which article."""

    def __init__(self) -> None:
        self.session: list[Integers] = []
        self.place: list[Integers] = []
        self.kind: list[Texts] = []
        self.product: list[Integers] = []

    def add(self, session: Integers, place: Integers | int, kind: str, product: Integers | int = -1) -> None:
        """Add events of one kind."""
        self.session.append(session)
        self.place.append(np.broadcast_to(np.asarray(place), session.shape))
        self.kind.append(same(kind, len(session)))
        self.product.append(np.broadcast_to(np.asarray(product), session.shape))

    def sorted(self) -> tuple[Integers, Integers, Texts, Integers]:
        """Return all events by visit and place."""
        session, place = np.concatenate(self.session), np.concatenate(self.place)
        order = np.lexsort((place, session))
        return session[order], place[order], np.concatenate(self.kind)[order], np.concatenate(self.product)[order]


def places(session: Integers) -> Integers:
    """Return each event's place in its visit, from 0; events come sorted by visit."""
    starts = np.flatnonzero(np.diff(session, prepend=-1))
    return np.arange(len(session)) - np.repeat(starts, np.diff(np.append(starts, len(session))))
