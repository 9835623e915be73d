"""Compares the header of a table with the contract: all that it names must be there, and nothing that it does not know.

A message shows what was found only where most of it is known: a file without a header begins with someone's data.
"""

from collections.abc import Sequence

from scv_assets.sources.readers.reading import Reading
from scv_assets.yaml_document import suggestion


def match_header(reading: Reading, found: Sequence[str], *, place: str = "the first row") -> list[str]:
    """Return the raw column that each title of the extract fills, in the extract's order.

    Raises `DeliveryRefused` for a missing, renamed, unknown or repeated column.
    """
    titles = [" ".join(title.split()) for title in found]
    expected = {" ".join(column.header.split()): column.name for column in reading.contract.columns.values()}
    known = {**{name: name for name in reading.contract.ignore}, **expected}
    recognised = [title for title in titles if title in known]
    if len(recognised) * 2 < min(len(expected), len(titles)):
        raise reading.refused(
            f"the header is missing or another: {place} holds {len(recognised)} of the {len(expected)} columns"
            f" expected ({', '.join(expected)})"
        )
    repeated = sorted({title for title in recognised if recognised.count(title) > 1})
    if repeated:
        raise reading.refused(f"column '{repeated[0]}' comes more than once in {place}")
    missing = [title for title in expected if title not in titles]
    unknown = [title for title in titles if title not in known]
    if missing or unknown:
        raise reading.refused(_difference(missing, unknown, place))
    return [known[title] for title in titles]


def _difference(missing: list[str], unknown: list[str], place: str) -> str:
    parts = []
    if missing:
        hint = suggestion(missing[0], unknown) if unknown else ""
        parts.append(f"column{'s' if len(missing) > 1 else ''} {_quoted(missing)} expected but not in {place}{hint}")
    if unknown:
        parts.append(
            f"found {_quoted(unknown)}, which the contract does not know; describe it or list it under 'ignore'"
        )
    return "; ".join(parts)


def _quoted(titles: list[str]) -> str:
    return ", ".join(f"'{title[:60]}'" for title in titles)
