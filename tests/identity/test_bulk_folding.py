"""Folding over whole arrays gives what folding one by one gives."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.identity import folding
from scv_assets.identity.bulk_folding import Fold, all_folded, folded
from scv_assets.standardisation.emails import email_key

FOLDS: tuple[Fold, ...] = (
    folding.words,
    folding.name_words,
    folding.name,
    folding.surname_core,
    folding.generation,
    folding.street,
    folding.number_in_street,
    folding.house_number,
    folding.postcode,
    folding.city,
    folding.phone,
    folding.email_local,
    email_key,
)
PIECES = st.sampled_from(
    [
        *(
            "van",
            "der",
            "Berg",
            "d'",
            "Jr",
            "II",
            "junior",
            "pere",
            "12",
            "007",
            "bis",
            "b",
            "ter",
            "quater",
            "av.",
            "Bd",
        ),
        *("st", "ste", "rue", "CEDEX", "n/a", "null", "N", "A", "Müller", "Mueller", "aeoue", "é", "-", " ", "  ", "/"),
        *(
            "+32 475",
            "0475123456",
            "000000",
            "11111111",
            "+",
            ".",
            "@",
            "gmail.com",
            "googlemail.com",
            "proton.me",
            "me",
        ),
        *("x.y", "a+b", "@gmail.com", "@free.fr", "@x.local", "@xn--a.fr", "_", "--", ",", "\n", "\t", "ß", "２"),
    ]
)
TEXTS = st.lists(PIECES, max_size=6).map("".join) | st.lists(PIECES, max_size=5).map(" ".join) | st.text(max_size=12)
ASCII = st.text(alphabet=[chr(code) for code in range(128)], max_size=16)
MAILBOXES = st.from_regex(r"\A[a-zA-Z0-9._+-]{1,12}@(gmail\.com|free\.fr|pm\.me|[a-z-]{1,6}\.[a-z]{1,4})\Z")


@pytest.mark.parametrize("fold", FOLDS, ids=lambda fold: fold.__name__)
@given(texts=st.lists(TEXTS | ASCII | MAILBOXES, max_size=30))
@settings(deadline=None, max_examples=60)
def test_texts_fold_at_once_as_one_by_one(fold: Fold, texts: list[str]) -> None:
    assert folded(fold, pa.array(texts, pa.string())).to_pylist() == [fold(text) or None for text in texts]


@given(texts=st.lists(TEXTS | ASCII, max_size=30))
@settings(deadline=None, max_examples=60)
def test_several_forms_of_a_text_are_those_that_each_gives(texts: list[str]) -> None:
    given_texts = pa.array(texts, pa.string())
    together = all_folded({fold.__name__: fold for fold in FOLDS}, given_texts)
    for fold in FOLDS:
        assert together.field(fold.__name__).to_pylist() == folded(fold, given_texts).to_pylist()


def test_a_long_address_folds_at_once_as_alone() -> None:
    texts = [f"{'a' * local}@{'b' * 60}.{'c' * domain}.fr" for local in (1, 63, 64, 65) for domain in (1, 63, 64)]
    texts += ["a@b.c", "a@b.fr", f"{'a' * 64}@{'.'.join(['b' * 50] * 5)}.fr", "+a@free.fr", "a+@gmail.com"]
    assert folded(email_key, pa.array(texts)).to_pylist() == [email_key(text) for text in texts]
