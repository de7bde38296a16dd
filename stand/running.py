"""The stand as a whole: started in threads, stopped, asked what it saw."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from stand.admin import AdminApp
from stand.desk import Desk
from stand.faults import FaultPlan, parse_kinds
from stand.generator import make_cabinets, make_cases
from stand.ledger import Ledger, utc_now
from stand.mailbox import Mail, Mailbox
from stand.platform.app import PlatformApp
from stand.platform.calls import Calls, OAuthClient
from stand.platform.dictionaries import Dictionaries, default_dictionaries
from stand.platform.state import PlatformState
from stand.reconciliation import Reconciliation, reconcile
from stand.seds import Setting, play, section
from stand.server import HttpServer
from stand.smev.running import SmevStand
from stand.words import Cabinet, Case, Kind


class Stand:
    """A platform, a SED and a mailbox, all on loopback. Use as a context manager.

    `sed` is a kind of `stand.kinds`; `cases` replaces the generator's messages; `faults` is `all`, `none`,
    a list of kinds or a FaultPlan; `pace` is the time in seconds between two steps of a clerk; `schemas`
    a folder with the exchange's schemas; `fsync=False` for measurements only. `smev` adds the bus
    (`stand.smev`), through which the same platform is reached too; `smev_return` is after how many seconds
    it gives an unacknowledged message again. The record of the run is `folder/ledger.jsonl`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sed: str = "sev",
        cabinets: int | Sequence[Cabinet] = 2,
        messages: int = 0,
        cases: Iterable[Case] | None = None,
        seed: int = 1,
        faults: str | FaultPlan = "none",
        host: str = "127.0.0.1",
        port: int = 0,
        mail_port: int = 0,
        pace: float = 0.0,
        token_seconds: int = 3600,
        dictionaries: Dictionaries | None = None,
        schemas: Path | None = None,
        fsync: bool = True,
        language: str = "ru",
        smev: bool = False,
        smev_port: int = 0,
        smev_return: float = 900.0,
    ) -> None:
        self.sed_section = section(sed)  # an unknown kind is said before anything is opened
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.seed = seed
        self.cabinets = make_cabinets(cabinets, seed) if isinstance(cabinets, int) else tuple(cabinets)
        self.faults = faults if isinstance(faults, FaultPlan) else FaultPlan(parse_kinds(faults), seed=seed)
        self.oauth = OAuthClient()
        self.admin_token = secrets.token_hex(16)
        self.ledger = Ledger(_fresh(folder / "ledger.jsonl"))
        self.desk = Desk(self.ledger)
        self.platform = PlatformState(self.cabinets, ledger=self.ledger, token_seconds=token_seconds)
        self.platform.on_reply = self._after_reply
        given = (folder, self.desk, self.ledger, self.faults, host, pace)
        self.sed = play(sed, Setting(*given, schemas=schemas, fsync=fsync))
        self.sed.on_number = self.platform.allow_number
        self._made = 0
        self._cases = self._more(messages) if cases is None else cases
        dictionaries = dictionaries or default_dictionaries()
        self._http = self._served(dictionaries, host, port, language)
        self._mailbox = Mailbox(host, mail_port)
        self.smev = self._bus(dictionaries, host, smev_port, smev_return, language) if smev else None

    # ---- where to find it

    @property
    def base_url(self) -> str:
        """Where the platform is reached; its page for people is `/`."""
        return self._http.base_url

    @property
    def to_sed(self) -> Path:
        """The folder from which a SED of folders takes messages."""
        return self._place("to_sed")

    @property
    def from_sed(self) -> Path:
        """The folder into which a SED of folders puts reports."""
        return self._place("from_sed")

    @property
    def mail_port(self) -> int:
        """The port of the mailbox (SMTP)."""
        return self._mailbox.port

    @property
    def mailbox(self) -> list[Mail]:
        """The mail that came."""
        return self._mailbox.mails

    # ---- what happens

    def start(self) -> None:
        """Begin to serve, then offer the messages."""
        self._http.start()
        self._mailbox.start()
        self.sed.start()
        if self.smev:
            self.smev.start()
        for case in self._cases:
            self.offer(case)

    def stop(self) -> None:
        """Stop serving; what was seen stays readable."""
        if self.smev:
            self.smev.stop()
        self.sed.stop()
        self._http.stop()
        self._mailbox.stop()
        self.ledger.close()

    def offer(self, case: Case) -> None:
        """Let a citizen send one more message."""
        self._made += 1
        self.desk.add(case)
        self.platform.offer(case.message)

    def offer_more(self, count: int) -> list[int]:
        """Let the generator write more messages; return their ids."""
        cases = list(self._more(count))
        for case in cases:
            self.offer(case)
        return [case.message.id for case in cases]

    def rework(self, message_id: int, comment: str) -> int:
        """Return an answered message for rework; return the number of the new round."""
        self.platform.check_rework(message_id)
        self.desk.begin_round(message_id, comment)
        return self.platform.rework(message_id, comment)

    # ---- what came of it

    def reconcile(self, parked: Collection[str] = ()) -> Reconciliation:
        """Return the count of the run so far, from the record alone."""
        return reconcile(self.ledger, parked)

    def settled(self) -> bool:
        """Whether every plan has come to its end and nothing is on its way inside the stand."""
        return self.desk.settled() and self.sed.idle

    # ---- inside

    def _place(self, name: str) -> Path:
        return Path(next(place.where for place in self.sed.places if place.name == name))

    def _served(self, dictionaries: Dictionaries, host: str, port: int, language: str) -> HttpServer:
        """Return the server of the platform and of the stand's own addresses."""
        calls = Calls(self.platform, dictionaries, self.oauth)
        app = AdminApp(self, PlatformApp(calls, self.faults, language=language), language=language)
        http = HttpServer(app, host=host, port=port)
        self.platform.base_url = http.base_url
        return http

    def _bus(
        self, dictionaries: Dictionaries, host: str, port: int, seconds: float, language: str
    ) -> SmevStand:
        """Return a bus with this stand's platform behind it."""
        bus = SmevStand(
            self.folder / "smev", ledger=self.ledger, faults=self.faults, host=host, port=port,
            return_after=timedelta(seconds=seconds),
        )  # fmt: skip
        bus.add_platform(self.platform, dictionaries, language=language)
        return bus

    def _more(self, count: int) -> Iterable[Case]:
        return make_cases(count, self.cabinets, seed=self.seed, now=utc_now(), first=self._made)

    def _after_reply(self, message_id: int, _round: int, kind: Kind) -> None:
        rating, comment = self.desk.heard(message_id, kind)
        if rating:
            self.platform.rate(message_id, rating)
        if comment:
            self.rework(message_id, comment)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _fresh(path: Path) -> Path:
    """Return the path after moving the record of an earlier run aside: two runs are never counted as one."""
    if path.exists():
        path.rename(path.with_name(f"ledger-{int(path.stat().st_mtime)}-{secrets.token_hex(2)}.jsonl"))
    return path
