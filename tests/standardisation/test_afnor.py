import re

from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.standardisation.afnor import WIDTH, afnor_lines

_WORDS = st.text(st.characters(codec="latin-1", categories=["Lu", "Ll", "Nd"]), max_size=60)
_TEXTS = st.lists(_WORDS, max_size=12).map(" ".join)


def test_an_address_has_its_lines_in_the_order_of_the_norm() -> None:
    lines = afnor_lines(
        "Mme Hélène d'Ormesson",
        "Rue de l'Église",
        "12 bis",
        "01000",
        "Bourg-en-Bresse",
        complement="Bât. B",
        country="Belgique",
    )
    assert lines == ["MME HELENE D ORMESSON", "BAT B", "12 BIS RUE DE L EGLISE", "01000 BOURG EN BRESSE", "BELGIQUE"]


def test_a_long_street_is_abbreviated_and_goes_on_instead_of_being_cut() -> None:
    lines = afnor_lines(None, "Avenue du Maréchal de Lattre de Tassigny prolongée", "127 bis", "75002", "Paris")
    assert lines == ["127 BIS AV DU MAL DE LATTRE DE", "TASSIGNY PROLONGEE", "75002 PARIS"]


def test_a_street_that_fits_is_not_abbreviated() -> None:
    assert afnor_lines(None, "Avenue Foch", "5", None, None) == ["5 AVENUE FOCH"]


@settings(deadline=None)
@given(_TEXTS, _TEXTS, _TEXTS)
def test_no_line_is_too_long_and_no_letter_is_lost(recipient: str, complement: str, city: str) -> None:
    lines = afnor_lines(recipient, None, None, None, city, complement=complement)
    assert all(0 < len(line) <= WIDTH and re.fullmatch(r"[A-Z0-9/ ]+", line) for line in lines)
    whole = [line for part in (recipient, complement, city) for line in afnor_lines(part, None, None, None, None)]
    assert lines == whole
    kept = "".join(lines).replace(" ", "")
    assert kept.lower() == "".join(_plain(part) for part in (recipient, complement, city))


def _plain(text: str) -> str:
    from scv_assets.standardisation.folding import written_out

    return re.sub(r"[^a-z0-9/]", "", written_out(text))
