"""Interactions: orders, lines, visits, carts, tickets and messages under the customer who made them.

Nothing is lost here: what belongs to nobody, or to nobody known yet, is kept without a customer, counted, and attached
by a later run once a login or a loyalty card tells whose it is. `consent_standing` settles which word on
consent decides; the ledger of them is governance's.
"""
