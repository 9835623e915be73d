"""Which company: the folder named by `SCV_HOME`, or the demo company beside the code."""

import os
from pathlib import Path

HOME_VARIABLE = "SCV_HOME"
DEMO = Path(__file__).parents[1] / "data" / "demo"


def company_home() -> Path:
    """Return the company's folder."""
    return Path(os.environ.get(HOME_VARIABLE) or DEMO)
