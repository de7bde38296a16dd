"""Three hundred cabinets, one of them dead: do the others notice?

    .venv/bin/python benchmarks/dead_cabinet.py [--cabinets 300] [--messages 600] [--read 20] [--workers 4]

The same exchange twice, daemon and stand as processes, SQLite: once with every cabinet well, once with one
whose way to the platform hangs from the moment its first message is to be marked accepted: connections are
taken, nothing is ever answered, every call waits for its whole `platform.timeouts.read`. Told are the
seconds until everything of the other cabinets has come to its end, and the ratio.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.relay import quick
from benchmarks.stand_process import ask, stand, until


class HangingProxy:
    """A way to the stand that passes everything on until it sees a word; from then on it swallows all."""

    def __init__(self, target: tuple[str, int], word: bytes) -> None:
        self._target = target
        self._word = word
        self.dead = False
        self._ear = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._ear.getsockname()[1]}"

    def close(self) -> None:
        """Close everything."""
        for one in (self._ear, *self._open):
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._ear.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while chunk := one.recv(1 << 16):
                self.dead = self.dead or self._word in chunk
                if not self.dead:
                    other.sendall(chunk)
            if not self.dead:
                other.shutdown(socket.SHUT_WR)


def others_unsettled(told: dict[str, Any], dead: int) -> int:
    """Return how many messages of the other cabinets are still on their way."""
    cabinets = told["cabinets"]
    rest = ask(told, "state")["unsettled"]
    first = 1_000_001  # the generator's messages go round the cabinets
    return sum(cabinets[(int(str(one).split("/")[0]) - first) % len(cabinets)] != dead for one in rest)


def run(asked: argparse.Namespace, *, dying: bool) -> float:
    """Return the seconds that the well cabinets needed."""
    many = ("--cabinets", str(asked.cabinets), "--messages", str(asked.messages))
    with (
        tempfile.TemporaryDirectory() as folder,
        stand(Path(folder), "--pace", "0", "--seed", "1", *many) as told,
    ):
        victim = told["cabinets"][0]
        parts = urlsplit(told["base_url"])
        proxy = HangingProxy(
            (str(parts.hostname), int(parts.port or 0)), b"mark-accepted" if dying else b"\0never"
        )
        environment = {
            **quick(told, "sqlite:///sedlink.db", asked.workers),
            f"SEDLINK__CABINET__{victim}__BASE_URL": proxy.url,
            "SEDLINK__PLATFORM__TIMEOUTS__READ": f"{asked.read}s",
            **{f"SEDLINK__CABINET__{opa_id}__POLL": "30s" for opa_id in told["cabinets"]},
        }
        config = str(told["config"])
        upgrade = [sys.executable, "-m", "cli", "db", "upgrade", "--config", config]
        subprocess.run(upgrade, check=True, env=environment, stdout=subprocess.DEVNULL)
        process = subprocess.Popen([sys.executable, "-m", "cli", "run", "--config", config], env=environment)
        try:
            return until(
                lambda: not others_unsettled(told, victim),
                "everything told of the other cabinets",
                asked.seconds, by=process, pause=0.1,
            )  # fmt: skip
        finally:
            process.kill()
            process.wait()
            proxy.close()


def main() -> None:
    """Run both and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cabinets", type=int, default=300)
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--read", type=int, default=20, help="platform.timeouts.read, seconds")
    parser.add_argument("--seconds", type=float, default=900, help="a run, at the most")
    asked = parser.parse_args()
    os.environ["LC_ALL"] = "C"
    well = run(asked, dying=False)
    print(f"all {asked.cabinets} well: {well:.1f} s, {asked.messages / well:.1f} messages/s", flush=True)
    dead = run(asked, dying=True)
    print(f"one dead: the other {asked.cabinets - 1} needed {dead:.1f} s, ×{dead / well:.2f}", flush=True)


if __name__ == "__main__":
    main()
