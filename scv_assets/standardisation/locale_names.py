"""Names in the tables of the Unicode CLDR (Babel), in the languages that this project reads."""

from collections.abc import Iterator, Mapping
from functools import cache

from babel import Locale

from scv_assets.standardisation.folding import folded

LOCALES = ("en", "fr", "nl", "de", "es", "it")


@cache
def names(table: str, locale: str) -> Mapping[str, str]:
    """Return code -> name of a table (`territories`, `languages`) in one language."""
    entries: Mapping[object, object] = getattr(Locale.parse(locale), table)
    return {str(code): str(name) for code, name in entries.items()}


def folded_names(table: str, codes: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (folded name, code) for the codes, language after language."""
    for locale in LOCALES:
        for code, name in names(table, locale).items():
            if code in codes and (plain := folded(name)):
                yield plain, code
