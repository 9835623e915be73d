"""Deliveries that were refused whole, remembered in the lake (`sources/<source>/_refused.json`) until mended."""

import json
from dataclasses import asdict, dataclass

from resources.lake import Lake
from scv_assets import stages
from scv_assets.errors import DeliveryRefused


@dataclass(frozen=True, order=True)
class Refusal:
    """One refused delivery. `fingerprint` is of the file and of all that read it: another one is tried again.

    `day` is ISO, or empty where the whole source could not be read (a damaged database).
    """

    source: str
    day: str
    file: str
    fingerprint: str
    reason: str

    def to_error(self) -> DeliveryRefused:
        """Return the refusal as it was raised."""
        return DeliveryRefused(self.reason, source=self.source, day=self.day, file=self.file)


def remembered(lake: Lake, source: str) -> dict[str, Refusal]:
    """Return a source's refusals by day."""
    text = lake.read_text(_place(source))
    return {day: Refusal(source=source, day=day, **entry) for day, entry in json.loads(text).items()} if text else {}


def remember(lake: Lake, source: str, refusals: dict[str, Refusal]) -> None:
    """Keep exactly these refusals of a source, by day."""
    entries = {
        day: {name: value for name, value in asdict(refusal).items() if name not in {"source", "day"}}
        for day, refusal in sorted(refusals.items())
    }
    lake.replace_text(_place(source), json.dumps(entries, indent=1, ensure_ascii=False))


def _place(source: str) -> str:
    return f"{stages.raw_path(source)}/_refused.json"
