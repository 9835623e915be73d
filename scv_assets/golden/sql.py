"""Values folded for comparison, in SQL."""

_WRITTEN_OUT = {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe", "æ": "ae"}


def folded(expression: str) -> str:
    """Return the expression folded as `standardisation.folding` does, and without blanks: `De Smet` is `desmet`.

    Case, diacritics and punctuation go, Müller and Mueller are one. A value of nothing but punctuation stays as it
    is, so that two such values are not taken for the same.
    """
    text = f"lower({expression})"
    for letter, plain in _WRITTEN_OUT.items():
        text = f"replace({text}, '{letter}', '{plain}')"
    words = rf"regexp_replace(strip_accents({text}), '[''’]', '', 'g')"
    plain = rf"regexp_replace({words}, '([aou])e+', '\1', 'g')"
    return rf"coalesce(nullif(regexp_replace({plain}, '[^\p{{L}}\p{{N}}]+', '', 'g'), ''), {expression})"
