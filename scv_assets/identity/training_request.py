"""A training that somebody asked for: the next run trains the model anew, from what is known by then.

A model is kept while its plan is the policy's, so that a run without news changes nothing; judgements that came in
since teach it only when a person says so. What was asked for stands in the lake beside the model, and what the model
was trained for stands there too: the two differ until a run has trained.
"""

from datetime import datetime

from resources.lake import Lake

ASKED = "identity/training_asked.txt"
TRAINED_FOR = "identity/trained_for.txt"


def ask(lake: Lake, now: datetime) -> None:
    """Ask for a training by the next run."""
    lake.replace_text(ASKED, now.isoformat())


def asked(lake: Lake) -> str:
    """Return which training was asked for last; empty where none ever was. Runs with another answer are not alike."""
    return lake.read_text(ASKED) or ""


def is_due(lake: Lake) -> bool:
    """Tell whether a training was asked for that no run has done."""
    return asked(lake) != (lake.read_text(TRAINED_FOR) or "")


def done(lake: Lake, request: str) -> None:
    """Note that the model was trained for this request."""
    lake.replace_text(TRAINED_FOR, request)
