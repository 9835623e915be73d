"""Yes or no in French, Dutch and English, and the declared words of a category."""

from collections.abc import Mapping, Sequence

from scv_assets.sources.contract import DEFAULT_FALSE, DEFAULT_TRUE
from scv_assets.sql_quoting import literal, literals
from scv_assets.validation.conversion import Conversion

#: What means true or false where the contract names no words of its own.
TRUE_WORDS = (*DEFAULT_TRUE, "oui", "o", "vrai", "ja", "j", "waar", "on", "x")
FALSE_WORDS = (*DEFAULT_FALSE, "non", "faux", "nee", "neen", "onwaar", "off")


def boolean(true_words: Sequence[str], false_words: Sequence[str]) -> Conversion:
    """Return the conversion of a column of yes and no; words that the contract names replace the usual ones."""
    is_usual = (tuple(true_words), tuple(false_words)) == (DEFAULT_TRUE, DEFAULT_FALSE)
    usual_true, usual_false = (TRUE_WORDS, FALSE_WORDS) if is_usual else (true_words, false_words)
    meaning = {word.casefold(): False for word in usual_false} | {word.casefold(): True for word in usual_true}
    return Conversion(
        "BOOLEAN",
        "yes or no",
        lambda text: _case(text, {word: str(means).upper() for word, means in meaning.items()}),
        lambda text: meaning.get(text.casefold()),
    )


def category(categories: Sequence[str]) -> Conversion:
    """Return the conversion of a column of declared words: any case is read, the declared spelling is kept.

    A word that is not declared is left as it is, for the schema to judge.
    """
    spelling = {word.casefold(): word for word in reversed(categories)}
    exact = literals(dict.fromkeys(categories))
    return Conversion(
        "VARCHAR",
        "one of its categories",
        lambda text: f"CASE WHEN {text} IN {exact} THEN {text} END",
        lambda text: text if text in categories else spelling.get(text.casefold(), text),
    )


def _case(text: str, values: Mapping[str, str]) -> str:
    choices = " ".join(f"WHEN {literal(word)} THEN {value}" for word, value in values.items())
    return f"CASE {text} {choices} END"
