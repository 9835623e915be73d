"""Segments: what is computed of each customer, which segment that puts them in on which day, and who moved where.

The order of reading: `policy` (segments.yaml) speaks of the traits in `catalogue`; `activity` lays out what customers
did by day; `membership` gives the segment of every day (`overlapping` of several at once) by `stays`, over the `turns`
of traits on their `scales` (`timelines` and `population` are the arithmetic, `codes` the numbers of customers);
`states` gives the values of traits over time for who asks for these; `history` is what we knew of segments when;
`definitions` is the glossary; `transitions`, `passage`, `matrix` and `two_days` tell the moves; `build` is the one
call. `traits` are those of today, with what buyers are expected to do next (`forecast`, by `bg_nbd` and
`gamma_gamma`). `attribution` shares every order among the contacts before it (`touches`, `removal_effect`). `trial` is
what other rules would change.
"""
