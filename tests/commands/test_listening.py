"""A command that listens says where it cannot, before it says where it does."""

import socket
from collections.abc import Iterator

import pytest

from scv_assets.commands.listening import check_free
from scv_assets.errors import ConfigError
from tests.pipeline.company import Company


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("command", [("sandbox", "sms"), ("outbox", "receipts"), ("dev",)], ids=" ".join)
def test_a_port_that_is_taken_is_told(known: Company, taken: int, command: tuple[str, ...]) -> None:
    told = known.scv(*command, "--port", str(taken))
    assert (told.code, told.out) == (1, "")
    assert f"127.0.0.1:{taken}: nothing can listen there (Address already in use); name another" in told.err


def test_an_address_that_is_not_of_this_machine_is_told() -> None:
    with pytest.raises(ConfigError, match="nothing can listen there"):
        check_free("192.0.2.1", 8900)


def test_a_port_that_was_just_let_go_is_free(taken: int) -> None:
    with socket.create_connection(("127.0.0.1", taken)):
        pass
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    check_free("127.0.0.1", port)


@pytest.mark.parametrize("port", ["0", "65536"])
def test_a_number_that_is_no_port_is_typed_wrongly(known: Company, port: str) -> None:
    assert known.scv("sandbox", "sms", "--port", port).code == 2
