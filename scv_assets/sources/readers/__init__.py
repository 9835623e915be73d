"""One module a format: a delivery's bytes -> batches of raw text rows, or one clear refusal of the whole.

A reader knows nothing of types but what its format forces on it (an Excel serial is a date only if the contract says
so). Each yields `rows.RawBatch`es in the order of the extract.
"""
