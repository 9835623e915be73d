"""Opens a delivered text file in its declared encoding, strictly: a byte that does not fit refuses the whole file.

`.gz` files are unpacked on the way. A single-byte encoding takes any byte, so a file that is evidently UTF-8 (it has
characters outside ASCII and every one of them is well-formed) is refused under cp1252 and the like.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from scv_assets.errors import SourceUnavailable
from scv_assets.sources.readers.reading import Reading

_CHUNK = 1 << 20
_UTF8 = {"utf-8", "utf_8", "utf-8-sig", "utf_8_sig"}


@contextmanager
def open_text(reading: Reading, encoding: str, newline: str) -> Iterator[io.TextIOWrapper]:
    """Give the decoded file; a byte-order mark is no data.

    Raises `DeliveryRefused` for an empty file, another encoding or a compressed file cut short, whenever it shows;
    `SourceUnavailable` where the disk does not give it.
    """
    path = reading.local_path
    chosen = "utf-8-sig" if encoding in _UTF8 else encoding
    try:
        if _is_empty(path):
            raise reading.refused("the file is empty")
        if chosen != "utf-8-sig" and not chosen.startswith(("utf-16", "utf_16", "utf-32", "utf_32")):
            _refuse_utf8(reading, path, encoding)
        with _open(path) as stream, io.TextIOWrapper(stream, encoding=chosen, errors="strict", newline=newline) as text:
            yield text
    except UnicodeError as error:
        at = f" (byte 0x{error.object[error.start]:02X})" if isinstance(error, UnicodeDecodeError) else ""
        raise reading.refused(f"the file is not {encoding}{at}; it is cut short or of another encoding") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise reading.refused("the compressed file is cut short or damaged") from None
    except OSError as error:
        raise SourceUnavailable(f"{reading.file}: cannot be read ({error.strerror}); mend it and run again") from error


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _is_empty(path: Path) -> bool:
    with _open(path) as stream:
        return not stream.read(1)


def _refuse_utf8(reading: Reading, path: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_ascii = True
    with _open(path) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                is_ascii = is_ascii and chunk.isascii()
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return
    if not is_ascii:
        raise reading.refused(f"the file is UTF-8 and not {encoding} as its contract says; correct one of them")
