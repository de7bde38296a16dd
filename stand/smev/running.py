"""The SMEV side of the stand as a whole: the bus with its faces and its own systems, started and stopped.

What a client is told is in `Access`: addresses, its key and certificate, the certificates to trust.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.wrappers import Request, Response

from stand.faults import FaultPlan
from stand.ledger import Ledger, utc_now
from stand.platform.dictionaries import Dictionaries
from stand.platform.state import PlatformState
from stand.server import HttpServer
from stand.smev import echo, posedms
from stand.smev.bus import RETURN_AFTER, Bus
from stand.smev.exchange import Exchange
from stand.smev.files import ANONYMOUS, FileStore
from stand.smev.ftp import FtpFace
from stand.smev.keys import ClientFiles, Pair, write_client
from stand.smev.parcels import System
from stand.smev.providers import Providers
from stand.smev.soap import SoapFace
from stand.smev.trouble import Troubles
from stand.smev.words import VERSIONS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CLIENT = "SEDLINK"


@dataclass(frozen=True, slots=True)
class Access:
    """What one information system needs to reach the bus."""

    mnemonic: str
    soap: dict[str, str]  # address by version
    ftp: str
    files: ClientFiles

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {
            "mnemonic": self.mnemonic, "soap": self.soap, "ftp": self.ftp,
            "ftp_user": ANONYMOUS[0], "ftp_password": ANONYMOUS[1],
            "key": str(self.files.key), "certificate": str(self.files.certificate),
            "smev_certificate": str(self.files.bus), "authority": str(self.files.authority),
        }  # fmt: skip


class SmevStand:
    """A bus on loopback with one client system (`SEDLINK`) and the echo behind it. Use as a context manager.

    `clock` is the bus's time: leases, ids and certificates go by it. `folder` gets keys, certificates, files.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ledger: Ledger | None = None,
        faults: FaultPlan | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], datetime] = utc_now,
        return_after: timedelta = RETURN_AFTER,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.bus = Bus(ledger=ledger, clock=clock, return_after=return_after)
        self.files = FileStore(folder / "store", self.bus.authority.gost)
        self.exchange = Exchange(self.bus, self.files)
        self.troubles = Troubles(faults or FaultPlan(), self.bus.ledger)
        self.providers = Providers(self.bus)
        self._soap = SoapFace(self.exchange, self.troubles)
        self._ftp = FtpFace(self.files, self.troubles, host=host)
        self._http = HttpServer(self._serve, host=host, port=port)
        self.add_own(echo.MNEMONIC, "Echo of the stand")
        self.bus.offer_type(echo.TYPE)
        self.providers.serve(echo.MNEMONIC, echo.echo)
        self.client = self.add_client(CLIENT, "sedlink")

    @property
    def base_url(self) -> str:
        """Where the faces of the bus are reached."""
        return self._http.base_url

    def add_own(self, mnemonic: str, name: str) -> System:
        """Register a system of the stand itself."""
        return self.bus.register(mnemonic, name, self.bus.authority.issue(name), inside=True)

    def add_platform(self, state: PlatformState, dictionaries: Dictionaries, *, language: str = "ru") -> None:
        """Put the stand's platform behind the bus: it answers PosEdms."""
        pair = self.bus.authority.issue("Platform of the stand")
        self.bus.register(posedms.MNEMONIC, "Platform of the stand", pair, inside=True)
        self.bus.offer_type(posedms.message_type())
        platform = posedms.PosEdms(
            state, dictionaries, self.files, pair,
            faults=self.troubles.plan, clock=self.bus.clock, language=language,
        )  # fmt: skip
        self.providers.serve(posedms.MNEMONIC, platform.answer)

    def add_client(self, mnemonic: str, name: str, pair: Pair | None = None) -> Access:
        """Register an information system and write its key and certificates into `folder/keys/{mnemonic}`."""
        pair = pair or self.bus.authority.issue(name)
        self.bus.register(mnemonic, name, pair)
        authority = self.bus.authority.certificate
        files = write_client(
            self.folder / "keys" / mnemonic, mnemonic, pair, self.bus.own.certificate, authority
        )
        soap = {version: f"{self.base_url}/smev/{version}/ws" for version in VERSIONS}
        return Access(mnemonic, soap, self._ftp.url, files)

    def start(self) -> None:
        """Begin to serve."""
        self._http.start()
        self._ftp.start()
        self.providers.start()

    def stop(self) -> None:
        """Stop serving; queues and files stay as they are."""
        self._http.stop()
        self._ftp.stop()
        self.providers.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        match [part for part in request.path.split("/") if part]:
            case ["smev", version, "ws"]:
                return self._soap.answer(request, version)
        return Response("no such address", 404)
