"""The folder where the mail service unloads what came: one sub-folder per message (sed.md section 2)."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from config.i18n import _
from connector.sed.medo import container
from connector.sed.medo.envelope import Envelope, read_envelope
from connector.sed.medo.message import Message
from connector.sed.medo.reading import read
from connector.sed.medo.settings import MedoSettings
from connector.sed.medo.words import NoticeKind
from connector.sed.passport import BrokenMessageError, NotWellFormedError, read_uuid
from connector.sed.waiting import Settling, read_at_most

NO_DIGEST = "-"
UNKNOWN_TIME = datetime.min.replace(tzinfo=UTC)
_ENVELOPES = (".ltr", ".ini")
_PASSPORTS = ("document.xml", "notification.xml", "acknowledgment.xml", "passport.xml", "message.xml")
_ENVELOPE_LIMIT = 1 << 20  # bytes
_GUID = re.compile(rb"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class IncompleteError(Exception):
    """A message that is still being written; the next look finds more of it."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A message that waits: its folder, its envelope (empty while there is none), when it was made."""

    folder: str
    envelope: str
    time: datetime
    arrived: int  # nanoseconds, as fine as the share's clock
    conversation: str = ""  # our document's UUID, as far as it can be told
    rank: int = 0  # its place among messages of one second: headers bear whole seconds


