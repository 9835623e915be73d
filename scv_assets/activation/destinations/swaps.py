"""Objects that exchange what a destination lets one alone have: two customers who swap their addresses."""

from collections.abc import Mapping


def to_let_go(wanted: Mapping[str, str], held: Mapping[str, str]) -> list[str]:
    """Return whose value has to be taken away first so that the others can have theirs: one key a circle, the smallest.

    `wanted`, `held`: key -> value, of objects that could not be written because another has what they want; values that
    are equal are the same to the destination. Who waits for somebody outside, or for nobody, is in no circle.
    """
    holder = {value: key for key, value in held.items()}
    follows = {key: holder[value] for key, value in wanted.items() if holder.get(value, key) != key}
    found: set[str] = set()
    seen: set[str] = set()
    for start in sorted(follows):
        path: list[str] = []
        key: str | None = start
        while key is not None and key not in seen:
            seen.add(key)
            path.append(key)
            key = follows.get(key)
        if key in path:
            found.add(min(path[path.index(key) :]))
    return sorted(found)
