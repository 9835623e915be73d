"""`scv generate`: a demo company of any size."""

from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from demo_company.generate import FolderInUse, generate
from scv_assets.commands.invocation import typed
from scv_assets.errors import ConfigError


def make_company(folder: Path, console: Console, *, seed: int, people: int, days: int, end_on: date) -> None:
    """Write the company and say what it has. Raises `ConfigError` where the folder holds another one."""
    with Progress(console=console) as progress:
        task = progress.add_task("people", total=people)
        try:
            report = generate(
                folder,
                seed=seed,
                people=people,
                days=days,
                end_on=end_on,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        except FolderInUse as error:
            raise ConfigError(str(error)) from error
        except OSError as error:
            raise ConfigError(f"{folder} cannot be written ({error.strerror}); name another folder") from error
    rows, records = sum(report.rows.values()), sum(report.person_records.values())
    console.print(
        f"{report.people:,} people, {report.start_on} to {report.end_on}: {rows:,} rows in {len(report.rows)} sources, "
        f"{records:,} person records, {report.inbox_bytes / 1e6:,.1f} MB, {report.seconds:.1f} s"
    )
    console.print(f"Who is who is in {folder / 'truth'}", soft_wrap=True, highlight=False)
    console.print(f"Next: [cyan]{typed(folder, 'run')}[/cyan]", soft_wrap=True, highlight=False)
