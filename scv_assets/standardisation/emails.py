"""E-mail addresses: the form that can be written to, and the key under which two spellings of one mailbox meet.

Syntax only (RFC 5321/5322 by email-validator): no DNS, so a run gives the same answer offline.
"""

import re

from email_validator import EmailNotValidError, validate_email

from scv_assets.standardisation.text import clean

#: Plain addresses, most of any base, are decided here; the library judges the rest. Both agree (a test holds it).
_PLAIN = re.compile(
    r"(?=.{6,254}\Z)(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_HYPHENS_INSIDE = re.compile(r"[@.][a-z0-9-]{2}--")
_BRACKETED = re.compile(r"<\s*([^<>]+@[^<>]+?)\s*>")
_AROUND_AT = re.compile(r"\s*(?:@|\(at\)|\[at\]|\{at\})\s*", re.IGNORECASE)
_OUTSIDE = " \t'\"<>()[],;:."
_SEVERAL = re.compile(r"[;,\s|/]+")
#: Names that no public server answers for (RFC 6761); `.test` is let through, for companies that try things out.
SPECIAL_USE = (".arpa", ".invalid", ".local", ".localhost", ".onion")

#: Domains whose mailboxes are the same ones under another name.
SAME_PROVIDER = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "proton.me": "protonmail.com",
    "pm.me": "protonmail.com",
}
#: What these providers ignore in the local part (by their own documentation).
IGNORED = {"gmail.com": str.maketrans("", "", "."), "protonmail.com": str.maketrans("", "", ".-_")}

_PLACEHOLDER_LOCALS = re.compile(
    r"(?:no|do-?not|ne-?pas|niet)[._-]?(?:reply|r[eé]pondre|mail|email|antwoorden)|noemail|nomail|sansmail|sans[._-]?e?mail|"
    r"geen[._-]?e?mail|pas[._-]?de[._-]?mail|test+\d*|testing|aaa+|xxx+|abc|azerty|qwerty|na|none|null|anonym\w*|unknown|inconnu|onbekend|"
    r"client|customer|klant|email|mail|nobody|dummy|fake|foo|bar|asdf\w*"
)
_PLACEHOLDER_DOMAINS = frozenset({"nomail.com", "noemail.com", "nomail.be", "nomail.fr", "none.com", "noreply.com"})


def email(value: str | None) -> str | None:
    """Return the address as it can be written to, lower-case; None where it is no address.

    `mailto:`, a display name, blanks round the @ and trailing punctuation go; of several addresses the first stays.
    """
    text = clean(value)
    if text is None:
        return None
    lower = text.lower()
    if _is_plain(lower):
        return lower
    if bracketed := _BRACKETED.search(lower):
        lower = bracketed[1]
    lower = _AROUND_AT.sub("@", lower.removeprefix("mailto:")).partition("?")[0].strip(_OUTSIDE)
    if lower.count("@") > 1:
        lower = next((part for part in _SEVERAL.split(lower) if part.count("@") == 1), lower).strip(_OUTSIDE)
    return lower if _is_plain(lower) else _judged(lower)


def email_key(value: str | None) -> str | None:
    """Return what all spellings of one mailbox share: no sub-address (`+shop`), no ignored dots, one provider name.

    For matching only; mail to a key may not arrive. None where the value is no address.
    """
    address = email(value)
    if address is None:
        return None
    local, _, domain = address.rpartition("@")
    domain = SAME_PROVIDER.get(domain, domain)
    base = local.partition("+")[0] or local
    kept = base.translate(IGNORED[domain]) if domain in IGNORED else base
    return f"{kept or base}@{domain}"


def is_placeholder_email(value: str | None) -> bool:
    """Tell whether an address was typed to get past a form (`noreply@…`, `test@…`, `aaa@…`, `…@nomail.com`).

    It stays the record's e-mail; identity blocks it as evidence and shows that it did.
    """
    address = email(value)
    if address is None:
        return False
    local, _, domain = address.rpartition("@")
    return _PLACEHOLDER_LOCALS.fullmatch(local) is not None or domain in _PLACEHOLDER_DOMAINS


def _is_plain(lower: str) -> bool:
    return (
        _PLAIN.fullmatch(lower) is not None
        and _HYPHENS_INSIDE.search(lower) is None
        and not lower.endswith(SPECIAL_USE)
    )


def _judged(text: str) -> str | None:
    """Return what email-validator makes of the text; a second look is taken at its own answer, so that it is stable."""
    try:
        found = _normalised(text).lower()
        again = _normalised(found)
    except (EmailNotValidError, ValueError, IndexError):
        return None
    return found if again == found else None


def _normalised(text: str) -> str:
    return str(validate_email(text, check_deliverability=False, test_environment=True).normalized)
