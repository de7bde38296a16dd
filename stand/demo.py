"""`sedlink demo`: the main job shown as a user would run it, every part a process of its own.

The stand is one process, the daemon another; the demo only starts commands, waits, and lets the stand's
record judge. Nothing of the rooms is imported: what it shows is what the command line gives.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from config.i18n import _

_POLL = 0.25  # seconds between two looks at the stand
_FEW = 20  # messages that are left: while there are more, nobody asks which are parked
_SELDOM = 3.0  # seconds between two such questions, and so many times as long as one took
_SHARE = 5.0
COUNTS = ("received", "registered", "interim", "answered", "refused", "redirected", "postponed")


class DemoError(Exception):
    """A part of the demo could not be started or did not come to an end; the text says which."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to show."""

    folder: Path
    messages: int
    cabinets: int
    faults: str
    seed: int
    feed: Path | None
    feed_map: str
    database: str
    workers: int
    sed: str  # a kind of `stand.seds`
    seconds: float  # how long it may take at the most
    transport: str = ""  # of SMEV; empty = the platform is reached over REST


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the run came to, by the stand's own record; `parked` by sedlink's."""

    counts: dict[str, int]
    parked: list[str]
    reconciliation: dict[str, Any]
    seconds: float
    facts: Path
    trail: list[dict[str, Any]]
    settled: bool
    transport: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the one object that `--json` prints."""
        found = self.reconciliation
        return {
            **self.counts,
            "parked": len(self.parked),
            "lost": len(found["lost"]) + len(found["pending"]),
            "doubled": len(found["doubled"]),
            "out_of_order": len(found["out_of_order"]),
            "wrong": len(found["wrong"]),
            "seconds": round(self.seconds, 1),
            "settled": self.settled,
            "facts": str(self.facts),
            **({"transport": self.transport} if self.transport else {}),
        }

    @property
    def exact(self) -> bool:
        """Whether nothing was lost, doubled, disordered or wrong."""
        return self.settled and bool(self.reconciliation["exact"]) and not self.reconciliation["pending"]


Progress = Callable[[int, int], None]


def run_demo(plan: Plan, *, progress: Progress = lambda _done, _of: None) -> Outcome:
    """Play a whole run in a folder. Raises DemoError."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    with _stand(plan) as told:
        config = Path(told["config"])
        quick = _quick(plan, told)
        _sedlink(config, "db", "upgrade", **quick)
        begun = time.monotonic()
        log = plan.folder / "daemon.log"
        with _process([*_command(), "run", "--config", str(config)], log, **quick) as daemon:
            settled = _wait(plan, told, config, quick, progress, partial(_pause, daemon, log))
            spent = time.monotonic() - begun
        parked = [
            f"{one['platform_id']}/{one['round']}"
            for one in _sedlink(config, "dead", "list", "--json", **quick)
        ]
        found = _ask(told, f"reconciliation?parked={quote(','.join(parked))}")
        facts = plan.folder / "facts.csv"
        _sedlink(config, "export", "facts", "--out", str(facts), "--json", **quick)
        return Outcome(
            counts={name: found[name] for name in COUNTS},
            parked=parked,
            reconciliation=found,
            seconds=spent,
            facts=facts,
            trail=_trail(told, config, quick),
            settled=settled,
            transport=plan.transport,
        )


@contextmanager
def folder_of(wanted: Path | None) -> Iterator[Path]:
    """Return the folder that was asked for, made empty of an earlier demo, or a temporary one.

    Raises DemoError for a folder with something else in it.
    """
    if wanted is None:
        yield Path(tempfile.mkdtemp(prefix="sedlink-demo-"))
        return
    mark = wanted / ".sedlink-demo"
    if wanted.exists() and any(wanted.iterdir()):
        if not mark.exists():
            raise DemoError(
                _("folder {folder} holds something else: name an empty one").format(folder=wanted)
            )
        shutil.rmtree(wanted)
    wanted.mkdir(parents=True, exist_ok=True)
    mark.touch()
    yield wanted


# ---- processes


def _command() -> list[str]:
    return [sys.executable, "-m", "cli"]


def _environment(**more: str) -> dict[str, str]:
    """Nothing of the caller's own configuration may leak into the demo."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SEDLINK_")}
    return {**clean, **more}


