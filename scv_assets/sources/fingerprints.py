"""What a delivered file holds, as a hash, remembered by its size and times so that a second look reads nothing.

The memory is a small text in the lake; it may be lost or stale at no other cost than reading the files again.
"""

import hashlib
import json
from pathlib import Path

from resources.lake import Lake

MEMORY = "sources/_deliveries.json"


class Fingerprints:
    """Hashes of the inbox's files; `save` keeps what was learnt."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._known = _load(lake)
        self._is_changed = False

    def of(self, path: Path, name: str) -> str:
        """Return the hash of a file's bytes. The change time counts too: a copy may keep size and modification time."""
        stat = path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
        known = self._known.get(name)
        if known is not None and known[:3] == stamp:
            return str(known[3])
        digest = hash_file(path)
        self._known[name] = [*stamp, digest]
        self._is_changed = True
        return digest

    def save(self) -> None:
        """Write what was learnt since the memory was loaded, together with what others wrote meanwhile."""
        if self._is_changed:
            merged = {**_load(self._lake), **self._known}
            self._lake.replace_text(MEMORY, json.dumps(merged, indent=0, sort_keys=True))
            self._is_changed = False


def hash_file(path: Path) -> str:
    """Return a hash of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:24]


def _load(lake: Lake) -> dict[str, list[int | str]]:
    text = lake.read_text(MEMORY)
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
