"""A listener that keeps what it hears of a run."""

from scv_assets.progress import Listener, Planned, Step, UnderWay


class Heard(Listener):
    """Keeps, each in its order: how many steps were planned, steps that were done, pieces of work under way."""

    def __init__(self) -> None:
        super().__init__()
        self.planned: list[int] = []
        self.steps: list[Step] = []
        self.ways: list[UnderWay] = []

    def on_plan(self, plan: Planned) -> None:
        """Keep the number of steps."""
        self.planned.append(plan.steps)

    def on_step(self, step: Step) -> None:
        """Keep a step."""
        self.steps.append(step)

    def on_the_way(self, work: UnderWay) -> None:
        """Keep how far a piece of work is."""
        self.ways.append(work)
