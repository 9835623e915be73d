"""What Dagster does with each of the project's errors: try again on what can pass, stop at once on what cannot."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from scv_assets.errors import DestinationUnavailable, ScvError, SourceUnavailable, StoreUnavailable

RETRIES = 3
FIRST_WAIT_SECONDS = 2.0


@contextmanager
def translated() -> Iterator[None]:
    """Turn a source, a store or a destination that does not answer into a retry, any other refusal into a failure."""
    try:
        yield
    except (DestinationUnavailable, SourceUnavailable, StoreUnavailable) as error:
        raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=FIRST_WAIT_SECONDS) from error
    except ScvError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
