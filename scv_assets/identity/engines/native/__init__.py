"""The pieces of the native engine: blocks by one sort, measures of distinct pairs of values, levels from the top down.

Only `native_engine` uses them. All work on whole arrays; nothing here runs once a pair of records in Python.
"""
