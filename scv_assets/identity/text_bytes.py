"""The bytes of many texts, one text after the other: what is asked of all of them is asked of one long array."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_BLANK, _TILDE = 0x20, 0x7E

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int32]


def bytes_of(texts: pa.StringArray) -> tuple[Bytes, Offsets]:
    """Return the bytes of all texts, and where each begins; one offset more than there are texts."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, 4 * texts.offset)
    content = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    return content[offsets[0] : offsets[-1]], offsets - offsets[0]


def are_all_printable(texts: pa.StringArray) -> bool:
    """Tell whether all characters of all texts are of ASCII, and none a control character."""
    content, _ = bytes_of(texts)
    return bool(content.min(initial=_BLANK) >= _BLANK and content.max(initial=_BLANK) <= _TILDE)
