"""The pieces of the native engine: pairs out of blocks, and their levels, in compiled loops over plain arrays.

Only `native_engine` uses them. `compiled` functions see numbers alone: `values` and `program` lay records and plan out
for them, `level_loop` runs the one over the other, with `text_measures` and `text_tests` for what two texts have in
common.
"""
