import pytest

from scv_assets.standardisation.house_numbers import house_number, house_number_key
from scv_assets.standardisation.postcodes import city, country_of_prefix, postcode
from scv_assets.standardisation.street_types import street_types
from scv_assets.standardisation.streets import _ABBREVIATED, street_line
from scv_assets.standardisation.whole_addresses import Address, whole_address


@pytest.mark.parametrize(
    ("delivered", "country", "street", "number"),
    [
        ("12 rue de la Paix", "FR", "Rue de la Paix", "12"),
        ("12, RUE DE LA PAIX", "FR", "Rue de la Paix", "12"),
        ("12 bis rue de la Paix", "FR", "Rue de la Paix", "12 bis"),
        ("12bis, rue de la Paix", "FR", "Rue de la Paix", "12 bis"),
        ("RUE DE LA PAIX 12 TER", "FR", "Rue de la Paix", "12 ter"),
        ("12 R DE LA PAIX", "FR", "Rue de la Paix", "12"),
        ("12B R. DE LA PAIX", "FR", "Rue de la Paix", "12B"),
        ("12 B rue Haute", "FR", "Rue Haute", "12B"),
        ("12 à 14 rue Haute", "FR", "Rue Haute", "12-14"),
        ("12-14 rue Haute", "FR", "Rue Haute", "12-14"),
        ("5 av. Foch", "FR", "Avenue Foch", "5"),
        ("5 BD ST MICHEL", "FR", "Boulevard Saint-Michel", "5"),
        ("5 rue de l'église", "FR", "Rue de l'Église", "5"),
        ("12 rue du 8 mai 1945", "FR", "Rue du 8 Mai 1945", "12"),
        ("Rue du 8 Mai 1945", "FR", "Rue du 8 Mai 1945", None),
        ("Route Nationale 7", "FR", "Route Nationale 7", None),
        ("Bâtiment B, 12 rue Haute", "FR", "Rue Haute", "12"),
        ("12 rue Haute appt 5", "FR", "Rue Haute", "12 apt 5"),
        ("ZI DES SOURCES", "FR", "ZI des Sources", None),
        ("Rue Haute 12", "BE", "Rue Haute", "12"),
        ("Rue Haute, 12", "BE", "Rue Haute", "12"),
        ("Rue Haute n° 12", "BE", "Rue Haute", "12"),
        ("Rue Haute 12 bte 3", "BE", "Rue Haute", "12 bte 3"),
        ("Rue Haute 12 boîte 3", "BE", "Rue Haute", "12 bte 3"),
        ("Rue Haute 12/3", "BE", "Rue Haute", "12 bte 3"),
        ("Ch. de Waterloo 150", "BE", "Chaussée de Waterloo", "150"),
        ("Ch. de la Forêt 150", "FR", "Chemin de la Forêt", "150"),
        ("Pl. du Gal de Gaulle 5", "BE", "Place du Général de Gaulle", "5"),
        ("Hoogstraat 12 bus 4", "BE", "Hoogstraat", "12 bus 4"),
        ("Hoogstraat 12 bte 4", "BE", "Hoogstraat", "12 bus 4"),
        ("Rue Haute 12 bus 3", "BE", "Rue Haute", "12 bte 3"),
        ("Rue du 11 Novembre 67", "BE", "Rue du 11 Novembre", "67"),
        ("Rue du 8 Mai 1945 12", "BE", "Rue du 8 Mai 1945", "12"),
        ("HOOGSTR. 12/4", "BE", "Hoogstraat", "12 bus 4"),
        ("Antwerpsestwg. 12A", "BE", "Antwerpsesteenweg", "12A"),
        ("Kerkstraat 12-2", "NL", "Kerkstraat", "12-2"),
        ("2e Laan 5", "NL", "2e Laan", "5"),
        ("7548 Center St", "US", "Center Street", "7548"),
        ("7548 Center St", None, "Center Street", "7548"),
        ("12a High St Apt 4", "GB", "High Street", "12A apt 4"),
        ("Flat 3, 12 High Street", "GB", "High Street", "12 apt 3"),
        ("12", "BE", None, "12"),
        ("nowhere", "BE", "Nowhere", None),
    ],
)
def test_street_lines(delivered: str, country: str | None, street: str | None, number: str | None) -> None:
    found = street_line(delivered, None, country)
    assert (found.street, found.house_number) == (street, number)


@pytest.mark.parametrize(
    ("street", "number", "expected"),
    [
        ("Rue Haute", "12", ("Rue Haute", "12")),
        ("Rue Haute 12", "12", ("Rue Haute", "12")),
        ("Rue Haute 12 bte 3", "12", ("Rue Haute", "12 bte 3")),
        ("Rue Haute 12", "12 bte 3", ("Rue Haute", "12 bte 3")),
        ("Rue du 8 Mai 1945", "14", ("Rue du 8 Mai 1945", "14")),
        ("Résidence 2000", "14", ("Résidence 2000", "14")),
        (None, "12 bis", (None, "12 bis")),
    ],
)
def test_a_number_in_its_own_field_is_not_lost_nor_doubled(
    street: str | None, number: str, expected: tuple[str, str]
) -> None:
    found = street_line(street, number, "BE")
    assert (found.street, found.house_number) == expected


