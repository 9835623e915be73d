"""The checks of a destination's asset say what went wrong there."""

import pytest

from scv_assets.activation.delivery.assets import ANSWERS, NO_DEAD_LETTERS, _result
from scv_assets.activation.delivery.run import Delivered
from scv_assets.activation.delivery.sending import Sent


@pytest.mark.parametrize(
    ("sent", "failing"),
    [
        (Sent(delivered=3), set()),
        (Sent(delivered=2, dead_letters=1), {NO_DEAD_LETTERS}),
        (Sent(stopped="answers 503"), {ANSWERS}),
    ],
)
def test_a_check_fails_where_its_claim_is_broken(sent: Sent, failing: set[str]) -> None:
    found = _result(Delivered(sent=sent), {}).check_results or []
    assert {str(check.check_name) for check in found if not check.passed} == failing
