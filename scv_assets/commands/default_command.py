"""A group of commands of which one needs no name: `scv match people.csv`, `scv review`."""

from typing import Any, ClassVar

from typer.core import TyperGroup


class DefaultGroup(TyperGroup):
    """A group whose first command is meant where none of its commands is named."""

    #: what is asked for help instead of for the first command
    help_words: ClassVar[tuple[str, ...]] = ("--help",)

    @property
    def default_command(self) -> str:
        """Name of the command that is meant where none is named."""
        return next(iter(self.commands))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the first command in front where none is named."""
        needs_words = any(one.required for one in self.commands[self.default_command].params)
        is_named = bool(args) and (args[0] in self.commands or args[0] in self.help_words)
        if not is_named and (args or not needs_words):
            args = [self.default_command, *args]
        return super().parse_args(ctx, args)
