"""Standardisation: typed rows of a source become canonical records in one normal form, raw values beside them.

The value functions (`emails`, `phones`, `names`, `addresses`, `postcodes`, `dates`, `languages`, `countries`,
`identifiers`) take a text and return its normal form or None; they never raise and a second pass changes nothing.
`distinct` runs them once a distinct value, `mapping` executes a contract's maps in DuckDB, `persons` standardises
person records, `days` writes a source's days to the lake, `fold` and `interactions` keep the newest version of each
record. Nothing here knows who is who: that is `identity`.
"""
