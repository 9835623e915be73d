"""Functions compiled to machine code."""

from collections.abc import Callable
from typing import Any

import numba
import pytest

from scv_assets.compiled import compiled


def test_where_no_machine_code_can_be_kept_the_function_is_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    njit = numba.njit

    def without_a_place(**options: Any) -> Callable[..., Any]:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        found: Callable[..., Any] = njit(**options)
        return found

    monkeypatch.setattr(numba, "njit", without_a_place)

    @compiled
    def doubled(number: int) -> int:
        return 2 * number

    assert doubled(21) == 42
