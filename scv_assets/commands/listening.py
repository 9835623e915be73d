"""Before a command listens: whether it can, said in one sentence instead of by a server's log."""

import socket

from scv_assets.errors import ConfigError


def check_free(host: str, port: int) -> None:
    """Raise `ConfigError` where nothing can listen at this address: taken, not this machine's, or not allowed."""
    try:
        place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(place[0], place[1]) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(place[4])
    except OSError as error:
        told = error.strerror or "no such address"
        raise ConfigError(f"{host}:{port}: nothing can listen there ({told}); name another --host or --port") from None
