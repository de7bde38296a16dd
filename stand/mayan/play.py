"""Mayan as one of the stand's SEDs: a real server that STAND_MAYAN_URL names, or the stand's small one."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from config.i18n import _
from stand.http_faults import HttpFaults
from stand.mayan.clerk import MayanClerk
from stand.mayan.desk import MayanDesk
from stand.mayan.server import MayanApp
from stand.seds import Place, Setting
from stand.server import HttpServer


class MayanAtPlay:
    """The clerks, and the small server where no real one was named."""

    def __init__(self, setting: Setting, *, url: str = "", token: str = "") -> None:
        self._real = bool(url)
        self._token = token or secrets.token_hex(20)
        clerk_token = token or secrets.token_hex(20)
        self.app = MayanApp(self._token, clerk_token, HttpFaults(setting.faults, setting.ledger))
        self.http = None if url else HttpServer(self.app, host=setting.host)
        self.url = url or (self.http.base_url if self.http else "")
        self.clerk = MayanClerk(
            MayanDesk(self.url, clerk_token),
            plans=setting.plans, ledger=setting.ledger, faults=setting.faults, pace=setting.pace,
        )  # fmt: skip

    @property
    def on_number(self) -> Callable[[int, int, str], None] | None:
        """Hears of each card's number (message, round, number) before it can be read."""
        return self.clerk.office.on_number

    @on_number.setter
    def on_number(self, hear: Callable[[int, int, str], None] | None) -> None:
        self.clerk.office.on_number = hear

    @property
    def idle(self) -> bool:
        """Whether nothing is being done and nothing is due later."""
        return self.clerk.idle

    @property
    def places(self) -> tuple[Place, ...]:
        """The address of the server."""
        return (Place("mayan", _("Mayan EDMS"), self.url),)

    @property
    def secrets(self) -> Mapping[str, str]:
        """The token of sedlink's account."""
        return {"mayan": self._token}

    def start(self) -> None:
        """Begin to serve and to work; on a real server make first what an administrator makes."""
        if self.http:
            self.http.start()
        else:
            self.clerk.desk.prepare()
            self.clerk.skip_old()
        self.clerk.pump.start()

    def stop(self) -> None:
        """Stop working; a real server goes on."""
        self.clerk.pump.stop()
        self.clerk.desk.close()
        if self.http:
            self.http.stop()

    def settings(self, folder: Path) -> Mapping[str, object]:
        """Return sedlink's section."""
        return {"kind": "mayan", "poll": "2s", "url": self.url, "token": f"file:{folder}/secrets/mayan"}

    def hurry(self) -> Mapping[str, str]:
        """Return what a demo sets."""
        return {"poll": "1s"}


def play(setting: Setting) -> MayanAtPlay:
    """Return Mayan of the stand."""
    return MayanAtPlay(
        setting, url=os.environ.get("STAND_MAYAN_URL", ""), token=os.environ.get("STAND_MAYAN_TOKEN", "")
    )
