"""How many letters two texts must share for a measure of them to be within a limit, by their lengths."""

import numpy as np
import numpy.typing as npt

from scv_assets.identity.engines.native.text_letters import MOST_LETTERS, PREFIX
from scv_assets.identity.engines.native.text_measures import BOOSTED_FROM, PREFIX_WEIGHT

#: `[alike, length - 1, other length - 1]`: the fewest letters to share where the texts begin with `alike` letters in
#: common, or may; more than either has where no number would do.
Fewest = npt.NDArray[np.uint8]

_ROUNDING = 1e-9
_LENGTHS = np.arange(1, MOST_LETTERS + 1)
_ALIKE = np.arange(PREFIX + 1)[:, None, None]


def fewest_for_similarity(least: float) -> Fewest:
    """Return the fewest letters of two texts whose Jaro-Winkler similarity is `least` or more.

    Jaro's similarity is (s / a + s / b + 1) / 3 at most for s letters shared by texts of a and b letters.
    """
    boost = PREFIX_WEIGHT * np.minimum(_ALIKE, np.minimum.outer(_LENGTHS, _LENGTHS))
    jaro = np.maximum((least - boost) / (1 - boost), min(least, BOOSTED_FROM))
    shared = (3 * jaro - 1) / np.add.outer(1 / _LENGTHS, 1 / _LENGTHS)
    return np.ceil(np.maximum(shared - _ROUNDING, 1)).astype(np.uint8)


def fewest_for_edits(most: float) -> Fewest:
    """Return the fewest letters of two texts that are `most` edits apart or fewer: each edit costs one letter."""
    shared = np.maximum(np.ceil(np.maximum.outer(_LENGTHS, _LENGTHS) - most), 0)
    return np.broadcast_to(shared, (PREFIX + 1, *shared.shape)).astype(np.uint8)
