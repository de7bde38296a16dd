"""The file store of SMEV by FTP: uploads and downloads that go on where they broke.

Sources: RFC 959, RFC 3659 (SIZE, REST). A file is sent into a folder named by its uuid, as `anonymous`; a
received one is taken under the name and password that its message carries.
"""

import contextlib
import ftplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from smev.client.faults import BrokenFileError, NotSentError
from smev.client.files import size_of, unreadable, unwritable
from smev.client.words import IncomingFile
from smev.errors import SetupError

_PIECE = 1 << 18
_LINE_FAILS = (ftplib.Error, EOFError, OSError)
_ENCODING = "latin-1"  # any greeting can be read; names are given as UTF-8 in it
_UNSAFE_PATH = re.compile(r"[\x00-\x1f\x7f]")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True, slots=True)
class FileStore:
    """Where the file store is and who we are to it when we upload.

    `url` is ftp://host[:port] or ftps://host[:port] (TLS on the control and data lines, verified).
    """

    url: str
    user: str = "anonymous"
    password: str = field(default="smev", repr=False)  # the one that everybody has
    timeout: float = 60.0  # seconds of silence
    max_file: int = 1 << 30  # bytes
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            sound = (
                parts.scheme in ("ftp", "ftps") and parts.hostname and not parts.username and parts.port != 0
            )
        except ValueError:
            sound = False
        if not sound:
            raise SetupError(
                "ftp-malformed", "{url}: write an address like ftp://smev.example.org", url=self.url
            )

    def upload(self, uuid: str, name: str, path: Path) -> None:
        """Put a file into the folder `uuid`; what an earlier attempt brought there is gone on with.

        Raises NotSentError when the store cannot be reached or breaks off: call again. SetupError when it
        refuses us or the file cannot be read.
        """
        size = size_of(path)
        name = _wire(safe_name(name))
        try:
            with self._session(self.user, self.password) as ftp:
                with contextlib.suppress(ftplib.error_perm):  # it is there from an earlier attempt
                    ftp.mkd(uuid)
                ftp.cwd(uuid)
                _put(ftp, name, path, size)
        except ftplib.error_perm as error:
            raise SetupError("ftp-refused", "the file store refused: {reason}", reason=str(error)) from error

    def download(self, file: IncomingFile, part: Path) -> None:
        """Bring a file into `part`, going on from what is there.

        Raises BrokenFileError when the store does not have it, does not let us in or it is too large,
        NotSentError when the line broke: call again.
        """
        if any(_UNSAFE_PATH.search(text) for text in (file.id, file.location, file.user, file.password)):
            raise BrokenFileError(file.name or file.id, "its path in the file store has control characters")
        try:
            with self._session(file.user or self.user, file.password or self.password) as ftp:
                self._get(ftp, file, part)
        except ftplib.error_perm as error:
            raise BrokenFileError(file.name or file.id, f"the file store refused: {error}") from error
        except _TooLargeError as error:
            raise BrokenFileError(file.name or file.id, f"more than {self.max_file} bytes") from error

    def _get(self, ftp: ftplib.FTP, file: IncomingFile, part: Path) -> None:
        """Bring the file; its path is told from the root or from its own folder, as the edition has it."""
        location = _wire(file.location)
        bare = location.lstrip("/")
        paths = dict.fromkeys((location, bare, f"{_wire(file.id)}/{bare}"))
        data, offset = _open(ftp, tuple(paths), part.stat().st_size if part.exists() else 0)
        with data:
            _receive(data, part, offset, self.max_file)
        ftp.voidresp()

    def check(self) -> None:
        """Log in and out. Raises NotSentError, SetupError."""
        try:
            with self._session(self.user, self.password) as ftp:
                ftp.voidcmd("NOOP")
        except ftplib.error_perm as error:
            raise SetupError("ftp-refused", "the file store refused: {reason}", reason=str(error)) from error

    @contextmanager
    def _session(self, user: str, password: str) -> Iterator[ftplib.FTP]:
        parts = urlsplit(self.url)
        try:
            ftp = self._client(parts.scheme)
            try:
                ftp.connect(parts.hostname or "", parts.port or ftplib.FTP_PORT)
                ftp.login(_wire(user), _wire(password))
                if isinstance(ftp, ftplib.FTP_TLS):
                    ftp.prot_p()
                ftp.voidcmd("TYPE I")
                yield ftp
                with contextlib.suppress(
                    *ftplib.all_errors
                ):  # the work is done, a rude farewell changes nothing
                    ftp.quit()
            finally:
                ftp.close()
        except ftplib.error_perm:
            raise
        except _LINE_FAILS as error:
            raise NotSentError(f"{self.url}: {str(error) or type(error).__name__}") from error

    def _client(self, scheme: str) -> ftplib.FTP:
        if scheme == "ftps":
            context = self.context or ssl.create_default_context()
            return ftplib.FTP_TLS(timeout=self.timeout, encoding=_ENCODING, context=context)  # noqa: S321
        return ftplib.FTP(timeout=self.timeout, encoding=_ENCODING)  # noqa: S321


class _TooLargeError(Exception):
    """The store offers more than is allowed."""


def safe_name(name: str) -> str:
    """Return a file name that is one name on the other side, too: no folders, no control characters."""
    cleaned = _UNSAFE.sub("_", name).strip(". ")
    return cleaned.encode()[-200:].decode("utf-8", "ignore").lstrip(". ") or "file"


def _wire(name: str) -> str:
    """Return a name so that its octets on the line are UTF-8."""
    return name.encode("utf-8", "surrogatepass").decode(_ENCODING)


def _put(ftp: ftplib.FTP, name: str, path: Path, size: int) -> None:
    there = _size(ftp, name)
    if there == size:
        return
    try:
        source = path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error
    with source:
        _store(ftp, name, source, there if there is not None and there < size else 0)
    arrived = _size(ftp, name)
    if arrived not in (None, size):
        raise NotSentError(f"{arrived} bytes of {size} arrived in the file store")


def _store(ftp: ftplib.FTP, name: str, source: BinaryIO, offset: int) -> None:
    if offset:
        source.seek(offset)
        try:
            ftp.storbinary(f"APPE {name}", source, _PIECE)
        except ftplib.error_perm:  # this store cannot go on in the middle
            source.seek(0)
        else:
            return
    ftp.storbinary(f"STOR {name}", source, _PIECE)


def _size(ftp: ftplib.FTP, name: str) -> int | None:
    """Return the size of a file of the store, None when there is none or the store cannot tell."""
    try:
        return ftp.size(name)
    except ftplib.error_perm:
        return None


def _open(ftp: ftplib.FTP, paths: Sequence[str], offset: int) -> tuple[socket.socket, int]:
    """Return the data line of a file and where in the file it starts: the offset, or 0 if that cannot be."""
    refusals = []
    for start in dict.fromkeys((offset, 0)):
        for path in paths:
            try:
                return ftp.transfercmd(f"RETR {path}", start or None), start
            except ftplib.error_perm as error:
                refusals.append(error)
    raise refusals[-1]


def _receive(data: socket.socket, part: Path, offset: int, limit: int) -> None:
    try:
        target = part.open("ab" if offset else "wb")
    except OSError as error:
        raise unwritable(part, error) from error
    with target:
        while piece := data.recv(_PIECE):
            offset += len(piece)
            if offset > limit:
                raise _TooLargeError
            try:
                target.write(piece)
            except OSError as error:
                raise unwritable(part, error) from error
