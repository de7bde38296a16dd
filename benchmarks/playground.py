"""A stand, a database and daemons as processes of their own: what every trial of many machines stands on."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy import table as named

from benchmarks.stand_process import ROOT, ask, post, stand
from connector.journal.journal import Journal

LEASE = 4  # seconds
JUDGED = ("lost", "doubled", "out_of_order", "wrong", "pending")


class Playground:
    """One stand and one journal; daemons come and go. Use as a context manager."""

    def __init__(
        self,
        url: str,
        *,
        messages: int,
        seed: int = 1,
        faults: str = "none",
        pace: float = 0.0,
        files: Path | None = None,
        folder: Path | None = None,
    ) -> None:
        """`files`: where the file store lies, by default beside the configuration."""
        self.url = url
        self.files = files
        self.folder = folder or Path(tempfile.mkdtemp(prefix="sedlink-play-"))
        self.told: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        self.keep = False  # the folder, for whoever looks into a failure
        self.received = 0  # messages, once judged
        self.verdict: dict[str, Any] = {}  # of the stand's ledger, once judged
        self._stand = ["--messages", str(messages), "--seed", str(seed), "--faults", faults]
        self._stand += ["--pace", str(pace)]
        self._stack = ExitStack()
        self._daemons: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.told = self._stack.enter_context(stand(self.folder / "stand", *self._stand))
        self.environment = self._settings()
        self._stack.callback(self.end)
        return self

    def __exit__(self, *_failure: object) -> None:
        self._stack.close()
        if not self.keep:
            subprocess.run(["rm", "-rf", str(self.folder)], check=False)

    def _settings(self) -> dict[str, str]:
        polls = {f"SEDLINK__CABINET__{opa_id}__POLL": "1s" for opa_id in self.told["cabinets"]}
        files = {"SEDLINK__JOURNAL__FILES": str(self.files)} if self.files else {}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("SEDLINK_")},
            **polls,
            **files,
            "LC_ALL": "C",
            "SEDLINK__PLATFORM__CALLS_PER_SECOND": "0",  # the stand takes what comes
            "SEDLINK__SED__DELO__POLL": "1s",
            "SEDLINK__SED__DELO__SETTLE": "0.1",
            "SEDLINK__JOURNAL__DATABASE": self.url,
            "SEDLINK__JOURNAL__BACKOFF_FIRST": "1s",
            "SEDLINK__JOURNAL__BACKOFF_CAP": "2s",
            "SEDLINK__DAEMON__LEASE": f"{LEASE}s",
            "SEDLINK__DAEMON__WORKERS": "2",
            "SEDLINK__DAEMON__BATCH": "8",
            "SEDLINK__LOG__LEVEL": "warning",
        }

    # ---- processes

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cli", *arguments, "--config", str(self.told["config"])]

    def sedlink(
        self, *arguments: str, folder: Path = ROOT, good: Sequence[int] = (0, 1)
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of sedlink; `folder` holds the program, which may be an older one."""
        result = subprocess.run(
            self.command(*arguments),
            env=self.environment, cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if result.returncode not in good:
            raise SystemExit(f"{arguments}: {result.stderr or result.stdout}")
        return result

    def daemon(
        self, *, folder: Path = ROOT, before: Sequence[str] = (), **more: str
    ) -> subprocess.Popen[bytes]:
        """Start a daemon; `before` is put before its command, `more` into its environment."""
        with (self.folder / "daemon.log").open("ab") as log:
            process = subprocess.Popen(
                [*before, *self.command("run")], env={**self.environment, **more}, stderr=log, cwd=folder
            )
        self._daemons.append(process)
        return process

    def ready_daemons(self, number: int) -> None:
        """Start so many daemons and wait until each has said that it is ready."""
        path = self.folder / "ready"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(str(path))
            for _one in range(number):
                self.daemon(NOTIFY_SOCKET=str(path))
            while number:
                number -= ear.recv(100) == b"READY=1"

    def end(self) -> None:
        """End every daemon that still lives, at once."""
        for process in self._daemons:
            if process.poll() is None:
                process.kill()
            process.wait()

    # ---- conditions

    def settled(self) -> bool:
        """Whether the stand has heard everything."""
        return bool(ask(self.told, "state")["settled"])

    def unsettled(self) -> list[int]:
        """Return the messages of which the stand has not heard everything."""
        return list(ask(self.told, "state")["unsettled"])

    def more(self, count: int) -> None:
        """Let citizens send more messages."""
        post(self.told, "messages", {"count": count})

    def ask(self, query: str, **values: object) -> Any:  # noqa: ANN401 - whatever the column holds
        """Ask the database for one value."""
        engine = create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            found = connection.execute(text(query), values).scalar()
        engine.dispose()
        return found

    # ---- the verdict

    def judge(self, settled: bool) -> dict[str, int]:
        """Return what is wrong; all zeros is what must be. A person has retried what was parked."""
        parked = json.loads(self.sedlink("dead", "list", "--json").stdout)
        names = ",".join(f"{one['platform_id']}/{one['round']}" for one in parked)
        found = ask(self.told, f"reconciliation?parked={quote(names)}")
        counts = json.loads(self.sedlink("status", "--json").stdout)["counts"]
        self.verdict = {"stand": found, "journal": counts, "parked": parked}
        self.received = int(found["received"])
        return {
            **{what: len(found[what]) for what in JUDGED},
            "parked": len(parked),
            "neither registered nor refused nor parked": len(found["unaccounted"]),
            "counts differ": abs(counts["received"] - found["received"])
            + abs(counts["received"] - sum(counts["by_state"].values())),
            "orphan files": self.orphans(),
            "not settled": int(not settled),
        }

    def keep_evidence(self) -> None:
        """Write the verdict and the whole journal into the folder: the database does not outlive the run."""
        self.keep = True
        (self.folder / "verdict.json").write_text(json.dumps(self.verdict, indent=1), encoding="utf-8")
        engine = create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection, (self.folder / "journal.jsonl").open("w") as file:
            for table in inspect(engine).get_table_names():
                rows = connection.execute(select(text("*")).select_from(named(table)))
                for row in rows.mappings():
                    file.write(json.dumps({"table": table, **row}, default=str) + "\n")
        engine.dispose()

    def orphans(self) -> int:
        """Return how far the store is from what the journal names, after it was swept."""
        files = self.files or Path(self.told["config"]).parent / "files"
        with Journal.open(self.url, files=files, max_file_size=1 << 30) as journal:
            journal.sweep_files(timedelta(minutes=-10))
        engine = create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            query = "SELECT DISTINCT sha256 FROM attachment WHERE sha256 IS NOT NULL"
            named = set(connection.scalars(text(query)))
        engine.dispose()
        return len(named ^ {path.parent.name + path.name for path in files.rglob("*") if path.is_file()})


def frozen(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process stands still (SIGSTOP)."""
    try:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
