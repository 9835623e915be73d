"""`scv match train`: have the next run train the model anew."""

from pathlib import Path

import sqlalchemy as sa
from rich.console import Console

from resources import clock
from resources.store.engine import reading
from resources.store.tables import JUDGEMENT
from scv_assets.commands.invocation import typed
from scv_assets.commands.opening import opened
from scv_assets.identity import training_request


def ask_for_training(path: Path, console: Console) -> None:
    """Ask for a training, and say what it will learn from."""
    home, store = opened(path)
    with reading(store) as connection:
        judged = connection.execute(
            sa.select(sa.func.count()).select_from(JUDGEMENT).where(JUDGEMENT.c.revoked_at.is_(None))
        ).scalar_one()
    training_request.ask(home.lake(), clock.now())
    console.print(
        f"The next run trains the model anew, with {judged:,} judgements, what identifiers tell, and the records as"
        f" they are then: {typed(home.root, 'run')}",
        soft_wrap=True,
    )
