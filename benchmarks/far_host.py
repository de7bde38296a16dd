"""A host with a cable of its own: a network namespace with a veth pair, and the daemon in it.

The database is reached straight over the cable. The stand listens on the near host's loopback, as do all
peers without TLS; a small carrier at each end of the cable brings its port to the far host's loopback.
"""

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from benchmarks.playground import Playground

_NET = "10.231.77"


class Network:
    """Two hosts and a cable. Use as a context manager; needs root."""

    near = f"{_NET}.1"
    far = f"{_NET}.2"
    guests = f"{_NET}.0/24"

    def __init__(self) -> None:
        self.name = f"sedlink{os.getpid() % 100_000}"
        self._cable = (f"sl{os.getpid() % 100_000}a", f"sl{os.getpid() % 100_000}b")
        self.port = free_port()

    def __enter__(self) -> Self:
        near, far = self._cable
        _ip("netns", "add", self.name)
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", self.name)
        _ip("addr", "add", f"{self.near}/24", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", self.name, "addr", "add", f"{self.far}/24", "dev", far)
        _ip("-n", self.name, "link", "set", far, "up")
        _ip("-n", self.name, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_failure: object) -> None:
        _ip("link", "del", self._cable[0])
        _ip("netns", "del", self.name)

    @property
    def inside(self) -> list[str]:
        """What is put before a command to run it on the far host."""
        return ["ip", "netns", "exec", self.name]

    def cut(self) -> None:
        """Pull the cable: packets vanish, nobody is told."""
        _ip("-n", self.name, "link", "set", self._cable[1], "down")

    def heal(self) -> None:
        """Put the cable back."""
        _ip("-n", self.name, "link", "set", self._cable[1], "up")


class FarHost:
    """Runs a daemon on the far host of a network, with the near stand behind its loopback."""

    def __init__(self, network: Network, play: Playground) -> None:
        self._network = network
        self._play = play
        self._carrier: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        stand = int(urlsplit(self._play.told["base_url"]).port or 0)
        crossing = free_port()
        Carrier((self._network.near, crossing), ("127.0.0.1", stand)).start()
        command = [*self._network.inside, sys.executable, "-m", "benchmarks.far_host"]
        self._carrier = subprocess.Popen(
            [*command, f"127.0.0.1:{stand}", f"{self._network.near}:{crossing}"], stdout=subprocess.PIPE
        )
        assert self._carrier.stdout
        self._carrier.stdout.readline()  # it listens
        return self

    def __exit__(self, *_failure: object) -> None:
        if self._carrier:
            self._carrier.kill()
            self._carrier.communicate()

    def daemon(self, database: str) -> None:
        """Start a daemon there that reaches the database over the cable."""
        self._play.daemon(before=self._network.inside, SEDLINK__JOURNAL__DATABASE=database)


class Carrier:
    """Carries connections from one port to another."""

    def __init__(self, here: tuple[str, int], there: tuple[str, int]) -> None:
        self._ear = socket.create_server(here)
        self._there = there

    def start(self) -> None:
        """Carry until the process ends."""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        """Take connections for ever."""
        while True:
            near, _address = self._ear.accept()
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._there, timeout=30)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        back = threading.Thread(target=_pour, args=(far, near), daemon=True)
        back.start()
        _pour(near, far)
        back.join()
        near.close()
        far.close()


def _pour(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while chunk := one.recv(1 << 16):
            other.sendall(chunk)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _address(text: str) -> tuple[str, int]:
    host, _colon, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    carrier = Carrier(_address(sys.argv[1]), _address(sys.argv[2]))
    print("ready", flush=True)
    carrier.run()
