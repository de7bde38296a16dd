"""The stand's own addresses beside the platform's: the page for people, the record, more messages.

`GET /` a page · with `Authorization: Bearer <admin token>`: `GET /stand/ledger?after=&limit=`,
`GET /stand/reconciliation?parked=`, `GET /stand/state`, `POST /stand/messages {"count": n}`,
`POST /stand/rework {"id": …, "comment": …}`, `POST /stand/rating {"id": …, "rating": 1..5}`; with the bus
`GET /stand/smev` (what waits), `POST /stand/smev/trouble {"operation": …, "trouble": …, "times": n}`.
"""

import json
import secrets
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.wrappers import Request, Response

from config.i18n import _, speaking
from stand.desk import Desk
from stand.faults import FaultPlan
from stand.ledger import Ledger
from stand.mailbox import Mail
from stand.page import render
from stand.platform.calls import RefusedError, as_json, translate_error
from stand.platform.state import PlatformState
from stand.reconciliation import Reconciliation
from stand.smev.running import SmevStand

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MOST = 10_000


class Running(Protocol):
    """What is asked of the running stand; `stand.running.Stand` has it."""

    admin_token: str
    ledger: Ledger
    desk: Desk
    faults: FaultPlan
    platform: PlatformState
    smev: SmevStand | None

    @property
    def mailbox(self) -> list[Mail]:
        """The mail that came."""
        ...

    def settled(self) -> bool:
        """Whether every plan has come to its end."""
        ...

    def reconcile(self, parked: Collection[str] = ()) -> Reconciliation:
        """Return the count of the run so far."""
        ...

    def offer_more(self, count: int) -> list[int]:
        """Let the generator write more messages; return their ids."""
        ...

    def rework(self, message_id: int, comment: str) -> int:
        """Return an answered message for rework; return the number of the new round."""
        ...


class AdminApp:
    """Answers the stand's own addresses and hands every other one to the platform."""

    def __init__(self, stand: Running, platform: "WSGIApplication", *, language: str) -> None:
        self._stand = stand
        self._platform = platform
        self._language = language

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if path != "/" and not path.startswith("/stand/"):
            return self._platform(environ, start_response)
        with speaking(self._language):
            try:
                response = self._answer(Request(environ))
            except (ValueError, KeyError) as error:
                response = RefusedError(400, str(error)).response()
            except Exception as error:
                told = translate_error(error)
                if told is None:
                    raise
                response = told
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/":
            page = render(self._stand.reconcile(), self._stand.platform, self._stand.mailbox)
            return Response(page, content_type="text/html; charset=utf-8")
        told = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(told.encode(), self._stand.admin_token.encode()):
            raise RefusedError(401, _("the stand's own addresses want its token"))
        name = request.path.removeprefix("/stand/")
        if request.method == "GET":
            return as_json(self._read(name, request))
        return as_json(self._change(name, _body(request)))

    def _read(self, name: str, request: Request) -> object:
        if name == "ledger":
            after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", _MOST))
            return [one.as_json() for one in self._stand.ledger.entries(max(after, 0), min(limit, _MOST))]
        if name == "reconciliation":
            return self._stand.reconcile(
                [one for one in request.args.get("parked", "").split(",") if one]
            ).as_json()
        if name == "smev" and self._stand.smev:
            bus = self._stand.smev.bus
            own = bus.system(self._stand.smev.client.mnemonic)
            return {"waiting": dict(bus.statistics(own)), "all": bus.waiting()}
        if name == "state":
            return {"settled": self._stand.settled(), "unsettled": self._stand.desk.unsettled()[:_MOST]} | {
                "faults": self._stand.faults.struck(), "mails": len(self._stand.mailbox),
            }  # fmt: skip
        raise RefusedError(404, _("no such address"))

    def _change(self, name: str, body: dict[str, Any]) -> object:
        if name == "messages":
            count = int(body.get("count", 1))
            if not 0 < count <= _MOST:
                raise RefusedError(400, _("{field}: must be a whole number").format(field="count"))
            return {"ids": self._stand.offer_more(count)}
        if name == "smev/trouble" and self._stand.smev:
            operation, trouble = str(body["operation"]), str(body["trouble"])
            self._stand.smev.troubles.ask(operation, trouble, int(body.get("times", 1)))
            return {}
        if name == "rework":
            return {"round": self._stand.rework(int(body["id"]), str(body["comment"]))}
        if name == "rating":
            self._stand.platform.rate(int(body["id"]), int(body["rating"]))
            return {}
        raise RefusedError(404, _("no such address"))


def _body(request: Request) -> dict[str, Any]:
    body = json.loads(request.get_data() or b"{}")
    if not isinstance(body, dict):
        raise RefusedError(400, _("the body must be one JSON object"))
    return body
