"""Silences Dagster's notices of beta parameters: the design chose back-fill policies, owners, automation."""

import warnings

from dagster import BetaWarning, PreviewWarning

for _notice in (BetaWarning, PreviewWarning):
    warnings.filterwarnings("ignore", category=_notice)