@pytest.mark.parametrize(
    ("delivered", "country", "standard"),
    [
        ("12", None, "12"),
        ("012", None, "12"),
        ("12.0", None, "12"),
        ("n° 12", None, "12"),
        ("12b", None, "12B"),
        ("12 B", None, "12B"),
        ("12BIS", None, "12 bis"),
        ("12/3", "BE", "12 bte 3"),
        ("12/14", "FR", "12/14"),
        ("12 boite 3A", "BE", "12 bte 3A"),
        ("12 bus 03", "BE", "12 bus 03"),
        ("tour 3", "FR", "TOUR 3"),
        ("-", "FR", None),
    ],
)
def test_house_numbers(delivered: str, country: str | None, standard: str | None) -> None:
    assert house_number(delivered, country) == standard


def test_every_abbreviated_dutch_ending_is_looked_up() -> None:
    assert all(suffix.endswith(_ABBREVIATED) for suffix in street_types().dutch_suffix)


def test_a_box_in_any_word_has_one_key() -> None:
    assert {house_number_key(text) for text in ("12 bte 3", "12 bus 3", "12/3", "12 boîte 3")} == {"12.3"}
    assert house_number_key("12 bis") != house_number_key("12")


@pytest.mark.parametrize(
    ("delivered", "country", "expected"),
    [
        ("7548 Center St, San Diego, CA 92101", None, Address("Center Street", "7548", "92101", "San Diego", "US")),
        ("Rue Haute 12 bte 3, 1000 Bruxelles", "BE", Address("Rue Haute", "12 bte 3", "1000", "Bruxelles", "BE")),
        ("Rue Haute 12, B-1000 Bruxelles", None, Address("Rue Haute", "12", "1000", "Bruxelles", "BE")),
        ("12 rue de la Paix 75002 Paris", "FR", Address("Rue de la Paix", "12", "75002", "Paris", "FR")),
        ("12 rue X, 75008 PARIS CEDEX 08, FRANCE", None, Address("Rue X", "12", "75008", "Paris", "FR")),
        ("12 rue X\n75008 Paris\nFrance", None, Address("Rue X", "12", "75008", "Paris", "FR")),
        ("12 rue du 8 Mai 1945, 59000 Lille", "FR", Address("Rue du 8 Mai 1945", "12", "59000", "Lille", "FR")),
        ("5 rue X, 1000 Bourg en Bresse", "FR", Address("Rue X", "5", "01000", "Bourg en Bresse", "FR")),
        ("Hoogstraat 12 bus 4 1000 Brussel België", None, Address("Hoogstraat", "12 bus 4", "1000", "Brussel", "BE")),
        ("Kerkstraat 12, 1017 GC Amsterdam", "NL", Address("Kerkstraat", "12", "1017 GC", "Amsterdam", "NL")),
        ("12 High Street, London SW1A 1AA, UK", None, Address("High Street", "12", "SW1A 1AA", "London", "GB")),
        ("Rue Haute 12, Bruxelles", "BE", Address("Rue Haute", "12", None, "Bruxelles", "BE")),
        ("1000 Bruxelles", "BE", Address(None, None, "1000", "Bruxelles", "BE")),
        ("", "BE", Address(country="BE")),
    ],
)
def test_a_whole_address_is_parted(delivered: str, country: str | None, expected: Address) -> None:
    assert whole_address(delivered, country) == expected


@pytest.mark.parametrize(
    ("delivered", "country", "standard"),
    [
        ("1000", "FR", "01000"),
        ("1000.0", "FR", "01000"),
        ("1000", "BE", "1000"),
        ("1000", None, "1000"),
        ("B-1000", None, "1000"),
        ("F-75002", "FR", "75002"),
        ("75 002", "FR", "75002"),
        ("1017gc", "NL", "1017 GC"),
        ("sw1a1aa", "GB", "SW1A 1AA"),
        ("LU3 9AW", None, "LU3 9AW"),
        ("2101", "US", "02101"),
        ("92101-1234", "US", "92101-1234"),
        ("00000", "FR", None),
        ("null", "FR", None),
    ],
)
def test_postcodes(delivered: str, country: str | None, standard: str | None) -> None:
    assert postcode(delivered, country) == standard


def test_a_prefix_names_the_country() -> None:
    assert [country_of_prefix(text) for text in ("B-1000", "F 75002", "NL-1017 GC", "1000", None)] == [
        "BE",
        "FR",
        "NL",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("delivered", "standard"),
    [
        ("BRUXELLES", "Bruxelles"),
        ("ST ETIENNE", "Saint-Etienne"),
        ("Woluwe-St-Lambert", "Woluwe-Saint-Lambert"),
        ("PARIS CEDEX 08", "Paris"),
        ("Paris 2e", "Paris"),
        ("BOURG EN BRESSE", "Bourg en Bresse"),
        ("l'isle-adam", "L'Isle-Adam"),
        ("1000", None),
    ],
)
def test_cities(delivered: str, standard: str | None) -> None:
    assert city(delivered) == standard