@dataclass(frozen=True, slots=True)
class Taken:
    """A complete message. `paths` tells by a file's name where it lies below the folder; `sizes` in bytes."""

    message: Message
    place: str
    digest: str  # of the passport's bytes: tells messages apart that came under one name
    arrived: datetime
    address: str  # of the sender's mail box
    paths: dict[str, str]
    sizes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message and the mail box that sent it (empty when the envelope does not tell)."""

    message: Message
    address: str


class Incoming:
    """The in-folder. Reading changes nothing in it. `knows` tells whether a document is ours."""

    def __init__(self, settings: MedoSettings, settling: Settling, knows: Callable[[UUID], bool]) -> None:
        self._settings = settings
        self._settling = settling
        self._knows = knows
        self._slips: dict[tuple[str, int, int], Slip] = {}

    def slips(self) -> list[Slip]:
        """Return what waits by the time of the messages, then as such things follow one another.

        Several may be made in one second and arrive in one tick of the share's clock, so neither tells their
        order: receipt, registration or refusal, the course, the answer does.
        An envelope that appeared just now waits for the next look: listing a folder is not one moment.
        A folder without an envelope is shown too: it is not complete, and one day it is broken.
        """
        began = self._settling.now()
        known, found, waiting = self._slips, {}, []
        for place in self._folders():
            with suppress(FileNotFoundError):  # taken by another worker meanwhile
                envelope = envelope_of(place)
                state = (place / envelope).stat() if envelope else place.stat()
                if envelope and not self._settling.settled(place / envelope, state, began):
                    continue
                mark = (place.name, state.st_mtime_ns, state.st_size)
                slip = known.get(mark) or self._slip(place, envelope, state.st_mtime_ns)
                waiting.append(slip)
                if slip.envelope and slip.time != UNKNOWN_TIME:
                    found[mark] = slip
        self._slips = found
        return sorted(waiting, key=lambda slip: (slip.time, slip.rank, slip.arrived, slip.folder))

    def _folders(self) -> Iterator[Path]:
        with os.scandir(self._settings.folder_in) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        return (self._settings.folder_in / name for name in names if not name.startswith("."))

    def _slip(self, place: Path, envelope: str, arrived: int) -> Slip:
        content = b""
        with suppress(BrokenMessageError, OSError):
            for name in _candidates(place_files(place)):
                content = self._bytes(place / name, self._settings.max_passport_size)
                message = read(content, what=label(place.name), zone=self._settings.zone)
                time = time_of(message) or datetime.fromtimestamp(arrived / 1e9, UTC)
                return Slip(place.name, envelope, time, arrived, _conversation(message), _rank(message))
        ours = (
            uid for one in _GUID.findall(content) if (uid := read_uuid(one.decode())) and self._knows(uid)
        )
        return Slip(place.name, envelope, UNKNOWN_TIME, arrived, str(next(ours, "")))

    # ---- taking one message

    def take(self, slip: Slip) -> Taken:
        """Return the message. Raises IncompleteError while it is being written, BrokenMessageError for good.

        What is not complete and did not change for `patience` seconds is broken.
        """
        place = self._settings.folder_in / slip.folder
        try:
            return self._take(place, slip)
        except (IncompleteError, OSError, BrokenMessageError) as trouble:
            final = isinstance(trouble, BrokenMessageError) and not isinstance(trouble, NotWellFormedError)
            if final or self._idle(place) >= self._settings.patience:
                raise _broken(place, trouble) from trouble
            raise IncompleteError(str(trouble)) from trouble

    def _take(self, place: Path, slip: Slip) -> Taken:
        if not slip.envelope:
            raise IncompleteError(_("the envelope (.LTR)"))
        present = place_files(place)
        envelope = self._envelope(place / slip.envelope)
        listed = [name for name in envelope.file_names if name.casefold() != slip.envelope.casefold()]
        for name in listed or present.values():
            self._complete(place, present, name)
        passport, content = self._passport(place, present)
        message = read(content, what=f"{label(place.name)}/{passport}", zone=self._settings.zone)
        arrived = datetime.fromtimestamp((place / slip.envelope).stat().st_mtime, UTC)
        taken = Taken(
            message=message, place=place.name, digest=_digest(content), arrived=arrived,
            address=next(iter(envelope.addresses), ""), paths={}, sizes={},
        )  # fmt: skip
        add_files = self._unpacked if message.container else self._with_files
        return add_files(place, present, taken)

    def _envelope(self, path: Path) -> Envelope:
        """Read the envelope; one that cannot be read hides no message: the folder itself tells its files."""
        try:
            return read_envelope(self._bytes(path, _ENVELOPE_LIMIT), what=path.name)
        except BrokenMessageError:
            return Envelope()

    def _with_files(self, place: Path, present: dict[str, str], taken: Taken) -> Taken:
        names = [file.name for file in taken.message.files]
        sizes = {name: self._complete(place, present, name) for name in names}
        return replace(taken, paths={name: present[name.casefold()] for name in names}, sizes=sizes)

    def _unpacked(self, place: Path, present: dict[str, str], taken: Taken) -> Taken:
        self._complete(place, present, taken.message.container)
        zipped = present[taken.message.container.casefold()]
        what = f"{label(place.name)}/{zipped}"
        with container.opened(place / zipped, self._settings.max_container_size, what=what) as packed:
            content = container.passport_of(packed, what, self._settings.max_passport_size)
            document, files = container.read_passport(content, what=what)
            held = {one.filename.casefold(): one for one in packed.infolist()}
        for file in files:
            if file.name.casefold() not in held:
                sentence = _("{what}: file {name} is not in the container").format(what=what, name=file.name)
                raise BrokenMessageError(sentence, field="container")
        found = {file.name: held[file.name.casefold()] for file in files}
        return replace(
            taken,
            message=replace(taken.message, document=document, files=files),
            paths={name: f"{zipped}/{one.filename}" for name, one in found.items()},
            sizes={name: one.file_size for name, one in found.items()},
        )

    def _complete(self, place: Path, present: dict[str, str], name: str) -> int:
        """Return a file's size once it is there and still for a moment."""
        if name.casefold() not in present:
            raise IncompleteError(name)
        path = place / present[name.casefold()]
        if path.is_symlink():
            sentence = _("{what} is a link, refused").format(what=f"{label(place.name)}/{path.name}")
            raise BrokenMessageError(sentence, field="files")
        state = path.stat()
        if not self._settling.settled(path, state):
            raise IncompleteError(_("file {name} is still being written").format(name=path.name))
        return state.st_size

    def _passport(self, place: Path, present: dict[str, str]) -> tuple[str, bytes]:
        """Return the file that is the message: the only XML of its kind, whatever its name."""
        troubles: list[BrokenMessageError] = []
        for name in _candidates(present):
            content = self._bytes(place / name, self._settings.max_passport_size)
            try:
                read(content, what=f"{label(place.name)}/{name}")
            except BrokenMessageError as error:
                if isinstance(error, NotWellFormedError) or name.casefold() in _PASSPORTS:
                    troubles.append(error)
            else:
                return name, content
        if troubles:
            raise next((one for one in troubles if isinstance(one, NotWellFormedError)), troubles[0])
        sentence = _("{place}: no message's XML is in the folder").format(place=label(place.name))
        raise BrokenMessageError(sentence, field="files")

    def _bytes(self, path: Path, limit: int) -> bytes:
        if path.is_symlink():
            sentence = _("{what} is a link, refused").format(what=f"{label(path.parent.name)}/{path.name}")
            raise BrokenMessageError(sentence, field="files")
        content = read_at_most(path, limit)
        if len(content) > limit:
            sentence = _("{what} is larger than {limit} bytes").format(what=path.name, limit=limit)
            raise BrokenMessageError(sentence, field=path.name)
        return content

    def _idle(self, place: Path) -> float:
        """Return for how long nothing changed about the message, in seconds."""
        states = []
        for path in (place, *(place.iterdir() if place.is_dir() else ())):
            with suppress(FileNotFoundError):
                states.append(path.stat())
        return self._settling.idle(states) if states else 0.0

    def letter(self, folder: str) -> Letter:
        """Return a message without its files. Raises BrokenMessageError, FileNotFoundError."""
        place = self._settings.folder_in / folder
        passport, content = self._passport(place, place_files(place))
        message = read(content, what=f"{label(folder)}/{passport}", zone=self._settings.zone)
        found = envelope_of(place)
        envelope = self._envelope(place / found) if found else Envelope()
        return Letter(message, next(iter(envelope.addresses), ""))

    def digest(self, folder: str) -> str:
        """Return the fingerprint of the message that lies in a folder now, "-" when none can be read."""
        place = self._settings.folder_in / folder
        with suppress(OSError, BrokenMessageError):
            return _digest(self._passport(place, place_files(place))[1])
        return NO_DIGEST


