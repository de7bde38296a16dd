"""What the stand asks of a SED that it plays, and what it gives it; the table is `stand.kinds`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, TypeVar

from config.i18n import _
from stand.desk import Assignment
from stand.faults import FaultPlan
from stand.kinds import KINDS, Kind
from stand.ledger import Ledger

Made_co = TypeVar("Made_co", covariant=True)


class Plans(Protocol):
    """Tells what the clerks do with a document: `stand.desk.Desk` or `SampleDesk`."""

    def find(self, hints: Iterable[str], uid: str) -> tuple[Assignment | None, bool]:
        """Return the assignment for what may name a message, and whether that round came before."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of the emulator is: `name` for programs, `title` for people, `where` a path or URL."""

    name: str
    title: str
    where: str


class Emulator(Protocol):
    """A SED of the stand. It notes in the ledger what arrived, what was decided and what could be read."""

    on_number: Callable[[int, int, str], None] | None
    """Hears of each card's number (message, round, number) before it can be read."""

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way in or out and nothing is due later."""
        ...

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it is reached."""
        ...

    @property
    def secrets(self) -> Mapping[str, str]:
        """What `settings` refers to as `file:<folder>/secrets/<name>`."""
        ...

    def start(self) -> None:
        """Begin to work in threads of its own."""
        ...

    def stop(self) -> None:
        """Stop working; what is not done stays undone."""
        ...

    def settings(self, folder: Path) -> Mapping[str, object]:
        """Return sedlink's section for it; `folder` (absolute) is for what sedlink keeps of its own."""
        ...

    def hurry(self) -> Mapping[str, str]:
        """Return settings that a demo lays over `settings`: nobody thinks in it, nobody waits."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What the stand gives an emulator: a folder of its own, the plans, the record, the faults, the pace."""

    folder: Path
    plans: Plans
    ledger: Ledger
    faults: FaultPlan
    host: str = "127.0.0.1"
    pace: float = 0.0  # seconds between two steps of a clerk
    schemas: Path | None = None  # a folder with the exchange's schemas, to check messages by
    fsync: bool = True

    def served(self, make: "Served[Made_co]") -> "Made_co":
        """Return an emulator that needs no folder: it is reached over HTTP, on a free port of `host`."""
        return make(plans=self.plans, ledger=self.ledger, faults=self.faults, pace=self.pace, host=self.host)


class Served(Protocol[Made_co]):
    """Makes an emulator that is reached over HTTP."""

    def __call__(
        self, *, plans: Plans, ledger: Ledger, faults: FaultPlan | None, pace: float, host: str
    ) -> Made_co:
        """Return it, not yet started."""
        ...


def section(kind: str) -> str:
    """Return the name of the section in which sedlink is told of a SED. Raises ValueError."""
    return _known(kind).section


def play(kind: str, setting: Setting) -> Emulator:
    """Return the emulator of a kind, not yet started. Raises ValueError for an unknown kind."""
    module, _colon, name = _known(kind).factory.partition(":")
    factory: Callable[[Setting], Emulator] = getattr(import_module(module), name)
    return factory(setting)


def _known(kind: str) -> Kind:
    if kind not in KINDS:
        raise ValueError(
            _("the stand plays no SED {kind}: choose one of {known}").format(
                kind=kind, known=", ".join(sorted(KINDS))
            )
        )
    return KINDS[kind]
