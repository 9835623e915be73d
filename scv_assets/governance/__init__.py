"""Governance: what the company may do with what it knows of a person, and how it proves it."""
