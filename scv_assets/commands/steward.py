"""Who decides: as told on the command line, else the user of this machine."""

import getpass

from scv_assets.errors import ConfigError


def steward(by: str | None) -> str:
    """Return who decides. Raises `ConfigError` where nobody was named and nobody is logged in."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise ConfigError("nobody is logged in here; say who decides: --as NAME") from None
