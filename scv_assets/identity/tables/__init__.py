"""Any table of people, matched like a company's records: `scv match FILE`.

In order: `reading` (a file to text columns), `recognition` (which column is what, by name and content), `person_rows`
(rows in normal form, as source_record has them), `matching` (clusters and edges). What policy fits: `proposal`.
"""
