"""Functions compiled to machine code by Numba at their first call, once for all later processes.

Numba takes half a second to import: modules of compiled functions are imported where they are used, inside functions.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Return the function compiled; threads run it side by side.

    The machine code is kept beside the module or in the user's cache folder; where neither can be written, each process
    compiles anew.
    """
    try:
        return cast(_Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:
        return cast(_Function, numba.njit(nogil=True)(function))
