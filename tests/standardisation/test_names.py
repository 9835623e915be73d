import pytest

from scv_assets.standardisation.folding import folded
from scv_assets.standardisation.names import family_name, generation, given_name
from scv_assets.standardisation.whole_names import PersonName, has_explicit_order, person_name


@pytest.mark.parametrize(
    ("delivered", "standard"),
    [
        ("MARIE-CLAIRE", "Marie-Claire"),
        ("jean", "Jean"),
        ("Jean - Pierre", "Jean-Pierre"),
        ("jEAN", "Jean"),
        ("étienne", "Étienne"),
        ("ÉTIENNE", "Étienne"),
        ("J.P.", "J.P."),
        ("J.", "J"),
        ("JP", "JP"),
        ("JO", "Jo"),
        ("M. Jean", "Jean"),
        ("Mme Anne", "Anne"),
        ("Dr. Anna", "Anna"),
        ("M", "M"),
        ("jean (johnny)", "Jean"),
        ("Van", "Van"),
        ("Nan", "Nan"),
        ("Ольга", "Ольга"),
        ("李", "李"),
    ],
)
def test_given_names(delivered: str, standard: str) -> None:
    assert given_name(delivered) == standard


@pytest.mark.parametrize(
    ("delivered", "standard"),
    [
        ("DUPONT", "Dupont"),
        ("VAN DER BERG", "van der Berg"),
        ("van der berg", "van der Berg"),
        ("Van den Broeck", "Van den Broeck"),
        ("DE LA FONTAINE", "de la Fontaine"),
        ("de la Fontaine", "de la Fontaine"),
        ("D'ARC", "d'Arc"),
        ("d’arc", "d'Arc"),
        ("d ' Arc", "d'Arc"),
        ("D'hondt", "D'hondt"),
        ("VON TRAPP", "von Trapp"),
        ("VAN 'T HOF", "van 't Hof"),
        ("O'NEIL", "O'Neil"),
        ("MCDONALD", "McDonald"),
        ("LE GOFF", "Le Goff"),
        ("DE", "De"),
        ("Null", "Null"),
        ("MÜLLER", "Müller"),
        ("DVOŘÁK", "Dvořák"),
        ("DUPONT-MARTIN", "Dupont-Martin"),
        ("Dupont – Martin", "Dupont-Martin"),
        ("Dupont née Martin", "Dupont-Martin"),
        ("DUPONT ép. MARTIN", "Dupont-Martin"),
        ("Janssens geb. Peeters", "Janssens-Peeters"),
        ("DUPONT JR.", "Dupont Jr"),
        ("Dupont junior", "Dupont Jr"),
        ("Dupont Sr", "Dupont Sr"),
        ("Smith III", "Smith III"),
        ("M. Dupont", "Dupont"),
        ("Dhr. Janssens", "Janssens"),
    ],
)
def test_family_names(delivered: str, standard: str) -> None:
    assert family_name(delivered) == standard


@pytest.mark.parametrize(
    "delivered", [None, "", "   ", "null", "NULL", "N/A", "-", "...", "1234", "inconnu", "jean@x.be", "a" * 1_000_000]
)
def test_what_is_no_name_is_null(delivered: str | None) -> None:
    assert given_name(delivered) is None
    assert family_name(delivered) is None
    assert person_name(delivered) == PersonName(None, None)


