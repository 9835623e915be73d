"""What stands refused: deliveries that could not be read whole, and days with too many bad rows."""

from resources.lake import Lake
from scv_assets.home import Home
from scv_assets.sources.extraction import refusals
from scv_assets.validation.refusals import remembered


def standing_refusals(home: Home, lake: Lake) -> list[str]:
    """Return one sentence a refused delivery or day, until its file or contract is mended."""
    unread = [str(refusal.to_error()) for refusal in refusals(home, lake)]
    held_back = [
        str(refused.error(source, day))
        for source in home.contracts
        for day, refused in remembered(lake, source).items()
    ]
    return unread + held_back
