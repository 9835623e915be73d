"""Who is who: from source records to customers with lasting ids.

In the order in which `resolve` calls them: `policy` and `plan` (matching.yaml), `features` and `records` (columns to
compare), `identifiers` (exact links), `blocking` and `engines` (candidate pairs and their levels), `training`, `model`
and `scoring` (bits of evidence), `clustering`, `customer_ids`, `identity_events`, `review`; beside them `explain` and
`evaluation`.
"""
