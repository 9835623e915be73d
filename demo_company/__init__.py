"""The demo company: a made-up retailer with stores, a web shop and an app in Belgium and France.

`generate` writes a whole company folder from a seed and a size: YAML, fourteen sources' extracts, and the truth of
who is who. The package knows how shops and people behave and how data gets spoilt; it knows nothing of how the
pipeline reads, matches or judges it, and imports none of it.
"""
