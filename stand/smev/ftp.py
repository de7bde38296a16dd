"""The bus's file store over FTP: senders as anonymous/smev, recipients by the login of each attachment.

Senders may make folders, put and append, and see sizes, so that a broken upload goes on where it broke; they
cannot read. Recipients see and read their one file. Faults: `ftp_error`, `ftp_cut`, `ftp_spoilt`.
"""

import contextlib
import logging
import socket
import threading
import warnings
from pathlib import Path
from typing import Any

from stand.faults import Fault
from stand.smev.files import ANONYMOUS, FileStore
from stand.smev.trouble import Troubles

with warnings.catch_warnings():  # asyncore, which Python 3.12 drops; the library brings its own there
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.exceptions import AuthenticationFailed
    from pyftpdlib.handlers import DTPHandler, FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

_log = logging.getLogger("pyftpdlib")  # it tells every command, with logins: nobody's business here
_log.addHandler(logging.NullHandler())
_log.propagate = False
_SENDER, _RECIPIENT = "elmwa", "elr"


class _Authorizer:
    """Who may log in and what they may do, as pyftpdlib asks."""

    def __init__(self, files: FileStore) -> None:
        self._files = files

    def validate_authentication(self, user: str, password: str, _handler: object) -> None:
        login = self._files.login(user)
        if (user, password) != ANONYMOUS and (login is None or login.password != password):
            raise AuthenticationFailed

    def has_user(self, user: str) -> bool:
        return user == ANONYMOUS[0] or self._files.login(user) is not None

    def get_home_dir(self, user: str) -> str:
        login = self._files.login(user)
        return str(login.folder if login else self._files.incoming)

    def get_perms(self, user: str) -> str:
        return _SENDER if user == ANONYMOUS[0] else _RECIPIENT

    def has_perm(self, user: str, perm: str, path: str | None = None) -> bool:  # noqa: ARG002 - asked so
        return perm in self.get_perms(user)

    def get_msg_login(self, _user: str) -> str:
        return "Welcome to the store of the stand"

    def get_msg_quit(self, _user: str) -> str:
        return "Goodbye"

    def impersonate_user(self, _user: str, _password: str) -> None:
        """The stand has no system users."""

    def terminate_impersonation(self, _user: str) -> None:
        """The stand has no system users."""


class _Transfer(DTPHandler):  # type: ignore[misc]
    """A transfer that may break in the middle or carry other bytes."""

    def send(self, data: bytes) -> int:
        trouble = self.cmd_channel.trouble
        if trouble == Fault.FTP_SPOILT and data:
            self.cmd_channel.trouble = ""
            return int(super().send(bytes((data[0] ^ 1, *data[1:]))))
        if trouble == Fault.FTP_CUT:
            sent = int(super().send(data[: max(1, len(data) // 2)]))
            self._break()
            return sent
        return int(super().send(data))

    def recv(self, size: int) -> bytes:
        data = bytes(super().recv(size))
        if self.cmd_channel.trouble == Fault.FTP_CUT and data:
            self.cmd_channel.trouble = "cutting"
            return data[: max(1, len(data) // 2)]
        if self.cmd_channel.trouble == "cutting":
            self._break()
            return b""
        return data

    def _break(self) -> None:
        """Break both connections; the library's loop finds them broken and lets go of them."""
        for connection in (self.cmd_channel.socket, self.socket):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(FTPHandler):  # type: ignore[misc]
    """A session whose commands may meet a trouble."""

    auth_failed_timeout = 0  # seconds
    use_sendfile = False  # every byte goes through `send`
    dtp_handler = _Transfer
    banner = "sedlink stand"
    troubles: Troubles
    trouble = ""

    def _met(self, command: str, path: str, *kinds: Fault) -> bool:
        """Draw a trouble for a command; tell whether it was refused."""
        self.trouble = self.troubles.pick("FTP", f"{command} {Path(path).parent.name}", kinds)
        if self.trouble == Fault.FTP_ERROR:
            self.respond("450 The store is busy, try again.")
            return True
        return False

    def ftp_RETR(self, file: str) -> Any:  # noqa: ANN401, N802 - the library's
        """Send a file."""
        if not self._met("RETR", file, Fault.FTP_ERROR, Fault.FTP_CUT, Fault.FTP_SPOILT):
            return super().ftp_RETR(file)
        return None

    def ftp_STOR(self, file: str, mode: str = "w") -> Any:  # noqa: ANN401, N802 - the library's
        """Take a file, or more of it."""
        if not self._met("STOR", file, Fault.FTP_ERROR, Fault.FTP_CUT):
            return super().ftp_STOR(file, mode)
        return None


class FtpFace:
    """Serves the store in a thread from `start` to `stop`; port 0 = any free one."""

    def __init__(
        self, files: FileStore, troubles: Troubles, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        handler = type("_Session", (_Handler,), {"authorizer": _Authorizer(files), "troubles": troubles})
        self._loop = IOLoop()
        self._server = FTPServer((host, port), handler, ioloop=self._loop)
        self._server.max_cons = 256
        self.host, self.port = host, int(self._server.address[1])
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stand-ftp", daemon=True)

    @property
    def url(self) -> str:
        """Where the store is reached."""
        return f"ftp://{self.host}:{self.port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and break open sessions."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        else:
            self._server.close_all()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._loop.loop(timeout=0.05, blocking=False)
        self._server.close_all()
