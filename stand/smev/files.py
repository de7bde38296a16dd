"""The bus's file store on disk: what senders put in, what recipients may take, and the checks of it.

Senders log in as anonymous/smev and put one file into a folder named by the attachment's uuid; a recipient
gets a name and password for each attachment.
"""

import base64
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from smev.errors import SmevError
from smev.gost import cms
from smev.gost.algorithms import Digest
from smev.gost.provider import Provider, digest
from stand.smev.parcels import InStore, Parcel

ANONYMOUS = ("anonymous", "smev")
_PIECE = 1 << 20
_LONGEST_NAME = 200  # bytes


class BadFileError(Exception):
    """A file is missing or is not what its header says; the text says which and how."""


@dataclass(frozen=True, slots=True)
class Login:
    """A name and password by which one attachment may be taken."""

    user: str
    password: str
    folder: Path


class FileStore:
    """Folders `incoming/{uuid}`, `outgoing/{user}`, `own`. Thread-safe."""

    def __init__(self, folder: Path, gost: Provider) -> None:
        self.incoming, self.outgoing, self._own = (folder / name for name in ("incoming", "outgoing", "own"))
        for one in (self.incoming, self.outgoing, self._own):
            one.mkdir(parents=True, exist_ok=True)
        self._gost = gost
        self._lock = threading.Lock()
        self._logins: dict[str, Login] = {}
        self._given: dict[tuple[str, str], tuple[str, str, str, str]] = {}

    def find(self, uuid: str) -> Path | None:
        """Return the one file that a sender put under a uuid, None when there is none or more than one."""
        if not is_uuid(uuid):
            return None
        folder = self.incoming / uuid
        files = [one for one in folder.iterdir() if one.is_file()] if folder.is_dir() else []
        return files[0] if len(files) == 1 else None

    def put(self, content: bytes, name: str, mime_type: str, uuid: str, signature: bytes | None) -> InStore:
        """Keep a file that one of the stand's own systems, or a face for a client, sends."""
        path = self._own / uuid4().hex
        path.write_bytes(content)
        return InStore(uuid, name, mime_type, self.hash(path), path, signature)

    def hash(self, path: Path) -> str:
        """Return base64 of a file's GOST digest (Streebog-256), as `Hash` wants it."""
        with path.open("rb") as source:
            value = digest(self._gost, Digest.STREEBOG_256, _pieces(source.read))
        return base64.b64encode(value).decode()

    def check(self, file: InStore) -> None:
        """Compare a file with its header. Raises BadFileError."""
        if not file.path.is_file():
            raise BadFileError(f"file {file.uuid} is not in the store")
        found = self.hash(file.path)
        if found != file.digest:
            raise BadFileError(f"file {file.uuid}: Hash is of other bytes")
        if file.signature is not None:
            with file.path.open("rb") as source:
                self.check_cms(file.signature, _pieces(source.read), file.uuid)

    def check_cms(self, signature: bytes, content: bytes | Iterator[bytes], name: str) -> None:
        """Check a detached CMS over bytes. Raises BadFileError."""
        try:
            parts = cms.load(signature).signatures
            if len(parts) != 1:
                raise BadFileError(f"file {name}: {len(parts)} signatures in the CMS, one is wanted")
            value = digest(self._gost, parts[0].digest, content)
            good = parts[0].message_digest in (None, value) and parts[0].verify(self._gost, value)
        except SmevError as error:
            raise BadFileError(f"file {name}: its CMS cannot be read: {error}") from error
        if not good:
            raise BadFileError(f"file {name}: the CMS is not of these bytes")

    def open_for(self, parcel: Parcel) -> list[tuple[str, str, str, str]]:
        """Return (uuid, user, password, file name) for each stored file of a parcel that is handed out.

        The same parcel handed out again has the same names and passwords.
        """
        return [self._open(parcel.id, file) for file in parcel.files]

    def login(self, user: str) -> Login | None:
        """Return a recipient's login."""
        return self._logins.get(user)

    def close_for(self, parcel: Parcel) -> None:
        """Forget the logins of an acknowledged parcel and its files."""
        for file in parcel.files:
            with self._lock:
                told = self._given.pop((parcel.id, file.uuid), None)
                login = self._logins.pop(told[1], None) if told else None
            if login:
                shutil.rmtree(login.folder, ignore_errors=True)

    def _open(self, message_id: str, file: InStore) -> tuple[str, str, str, str]:
        with self._lock:
            known = self._given.get((message_id, file.uuid))
            if known:
                return known
            user, password = secrets.token_hex(8), secrets.token_hex(8)
            folder = self.outgoing / user
            name = plain_name(file.name)
            (folder / file.uuid).mkdir(parents=True)
            for path in (folder / name, folder / file.uuid / name):  # by both ways that are met
                path.hardlink_to(file.path)
            self._logins[user] = Login(user, password, folder)
            self._given[message_id, file.uuid] = told = (file.uuid, user, password, f"/{name}")
            return told


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(_PIECE):
        yield piece


def plain_name(name: str) -> str:
    """Return a name that any file system takes, with the ending of the one that somebody chose."""
    plain = re.sub(r"[\x00-\x1f\x7f/\\]", "_", name).strip(". ") or "content"
    stem, dot, ending = plain.rpartition(".")
    if len(plain.encode()) <= _LONGEST_NAME:
        return plain
    kept = f"{dot}{ending}" if stem and len(ending.encode()) <= 20 else ""
    return plain.encode()[: _LONGEST_NAME - len(kept.encode())].decode(errors="ignore") + kept


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
