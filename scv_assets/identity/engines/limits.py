"""How far a measure is asked: of two values past that, no level of the plan wants to know how unlike they are."""

from scv_assets.identity.plan import Plan

#: (feature, measure) -> the furthest value that any level asks for.
Limits = dict[tuple[str, str], float]


def limits(plan: Plan) -> Limits:
    """Return the limits of the plan's text measures."""
    found: Limits = {}
    for comparison in plan.comparisons:
        for test in (t for level in comparison.levels for tests in level.alternatives for t in tests):
            if test.test in ("jaro_winkler", "edits") and test.parameter is not None:
                key = (test.feature, test.test)
                furthest = max if test.test == "edits" else min
                found[key] = furthest(test.parameter, found.get(key, test.parameter))
    return found