@pytest.mark.parametrize(
    ("delivered", "first_name", "last_name"),
    [
        ("Marie Dupont", "Marie", "Dupont"),
        ("DUPONT Marie", "Marie", "Dupont"),
        ("Marie DUPONT", "Marie", "Dupont"),
        ("Dupont, Marie", "Marie", "Dupont"),
        ("DUPONT, MARIE", "Marie", "Dupont"),
        ("van der Berg, Jan", "Jan", "van der Berg"),
        ("CHRISTINA BROWN", "Christina", "Brown"),
        ("VAN DER BERG Jan", "Jan", "van der Berg"),
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("Jean de LA FONTAINE", "Jean", "de la Fontaine"),
        ("de GAULLE Charles", "Charles", "de Gaulle"),
        ("Jean-Luc D'ARC", "Jean-Luc", "d'Arc"),
        ("Mme Marie-Claire de la Fontaine", "Marie-Claire", "de la Fontaine"),
        ("Dhr. Jan Van den Broeck", "Jan", "Van den Broeck"),
        ("Jean Pierre Dupont", "Jean Pierre", "Dupont"),
        ("Anne Marie Le Goff", "Anne Marie", "Le Goff"),
        ("Juan Ortega y Gasset", "Juan", "Ortega y Gasset"),
        ("Dr. John Smith Jr.", "John", "Smith Jr"),
        ("John Smith, Jr.", "John", "Smith Jr"),
        ("DUPONT Marie née MARTIN", "Marie", "Dupont-Martin"),
        ("J. Dupont", "J", "Dupont"),
        ("De Wit Johan", "Johan", "De Wit"),
        ("De la Cordel Élodie", "Élodie", "De la Cordel"),
        ("Van der Kapelkens Bieke", "Bieke", "Van der Kapelkens"),
        ("Jef In 't Sompel", "Jef", "In 't Sompel"),
        ("Jan 't Hooft", "Jan", "'t Hooft"),
        ("De Backer E.", "E", "De Backer"),
        ("Dupont M.", "M", "Dupont"),
        ("J. De Cock", "J", "De Cock"),
        ("De Smet", None, "De Smet"),
        ("Van Morrison", "Van", "Morrison"),
        ("M. Dupont", None, "Dupont"),
        ("M. et Mme Dupont", None, "Dupont"),
        ("Mevrouw De Smet", None, "De Smet"),
        ("Nicole", "Nicole", None),
    ],
)
def test_a_name_in_one_field_is_parted(delivered: str, first_name: str | None, last_name: str | None) -> None:
    assert person_name(delivered) == PersonName(first_name, last_name)


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        ("Dupont, Marie", True),
        ("DUPONT Marie", True),
        ("Marie Dupont", False),
        ("DUPONT MARIE", False),
        ("Dupont, Jr", False),
    ],
)
def test_only_a_comma_or_capitals_show_the_order(delivered: str, expected: bool) -> None:
    assert has_explicit_order(delivered) is expected


@pytest.mark.parametrize(
    ("delivered", "first_name", "last_name"),
    [
        ("Dupont Marie", "Marie", "Dupont"),
        ("Van Dam Pieter", "Pieter", "Van Dam"),
        ("Dupont Jean Pierre", "Jean Pierre", "Dupont"),
        ("Marie DUPONT", "Marie", "Dupont"),
        ("J. Dupont", "J", "Dupont"),
    ],
)
def test_the_family_name_stands_first_where_the_caller_says_so_and_nothing_shows_otherwise(
    delivered: str, first_name: str, last_name: str
) -> None:
    assert person_name(delivered, family_first=True) == PersonName(first_name, last_name)


def test_a_generation_is_found_again() -> None:
    assert [generation(name) for name in ("Dupont Jr", "Smith III", "Dupont", None)] == ["Jr", "III", None, None]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Müller", "Mueller", "MULLER", "Muller"),
        ("Dvořák", "Dvorak"),
        ("Étienne", "Etienne", "E\u0301tienne"),
        ("Straße", "Strasse"),
        ("Œuvrard", "Oeuvrard"),
        ("Sørensen", "Soerensen", "Sorensen"),
        ("Łukasz", "Lukasz"),
        ("d'Arc", "D’ARC", "darc"),
        ("Jean-Luc", "Jean Luc", "jean  luc"),
        ("van der Berg", "VAN DER BERG", "Van Der Berg"),
    ],
)
def test_spellings_of_one_name_fold_to_one_text(spellings: tuple[str, ...]) -> None:
    assert len({folded(spelling) for spelling in spellings}) == 1


def test_different_names_stay_different() -> None:
    assert len({folded(name) for name in ("Dupont", "Dupond", "Durand", "Müller", "Miller")}) == 5