def _candidates(present: dict[str, str]) -> list[str]:
    """Return the XML files, those with a usual name of a message first."""
    found = [name for key, name in present.items() if key.endswith(".xml")]
    return sorted(found, key=lambda name: (name.casefold() not in _PASSPORTS, name))


def label(folder: str) -> str:
    """Return how a message's folder is called in sentences: by the end of the name that it gets in `broken`.

    Its own name begins with the letter's subject, which may name people; sentences go into logs and mails.
    """
    return f"~{sha256(folder.encode(errors='replace')).hexdigest()[:8]}"


def place_files(place: Path) -> dict[str, str]:
    """Return a folder's file names by themselves in lower case: a Windows peer minds no letter case."""
    return {
        path.name.casefold(): path.name
        for path in sorted(place.iterdir())
        if not path.is_dir() and not path.name.startswith(".")
    }


def time_of(message: Message) -> datetime | None:
    """Return when a message was made: its own time, else that of what it tells."""
    told = message.notice.time if message.notice else None
    if message.acknowledgment:
        told = message.acknowledgment.time
    return message.created or told


def _conversation(message: Message) -> str:
    if message.notice and message.notice.uid:
        return str(message.notice.uid)
    links = message.document.links if message.document else ()
    return str(next((link.uid for link in links if link.uid), ""))


def _rank(message: Message) -> int:
    if message.acknowledgment:
        return 0
    if message.notice is None:
        return 3  # a document: an answer
    return 1 if message.notice.kind in (NoticeKind.REGISTERED, NoticeKind.REFUSED) else 2


def envelope_of(place: Path) -> str:
    """Return the name of a folder's envelope, `.LTR` before `.ini`; "" when there is none."""
    names = sorted(path.name for path in place.iterdir() if path.suffix.casefold() in _ENVELOPES)
    return next(iter(sorted(names, key=lambda name: not name.casefold().endswith(".ltr"))), "")


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def _broken(place: Path, trouble: Exception) -> BrokenMessageError:
    if isinstance(trouble, BrokenMessageError):
        return trouble
    what = Path(trouble.filename or "").name if isinstance(trouble, OSError) else str(trouble)
    sentence = _("{place}: never completed, {what} is missing or half-written").format(
        place=label(place.name), what=what or "—"
    )
    return BrokenMessageError(sentence, field="files")
