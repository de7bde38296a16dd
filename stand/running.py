"""The stand as a whole: started in threads, stopped, asked what it saw."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from stand.faults import Fault, FaultPlan, parse_kinds
from stand.generator import make_cabinets, make_cases
from stand.ledger import Ledger, utc_now
from stand.platform.app import PlatformApp
from stand.platform.calls import Calls, OAuthClient
from stand.platform.dictionaries import default_dictionaries
from stand.platform.state import PlatformState
from stand.server import HttpServer
from stand.words import Cabinet, Case


class Stand:
    """A platform to talk to, on loopback. Use as a context manager.

    `cases` replaces the generator's messages; `faults` is `all`, `none`, a list of kinds or a FaultPlan.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cabinets: int | Sequence[Cabinet] = 2,
        messages: int = 0,
        cases: Iterable[Case] | None = None,
        seed: int = 1,
        faults: str | FaultPlan = "none",
        port: int = 0,
        token_seconds: int = 3600,
        language: str = "ru",
    ) -> None:
        self.folder = folder
        self.cabinets = make_cabinets(cabinets, seed) if isinstance(cabinets, int) else tuple(cabinets)
        self.faults = faults if isinstance(faults, FaultPlan) else FaultPlan(parse_kinds(faults), seed=seed)
        self.oauth = OAuthClient()
        folder.mkdir(parents=True, exist_ok=True)
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.platform = PlatformState(self.cabinets, ledger=self.ledger, token_seconds=token_seconds)
        self._cases = cases if cases is not None else make_cases(
            messages, self.cabinets, seed=seed, now=utc_now()
        )  # fmt: skip
        calls = Calls(self.platform, default_dictionaries(), self.oauth)
        self._http = HttpServer(PlatformApp(calls, self.faults, language=language), port=port)
        self.platform.base_url = self._http.base_url

    @property
    def base_url(self) -> str:
        """Where the platform is reached."""
        return self._http.base_url

    def start(self) -> None:
        """Offer the messages and begin to serve."""
        self._http.start()
        for case in self._cases:
            self.offer(case)

    def offer(self, case: Case) -> None:
        """Let a citizen send one more message."""
        self.platform.offer(case.message)

    def stop(self) -> None:
        """Stop serving; what was seen stays readable."""
        self._http.stop()
        self.ledger.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


__all__ = ["Fault", "FaultPlan", "Stand"]
