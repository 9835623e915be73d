"""A single customer view, as a Dagster project: one folder a stage, in the order in which data flows (see `stages`)."""

__version__ = "0.1.0"
