"""What a company's YAML leaves to the environment: `${VARIABLE}` in addresses, headers and passwords."""

import os
import re

from scv_assets.errors import ConfigError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def expand(text: str, where: str) -> str:
    """Return the text with every `${VARIABLE}` of the environment put in.

    Raises `ConfigError` where one is not set; the value itself never shows in a message.
    """

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in os.environ:
            raise ConfigError(f"the environment variable {name} is not set", where=where)
        return os.environ[name]

    return _VARIABLE.sub(value, text)
