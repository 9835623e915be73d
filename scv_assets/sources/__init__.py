"""What the company's sources deliver: contracts, readers and the extracts as delivered (all text), day by day.

Here: `contract_reading` (YAML -> `Contract`), `deliveries` (what lies in the inbox), `readers/` (a module a format) and
`extraction` (delivery -> raw rows -> lake). Not here: what a value means; typing and refusing rows is `validation`.
"""
