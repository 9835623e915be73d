"""Family and given names as they are met in Belgium and France: few very frequent ones and a very long tail."""

import numpy as np

from demo_company.arrays import Flags, Integers, Texts, chance, draw, either
from demo_company.reference_data import LANGUAGES, first_names, surname_parts, surnames

#: Share of people with one of the listed frequent names; the others bear a composed one.
_FREQUENT = {"fr": 0.5, "nl": 0.55, "en": 0.6}


def draw_surnames(rng: np.random.Generator, language: Texts) -> Texts:
    """Return a family name for each language given."""
    found = np.empty(len(language), dtype=object)
    for name in LANGUAGES:
        where = np.flatnonzero(language == name)
        frequent, weights = surnames(name)
        drawn = frequent[draw(rng, len(frequent), len(where), weights)]
        rare = chance(rng, len(where), 1 - _FREQUENT[name])
        drawn[rare] = _composed(rng, name, int(rare.sum()))
        found[where] = drawn
    return found


def _composed(rng: np.random.Generator, language: str, size: int) -> Texts:
    """Return rare family names: stem and suffix, most with a particle in Dutch, some double in French."""
    stems, suffixes, prefixes = (surname_parts(language, part) for part in ("stem", "suffix", "prefix"))
    rank = np.asarray(1.0 / (3 + np.arange(len(stems))) ** 0.7, dtype=np.float64)
    stem, suffix = stems[draw(rng, len(stems), size, rank)], suffixes[draw(rng, len(suffixes), size)]
    with_prefix = chance(rng, size, {"fr": 0.13, "nl": 0.65, "en": 0.12}[language])
    bare = with_prefix & chance(rng, size, 0.8) & (language == "nl")
    names = either(bare, stem, stem + suffix)
    chosen = prefixes[draw(rng, len(prefixes), size)]
    names = either(with_prefix, [_prefixed(p, n) for p, n in zip(chosen, names, strict=True)], names)
    if language == "fr":
        frequent, weights = surnames("fr")
        second = frequent[draw(rng, len(frequent), size, weights)]
        names = either(chance(rng, size, 0.08), names + "-" + second, names)
    return names


def _prefixed(prefix: str, name: str) -> str:
    if prefix.endswith(("-", "'")):
        return prefix + name
    joined = prefix in {"Beau", "Mal", "Grand", "Vander", "Vanden", "Ver", "Mc", "Mac", "Fitz"}
    return prefix + (name.lower() if prefix not in {"Mc", "Mac", "Fitz"} else name) if joined else f"{prefix} {name}"


def draw_first_names(rng: np.random.Generator, language: Texts, gender: Texts, birth_year: Integers) -> Texts:
    """Return a given name that was in fashion when each person was born."""
    found = np.empty(len(language), dtype=object)
    decade = birth_year // 10
    for name in LANGUAGES:
        for sex in ("m", "f"):
            among = (language == name) & (gender == sex)
            for ten in np.unique(decade[among]):
                where = np.flatnonzero(among & (decade == ten))
                known = first_names(name, sex)
                weights = known.weights_for(int(ten) * 10 + 5)
                found[where] = known.names[draw(rng, len(known.names), len(where), weights)]
    return found


def double_surname(first: Texts, second: Texts, where: Flags) -> Texts:
    """Return `first-second` where asked: children who bear both names."""
    return either(where, first + "-" + second, first)
