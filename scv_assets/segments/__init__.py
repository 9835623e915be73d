"""Segments: what is computed of each customer, which segment that puts them in on which day, and who moved where.

The order of reading: `policy` (segments.yaml) speaks of the traits in `catalogue`; `activity` lays out what customers
did by day; `states` gives the traits over time, `membership` the segment of every day, `history` what we knew of it
when; `transitions` and `matrix` tell the moves; `build` is the one call.
"""
