"""Days that were refused for too many bad rows, remembered in the lake until their rows or their contract change."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from resources.lake import Lake
from scv_assets import stages
from scv_assets.errors import DeliveryRefused


@dataclass(frozen=True)
class RefusedDay:
    """One refused day. `made_from` is of its raw rows and of all that judged them: another one is judged again."""

    file: str
    made_from: str
    reason: str

    def error(self, source: str, day: str) -> DeliveryRefused:
        """Return the refusal as it was told first."""
        return DeliveryRefused(self.reason, source=source, day=day, file=self.file)


def remembered(lake: Lake, source: str) -> dict[str, RefusedDay]:
    """Return a source's refused days by ISO day."""
    text = lake.read_text(_place(source))
    return {day: RefusedDay(**entry) for day, entry in json.loads(text).items()} if text else {}


def remember(lake: Lake, source: str, refused: Mapping[str, RefusedDay]) -> None:
    """Keep exactly these refused days of a source."""
    entries = {day: asdict(one) for day, one in sorted(refused.items())}
    lake.replace_text(_place(source), json.dumps(entries, indent=1, ensure_ascii=False))


def _place(source: str) -> str:
    return f"{stages.typed_path(source)}/_refused.json"
