"""The project beside the tools that somebody could pick instead, on the same files; each in a process of its own.

`with_*.py` know nothing of this project: they run in the peers' environment (`environment.py`), are given a CSV without
its truth, and write a cluster a row.
"""
