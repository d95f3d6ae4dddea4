"""The bad network: it brings clients back to itself, and holds, cuts and swallows what is sent."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.faults.network import HOST, Network, Weather


@pytest.fixture
def broker() -> Iterator[socket.socket]:
    """Answers each frame with the address under which brokers know it."""
    listener = socket.create_server((HOST, 0))
    port = listener.getsockname()[1].to_bytes(4, "big")

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(client,), daemon=True).start()

    def answer(client: socket.socket) -> None:
        with client:
            while client.recv(100):
                client.sendall((len(HOST) + 4).to_bytes(4, "big") + HOST.encode() + port)

    threading.Thread(target=serve, daemon=True).start()
    yield listener
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def network(broker: socket.socket) -> Iterator[Network]:
    """Before that broker."""
    made = Network(f"{HOST}:{broker.getsockname()[1]}", delay_s=0.2)
    yield made
    made.close()


def _client(network: Network) -> socket.socket:
    port = int(network.bootstrap.rsplit(":", 1)[1])
    client = socket.create_connection((HOST, port))
    client.settimeout(5)
    return client


def _asked(client: socket.socket) -> bytes:
    client.sendall(b"?")
    return client.recv(100)


def test_addresses_in_answers_are_those_of_the_network(network: Network) -> None:
    """A client that was told where a broker is comes back by the same way."""
    port = int(network.bootstrap.rsplit(":", 1)[1])
    with _client(network) as client:
        assert _asked(client)[4:] == HOST.encode() + port.to_bytes(4, "big")


def test_a_black_hole_answers_nothing_and_the_connection_is_lost_with_it(network: Network) -> None:
    """What was swallowed does not come out when the weather clears; a new connection is as before."""
    with _client(network) as client:
        assert _asked(client)
        network.weather = Weather.BLACK_HOLE
        client.sendall(b"?")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(100)
        network.weather = Weather.CLEAR
        client.settimeout(5)
        assert client.recv(100) == b""
    with _client(network) as client:
        assert _asked(client)


def test_a_cut_ends_connections_and_lets_none_begin(network: Network) -> None:
    """Until the weather clears."""
    with _client(network) as client:
        assert _asked(client)
        network.weather = Weather.CUT
        network.cut()
        assert client.recv(100) == b""
    with _client(network) as refused:
        assert refused.recv(100) == b""
