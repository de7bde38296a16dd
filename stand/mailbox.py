"""A mailbox on loopback: an SMTP server that keeps what it is sent, to be looked at."""

import socket
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session


@dataclass(frozen=True, slots=True)
class Mail:
    """One message that came."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The subject line."""
        return str(self.message["Subject"] or "")

    @property
    def text(self) -> str:
        """The text of the body, plain before HTML."""
        body = self.message.get_body(("plain", "html"))
        return str(body.get_content()) if body else ""


class _Keeper:
    def __init__(self, mails: list[Mail]) -> None:
        self._mails = mails

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: ANN401, N802 - aiosmtpd's words
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, policy=policy.default)
        self._mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
        return "250 OK"


class _Server(Controller):
    def __init__(self, handler: _Keeper, bound: socket.socket) -> None:
        self._bound = bound  # aiosmtpd cannot start on port 0 itself
        host, port = bound.getsockname()[:2]
        super().__init__(handler, hostname=host, port=port)

    def _create_server(self) -> Any:  # noqa: ANN401 - a coroutine of the event loop
        return self.loop.create_server(self._factory_invoker, sock=self._bound)


class Mailbox:
    """The SMTP server and what came; port 0 = any free one."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.mails: list[Mail] = []
        bound = socket.create_server((host, port))
        self.port: int = bound.getsockname()[1]
        self._server = _Server(_Keeper(self.mails), bound)

    def start(self) -> None:
        """Begin to take mail."""
        self._server.start()

    def stop(self) -> None:
        """Stop taking mail; what came stays."""
        if self._server.server is not None:
            self._server.stop()
