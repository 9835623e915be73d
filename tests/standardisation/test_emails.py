import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scv_assets.standardisation import emails
from scv_assets.standardisation.emails import email, email_key, is_placeholder_email


@pytest.mark.parametrize(
    ("delivered", "standard"),
    [
        ("Jean.DUPONT@Example.COM", "jean.dupont@example.com"),
        ("  jean@x.be\t", "jean@x.be"),
        ("mailto:jean@x.be", "jean@x.be"),
        ("mailto:jean@x.be?subject=hello", "jean@x.be"),
        ("Jean Dupont <jean@x.be>", "jean@x.be"),
        ("<jean@x.be>", "jean@x.be"),
        ("jean @ x.be", "jean@x.be"),
        ("jean(at)x.be", "jean@x.be"),
        ("jean@x.be;", "jean@x.be"),
        ("jean@x.be; marie@x.be", "jean@x.be"),
        ("jean+shop@gmail.com", "jean+shop@gmail.com"),
        ("josé@exämple.fr", "josé@exämple.fr"),
        ("o'neil@x.ie", "o'neil@x.ie"),
        ("jean\u200b@x.be", "jean@x.be"),
        ("jean@shop.test", "jean@shop.test"),
    ],
)
def test_an_address_comes_out_as_it_can_be_written_to(delivered: str, standard: str) -> None:
    assert email(delivered) == standard


@pytest.mark.parametrize(
    "delivered",
    [
        None,
        "",
        "  ",
        "null",
        "N/A",
        "-",
        "jean",
        "jean@",
        "@x.be",
        "jean@x",
        "jean@@x.be",
        "a..b@x.be",
        "a@-x.be",
        "a@x.local",
        "a b@x.be",
        "a@" + "b" * 250 + ".be",
        "a" * 1_000_000,
    ],
)
def test_what_is_no_address_is_null(delivered: str | None) -> None:
    assert email(delivered) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jean.dupont@gmail.com", "jeandupont@gmail.com"),
        ("jean.dupont@gmail.com", "JeanDupont@GoogleMail.com"),
        ("jean.dupont+shop@gmail.com", "jean.dupont@gmail.com"),
        ("jean+shop@x.be", "jean@x.be"),
        ("jean@me.com", "jean@icloud.com"),
        ("jean-dupont@proton.me", "jeandupont@protonmail.com"),
    ],
)
def test_spellings_of_one_mailbox_share_a_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("jean.dupont@x.be", "jeandupont@x.be"), ("+shop@x.be", "+news@x.be"), ("jean@x.be", "jean@y.be")],
)
def test_different_mailboxes_have_different_keys(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


@pytest.mark.parametrize("address", ["noreply@x.be", "no-reply@x.be", "test@gmail.com", "aaa@aaa.fr", "x@nomail.com"])
def test_addresses_typed_to_get_past_a_form_are_placeholders(address: str) -> None:
    assert is_placeholder_email(address)


@pytest.mark.parametrize("address", ["jean@example.com", "testa@gmail.com", "clientine@x.be", None, "noreply"])
def test_real_addresses_and_no_addresses_are_not(address: str | None) -> None:
    assert not is_placeholder_email(address)


_LOCALS = st.text(st.sampled_from("abz09._+-' @"), min_size=1, max_size=12)
_DOMAINS = st.text(st.sampled_from("abz09.-"), min_size=1, max_size=12)


@settings(deadline=None)
@given(_LOCALS, _DOMAINS, st.sampled_from(["be", "fr", "com", "x", "local", "test", "museum"]))
def test_the_quick_way_agrees_with_the_library(local: str, domain: str, top: str) -> None:
    text = f"{local}@{domain}.{top}"
    if emails._is_plain(text):
        assert emails._judged(text) == text
