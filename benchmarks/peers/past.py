"""People of the past, generated: some thousands, each told of again and again, every time a little otherwise.

Splink's set of 50,000 historical figures comes with a download and not with a package. This is no copy of it: it has
its columns (names, birth date, place of birth, postcode, occupation) and its kind of trouble (dates of centuries ago,
1 January for an unknown day, another given name, initials, swapped names, gaps), with errors drawn here. Names,
places and postcodes are those of person100k; who is who is this module's.
"""

import string
from collections.abc import Sequence

import numpy as np
import pandas as pd

PEOPLE, MEAN_RECORDS, MOST_RECORDS = 4_000, 8, 30
SEED = 7
OCCUPATIONS = (
    "politician",
    "writer",
    "painter",
    "cricketer",
    "clergyman",
    "soldier",
    "lawyer",
    "physician",
    "composer",
)
ROLES = {
    "first_name": "first_name",
    "last_name": "surname",
    "birth_on": "dob",
    "city": "birth_place",
    "postcode": "postcode_fake",
}


def people_of_the_past(names: pd.DataFrame) -> pd.DataFrame:
    """Return the records and their `entity`; `names`: person100k."""
    draw = np.random.default_rng(SEED)
    known = names.dropna(subset=["first_name", "surname"]).drop_duplicates("entity_id")
    people = known.sample(PEOPLE, random_state=SEED)[["first_name", "surname"]].to_numpy().tolist()
    places = names["city"].value_counts().index[:400].tolist()
    postcodes = np.sort(names["postcode"].dropna().unique()).tolist()
    rows: list[list[object]] = []
    for entity, (first, last) in enumerate(people):
        place = places[min(int(draw.zipf(1.5)) - 1, len(places) - 1)]
        told = [first, last, _born(draw), place, _one(draw, postcodes), _one(draw, OCCUPATIONS)]
        other_name = people[int(draw.integers(len(people)))][0]
        count = min(int(draw.geometric(1 / MEAN_RECORDS)), MOST_RECORDS)
        rows += [[entity, *_retold(draw, told, other_name, places)] for _ in range(count)]
    return pd.DataFrame(
        rows, columns=["entity", "first_name", "surname", "dob", *list(ROLES.values())[3:], "occupation"]
    )


def _retold(draw: np.random.Generator, told: list[str], other_name: str, places: list[str]) -> list[str | None]:
    """Return a record of somebody, with what goes wrong in it."""
    first, last, born, place, postcode, occupation = told
    of_first, of_last, of_born, of_place, of_postcode, of_swap, of_occupation = draw.random(7)
    first = _otherwise(of_first, [(0.05, ""), (0.1, _typo(draw, first)), (0.07, first[:1]), (0.08, other_name)], first)
    last = _otherwise(of_last, [(0.03, ""), (0.1, _typo(draw, last))], last)
    year = born[:3] + str(draw.integers(10))
    other_day = f"{born[:5]}{draw.integers(1, 13):02}-{draw.integers(1, 29):02}"
    days = [(0.12, ""), (0.08, f"{born[:4]}-01-01"), (0.08, year + born[4:]), (0.05, other_day)]
    if of_swap < 0.04:
        first, last = last, first
    found = (
        first,
        last,
        _otherwise(of_born, days, born),
        _otherwise(of_place, [(0.2, ""), (0.1, _one(draw, places))], place),
        _otherwise(of_postcode, [(0.15, ""), (0.15, _typo(draw, postcode))], postcode),
        _otherwise(of_occupation, [(0.2, "")], occupation),
    )
    return [text or None for text in found]


def _born(draw: np.random.Generator) -> str:
    """Return a birth date; of one in four only the year is known, and told as its first day."""
    year = draw.integers(1600, 1900)
    return f"{year}-01-01" if draw.random() < 0.25 else f"{year}-{draw.integers(1, 13):02}-{draw.integers(1, 29):02}"


def _otherwise(chance: float, cases: list[tuple[float, str]], text: str) -> str:
    for share, other in cases:
        if chance < share:
            return other
        chance -= share
    return text


def _one(draw: np.random.Generator, texts: Sequence[str]) -> str:
    return texts[int(draw.integers(len(texts)))]


def _typo(draw: np.random.Generator, text: str) -> str:
    """Leave out, put in, replace or swap letters at one place."""
    place, letter = int(draw.integers(len(text))), _one(draw, string.ascii_lowercase)
    before, here, after = text[:place], text[place], text[place + 1 :]
    return (
        before + after,
        before + letter + here + after,
        before + letter + after,
        before + after[:1] + here + after[1:],
    )[int(draw.integers(4))]
