"""Servers that behave like the destinations: their limits, their refusals, and every way in which a network fails.

They know nothing of the pipeline, so that what they hold is a second opinion on what was sent.
"""
