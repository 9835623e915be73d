"""Functions compiled to machine code by Numba at their first call, once for all later processes.

`compiled` is for what Python calls, `compilable` for what only compiled functions call: letting Python call one takes a
third of the time that the function itself takes.

Numba takes half a second to import: modules of compiled functions are imported where they are used, inside functions.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.extending import register_jitable

_Function = TypeVar("_Function", bound=Callable[..., Any])

_PACKAGE = Path(__file__).parent


def compiled(function: _Function) -> _Function:
    """Return the function compiled; threads run it side by side.

    The machine code is kept beside the module or in the user's cache folder; where neither can be written, each process
    compiles anew. It is used as long as no module of the stage changes: what a function calls and which constants it
    reads is part of its machine code, but Numba itself looks at no more than the function's own file.
    """
    dispatcher: Any = numba.njit(nogil=True)(function)
    try:
        dispatcher.enable_caching()
    except RuntimeError:
        return cast(_Function, dispatcher)
    dispatcher._cache._cache_file._source_stamp = _sources(_stage(Path(function.__code__.co_filename)))
    return cast(_Function, dispatcher)


def compilable(function: _Function) -> _Function:
    """Return the function, which is compiled into the compiled ones that call it; called by Python it is not."""
    registered: _Function = register_jitable(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return registered


def _stage(module: Path) -> Path:
    """Return the folder of the stage that a module belongs to; its own where it belongs to none."""
    if not module.is_relative_to(_PACKAGE):
        return module.parent
    return _PACKAGE / module.relative_to(_PACKAGE).parts[0]


@cache
def _sources(folder: Path) -> str:
    """Return the hash of all modules in a folder."""
    found = hashlib.sha256()
    for module in sorted(folder.rglob("*.py")):
        found.update(module.read_bytes())
    return found.hexdigest()
