"""What Dagster does with each of the project's errors: try again on what can pass, stop at once on what cannot."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from scv_assets.errors import ScvError, SourceUnavailable, StoreUnavailable

RETRIES = 3
FIRST_WAIT_SECONDS = 2.0


@contextmanager
def translated() -> Iterator[None]:
    """Turn a source or a store that does not answer into a retry, any other refusal into a failure.

    A destination that does not answer is a failure: its calls were repeated one by one, and the next delivery goes on.
    """
    try:
        yield
    except (SourceUnavailable, StoreUnavailable) as error:
        raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=FIRST_WAIT_SECONDS) from error
    except ScvError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
