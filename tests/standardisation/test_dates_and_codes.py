from datetime import date

import pyarrow as pa
import pytest

from scv_assets.standardisation.countries import country
from scv_assets.standardisation.dates import birth_on
from scv_assets.standardisation.identifiers import identifier, matching_keys
from scv_assets.standardisation.languages import language


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        ("1980-12-31", date(1980, 12, 31)),
        ("31/12/1980", date(1980, 12, 31)),
        ("31.12.1980", date(1980, 12, 31)),
        ("19801231", date(1980, 12, 31)),
        ("1980-12-31T00:00:00Z", date(1980, 12, 31)),
        ("1980-01-01", date(1980, 1, 1)),
        ("1970-01-01", date(1970, 1, 1)),
        ("1900-01-01", None),
        ("0001-01-01", None),
        ("1899-12-30", None),
        ("9999-12-31", None),
        ("2026-11-21", None),
        ("2026-11-20", date(2026, 11, 20)),
        ("31/02/1980", None),
        ("null", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_birth_dates(delivered: str | None, expected: date | None) -> None:
    assert birth_on(delivered, date(2026, 11, 20)) == expected


@pytest.mark.parametrize(
    ("delivered", "code"),
    [
        ("BE", "BE"),
        ("be", "BE"),
        ("BEL", "BE"),
        ("B", "BE"),
        ("Belgique", "BE"),
        ("België", "BE"),
        ("BELGIUM", "BE"),
        ("Belgien", "BE"),
        ("France", "FR"),
        ("Frankrijk", "FR"),
        ("FRA", "FR"),
        ("Pays-Bas", "NL"),
        ("Nederland", "NL"),
        ("The Netherlands", "NL"),
        ("Royaume-Uni", "GB"),
        ("UK", "GB"),
        ("États-Unis", "US"),
        ("USA", "US"),
        ("Côte d'Ivoire", "CI"),
        ("AE", "AE"),
        ("XX", None),
        ("Narnia", None),
        ("null", None),
        ("", None),
        (None, None),
    ],
)
def test_countries(delivered: str | None, code: str | None) -> None:
    assert country(delivered) == code


@pytest.mark.parametrize(
    ("delivered", "code"),
    [
        ("fr", "fr"),
        ("FR", "fr"),
        ("fr_BE", "fr"),
        ("fr-be", "fr"),
        ("nl_BE.UTF-8", "nl"),
        ("fra", "fr"),
        ("dut", "nl"),
        ("N", "nl"),
        ("Français", "fr"),
        ("FRANCAIS", "fr"),
        ("Frans", "fr"),
        ("French", "fr"),
        ("néerlandais", "nl"),
        ("Nederlands", "nl"),
        ("Dutch", "nl"),
        ("English", "en"),
        ("Anglais", "en"),
        ("Engels", "en"),
        ("Deutsch", "de"),
        ("FR/NL", "fr"),
        ("Klingon", None),
        ("null", None),
        (None, None),
    ],
)
def test_languages(delivered: str | None, code: str | None) -> None:
    assert language(delivered) == code


@pytest.mark.parametrize(
    ("namespace", "delivered", "standard"),
    [
        ("email", "Jean@X.be", "jean@x.be"),
        ("email", "jean", None),
        ("phone", "0475/12.34.56", "+32475123456"),
        ("loyalty_card", "N° 2990 1234 5678", "299012345678"),
        ("loyalty_card", "Carte n° 299-0123", "2990123"),
        ("loyalty_card", "2990123.0", "2990123"),
        ("loyalty_card", "ab 12", "AB12"),
        ("loyalty_card", "none", None),
        ("cookie_id", " GA1.2.Ab/= ", "GA1.2.Ab/="),
        ("crm_id", "00123", "00123"),
        ("crm_id", "123.0", "123"),
        ("social_handle", "@Marie.D", "marie.d"),
        ("social_handle", "https://www.instagram.com/Marie.D/?hl=fr", "marie.d"),
        ("social_handle", "@", None),
        ("app_user_id", "null", None),
    ],
)
def test_identifiers(namespace: str, delivered: str, standard: str | None) -> None:
    assert identifier(namespace, delivered, "BE", ("BE",)) == standard


def test_only_an_email_has_a_key_of_its_own() -> None:
    texts = pa.array(["jean.dupont+x@gmail.com", "Ab+1"])
    assert matching_keys("email", texts).to_pylist() == ["jeandupont@gmail.com", "Ab+1"]
    assert matching_keys("crm_id", texts) == texts
