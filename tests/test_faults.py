"""What Dagster tries again by itself, and what it does not."""

import dagster as dg
import pytest

from scv_assets.errors import ConfigError, DestinationUnavailable, ScvError, SourceUnavailable, StoreUnavailable
from scv_assets.faults import translated


@pytest.mark.parametrize("error", [SourceUnavailable("away"), StoreUnavailable("away")])
def test_what_does_not_answer_is_tried_again(error: ScvError) -> None:
    with pytest.raises(dg.RetryRequested), translated():
        raise error


@pytest.mark.parametrize("error", [DestinationUnavailable("away"), ConfigError("wrong")])
def test_what_trying_again_does_not_mend_or_was_repeated_already_fails_at_once(error: ScvError) -> None:
    with pytest.raises(dg.Failure, match=str(error)) as failure, translated():
        raise error
    assert not failure.value.allow_retries
