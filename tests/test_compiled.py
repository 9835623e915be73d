"""Functions compiled to machine code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

from scv_assets.compiled import compiled

CALLER = """
from scv_assets.compiled import compiled
from factor import LEAST, times

@compiled
def product(number):
    return max(times(number), LEAST)

print(product(21), sum(product.stats.cache_hits.values()))
"""
FACTOR = """
from scv_assets.compiled import compilable

LEAST = {least}

@compilable
def times(number):
    return {factor} * number
"""


def test_where_no_machine_code_can_be_kept_the_function_is_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_a_place(_self: Dispatcher) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(Dispatcher, "enable_caching", without_a_place)

    @compiled
    def doubled(number: int) -> int:
        return 2 * number

    assert doubled(21) == 42


@pytest.mark.slow
def test_kept_machine_code_is_used_until_a_module_changes_that_it_calls_or_reads(tmp_path: Path) -> None:
    (tmp_path / "product.py").write_text(CALLER)

    def said(**factor: int) -> str:
        (tmp_path / "factor.py").write_text(FACTOR.format(**factor))
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, str(tmp_path / "product.py")]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert said(factor=2, least=0) == "42 0"
    assert said(factor=2, least=0) == "42 1"
    assert said(factor=3, least=0) == "63 0"
    assert said(factor=3, least=99) == "99 0"