@contextmanager
def _process(command: Sequence[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process for a block; its standard error goes to a file, SIGTERM ends it."""
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            list(command), stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment(**environment)
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@contextmanager
def _stand(plan: Plan) -> Iterator[dict[str, Any]]:
    """Start the stand and return what it says of itself."""
    command = [
        *_command(), "stand", "--json", "--port", "0", "--pace", "0", "--dir", str(plan.folder / "stand"),
        "--sed", plan.sed,
        "--messages", str(plan.messages), "--cabinets", str(plan.cabinets),
        "--faults", plan.faults, "--seed", str(plan.seed),
    ]  # fmt: skip
    if plan.transport:
        command += ["--smev", "--smev-return", "3"]  # fifteen minutes would be too long to look at
    if plan.feed:
        command += ["--feed", str(plan.feed), "--map", plan.feed_map]
    log = plan.folder / "stand.log"
    with _process(command, log) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            process.wait()
            raise DemoError(_last_lines(log))
        yield json.loads(line)


def _sedlink(config: Path, *arguments: str, **environment: str) -> Any:  # noqa: ANN401 - whatever JSON the command prints
    """Run one command of sedlink and return its JSON. Raises DemoError with what it complained of."""
    result = subprocess.run(  # noqa: S603 - our own command, no shell
        [*_command(), *arguments, "--config", str(config)],
        capture_output=True,
        text=True,
        env=_environment(**environment),
        check=False,
    )
    if result.returncode not in (0, 1):
        raise DemoError(f"sedlink {' '.join(arguments)}: {result.stderr.strip() or result.stdout.strip()}")
    return json.loads(result.stdout) if "--json" in arguments else None


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8").splitlines()[-5:]) or str(log)


# ---- the run


def _quick(plan: Plan, told: dict[str, Any]) -> dict[str, str]:
    """Return what the demo lays over the stand's own configuration: its clerks do not think, nor do we wait.

    Variables, not another file: the configuration that is left behind is the stand's, as a user has it.
    """
    polls = {f"SEDLINK__CABINET__{opa_id}__POLL": "1s" for opa_id in told["cabinets"]}
    sed = f"SEDLINK__SED__{told['sed'].upper()}__"
    hurry = {sed + name.upper(): value for name, value in told["hurry"].items()}
    return {
        **polls,
        **hurry,
        "SEDLINK__PLATFORM__CALLS_PER_SECOND": "0",  # the stand takes what comes
        **(_over_smev(plan, told) if plan.transport else {}),
        "SEDLINK__JOURNAL__DATABASE": plan.database,
        "SEDLINK__JOURNAL__BACKOFF_FIRST": "1s",
        "SEDLINK__JOURNAL__BACKOFF_CAP": "3s",
        "SEDLINK__DAEMON__WORKERS": str(plan.workers),
    }


def _over_smev(plan: Plan, told: dict[str, Any]) -> dict[str, str]:
    access = told["smev"]
    host = access["rsmev"].partition("/api/")[0]
    urls = {"soap": access["soap"]["1.2"], "adapter": access["adapter"], "rsmev": host}
    return {
        **{f"SEDLINK__CABINET__{opa_id}__PLATFORM": "smev" for opa_id in told["cabinets"]},
        "SEDLINK__SMEV__TRANSPORT": plan.transport,
        "SEDLINK__SMEV__URL": urls[plan.transport],
        "SEDLINK__PLATFORM__SMEV__POLL": "100ms",
    }


def _wait(
    plan: Plan,
    told: dict[str, Any],
    config: Path,
    quick: dict[str, str],
    progress: Progress,
    pause: Callable[[], None],
) -> bool:
    """Wait until the stand has heard everything and sedlink's own queue is empty."""
    until = time.monotonic() + plan.seconds
    offered = told["messages"]
    parked = Parked(lambda: _sedlink(config, "dead", "list", "--json", **quick))
    while time.monotonic() < until:
        state = _ask(told, "state")
        unsettled = set(state["unsettled"])
        progress(offered - len(unsettled), offered)
        if state["settled"] or parked.hold(unsettled):
            counts = _sedlink(config, "status", "--json", **quick)["counts"]
            if counts["waiting"] == 0 or not state["settled"]:
                return True
        pause()
    return False


def _pause(daemon: subprocess.Popen[str], log: Path) -> None:
    """Let some time pass. Raises DemoError when the daemon ends: waiting for it would be in vain."""
    try:
        daemon.wait(_POLL)
    except subprocess.TimeoutExpired:
        return
    raise DemoError(_last_lines(log))


class Parked:
    """The messages that wait for a person. Asked for seldom: each time is a process of its own."""

    def __init__(
        self, ask: Callable[[], list[dict[str, Any]]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._known: set[int] = set()
        self._next = clock() + _SELDOM

    def hold(self, unsettled: set[int]) -> bool:
        """Whether every message that is left waits for a person."""
        if len(unsettled) > _FEW:
            return False
        begun = self._clock()
        if begun >= self._next:
            self._known = {int(one["platform_id"]) for one in self._ask()}
            self._next = self._clock() + max(_SELDOM, _SHARE * (self._clock() - begun))
        return unsettled <= self._known


def _ask(told: dict[str, Any], what: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - the stand's own loopback address
        f"{told['base_url']}/stand/{what}", headers={"Authorization": f"Bearer {told['admin_token']}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return cast("dict[str, Any]", json.load(answer))


def _trail(told: dict[str, Any], config: Path, quick: dict[str, str]) -> list[dict[str, Any]]:
    """Return the trail of the message with the longest story."""
    rounds: dict[int, int] = {}
    entries = cast("list[dict[str, Any]]", _ask(told, "ledger?limit=10000"))
    for entry in entries:
        if entry["what"] == "replied":
            rounds[entry["message"]] = rounds.get(entry["message"], 0) + 1
    if not rounds:
        return []
    longest = max(rounds, key=lambda message: (rounds[message], -message))
    [found] = _sedlink(config, "show", str(longest), "--json", **quick)
    trail: list[dict[str, Any]] = found["trail"]
    return trail
