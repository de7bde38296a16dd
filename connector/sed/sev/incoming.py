"""The folder from the SED: which messages are complete, in which order, and where read ones go (sed.md 6)."""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from config.i18n import _
from connector.errors import PermanentError
from connector.sed.names import is_plain_name
from connector.sed.passport import BrokenMessageError, NotWellFormedError
from connector.sed.sev.envelope import read_envelope
from connector.sed.sev.message import (
    PASSPORTS,
    UNKNOWN_TIME,
    Message,
    listed_sizes,
    passport_digest,
    peek,
    read_message,
)
from connector.sed.sev.settings import SevSettings
from connector.sed.waiting import Settling, move_aside, read_at_most

_HEAD = 8192  # bytes of a passport that tell its time
_ENVELOPE_LIMIT = 1 << 20  # bytes
_NO_DIGEST = "-"
_PASSPORTS = frozenset(name.casefold() for name in PASSPORTS)


class IncompleteError(Exception):
    """A message that is still being written; the next look finds more of it."""


@dataclass(frozen=True, slots=True)
class Slip:
    """An envelope that waits: where its message lies and when the header says it was made."""

    envelope: str  # file name
    folder: str  # of the message; empty when the envelope cannot be read
    time: datetime
    conversation: str = ""  # the ReturnID, as far as it can be told from the first bytes
    trouble: BrokenMessageError | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A complete message with the true sizes (bytes) of its files, by name."""

    message: Message
    sizes: dict[str, int]


class Incoming:
    """The in-folder. Reading changes nothing in it; `put_away` moves, and may be repeated."""

    def __init__(self, settings: SevSettings, settling: Settling) -> None:
        self._settings = settings
        self._settling = settling
        self._slips: dict[tuple[str, int, int], Slip] = {}

    def slips(self) -> list[Slip]:
        """Return the waiting envelopes by the time of their messages, then by arrival and name.

        Only new ones are opened, and of their passports only the first bytes: cheap with thousands waiting.
        An envelope that appeared just now waits for the next look: listing a folder is not one moment, it may
        show a newer envelope without an older one, and a conversation would be told out of order. All of them
        are measured at the moment when the look began, for the same reason.
        """
        began = self._settling.now()
        known, found = self._slips, {}
        waiting = []
        with os.scandir(self._settings.folder_in) as entries:
            for entry in entries:
                if not self._is_envelope(entry.name):
                    continue
                with suppress(FileNotFoundError):  # taken by another worker meanwhile
                    state = entry.stat()
                    if not self._settling.settled(self._settings.folder_in / entry.name, state, began):
                        continue
                    mark = (entry.name, state.st_mtime_ns, state.st_size)
                    slip = known.get(mark) or self._slip(entry.name)
                    waiting.append((slip.time, state.st_mtime_ns, slip.envelope, slip))
                    if slip.folder and slip.time != UNKNOWN_TIME:
                        found[mark] = slip
        self._slips = found
        return [slip for *_order, slip in sorted(waiting, key=lambda one: one[:3])]

    @staticmethod
    def _is_envelope(name: str) -> bool:
        return name.lower().endswith(".env") and not name.startswith(".")

    def _slip(self, name: str) -> Slip:
        try:
            envelope = read_envelope(self._bytes(name, _ENVELOPE_LIMIT), stem=name[: -len(".env")])
        except BrokenMessageError as error:
            stem = name[: -len(".env")]
            own = is_plain_name(stem) and (self._settings.folder_in / stem).is_dir()
            return Slip(name, stem if own else "", UNKNOWN_TIME, trouble=error)
        return Slip(name, envelope.message_folder, *self._peek(envelope.message_folder))

    def _peek(self, folder: str) -> tuple[datetime, str]:
        with suppress(FileNotFoundError, NotADirectoryError):
            place = self._settings.folder_in / folder
            with (place / _passport_name(place)).open("rb") as passport:
                return peek(passport.read(_HEAD), self._settings.zone)
        return UNKNOWN_TIME, ""

    def _bytes(self, name: str, limit: int) -> bytes:
        content = read_at_most(self._settings.folder_in / name, limit)
        if len(content) > limit:
            sentence = _("{what} is larger than {limit} bytes").format(what=name, limit=limit)
            raise BrokenMessageError(sentence, field=name)
        return content

    # -- taking one message

    def take(self, slip: Slip) -> Taken:
        """Return the message. Raises IncompleteError while it is being written, BrokenMessageError for good.

        What is not complete and did not change for `patience` seconds is broken.
        """
        try:
            return self._take(slip)
        except (IncompleteError, OSError, BrokenMessageError) as trouble:
            final = isinstance(trouble, BrokenMessageError) and not isinstance(trouble, NotWellFormedError)
            if final or self._idle(slip) >= self._settings.patience:
                raise self._broken(slip, trouble) from trouble
            raise IncompleteError(str(trouble)) from trouble

    def _take(self, slip: Slip) -> Taken:
        if slip.trouble:
            raise slip.trouble
        place = self._settings.folder_in / slip.folder
        _refuse_link(place)
        _refuse_link(place / _passport_name(place))
        content = self._bytes(f"{slip.folder}/{_passport_name(place)}", self._settings.max_passport_size)
        arrived = datetime.fromtimestamp((self._settings.folder_in / slip.envelope).stat().st_mtime, UTC)
        message = read_message(content, place=slip.folder, zone=self._settings.zone, arrived=arrived)
        present = {name.casefold(): name for name in _names(place)}  # a Windows peer minds no letter case
        actual = {number: present.get(name.casefold(), name) for number, name in message.resources.items()}
        message = replace(message, resources=actual)
        listed = listed_sizes(message)
        others = [name for name in actual.values() if name.casefold() not in _PASSPORTS]
        return Taken(message, {name: self._complete(place / name, listed.get(name)) for name in others})

    def _complete(self, path: Path, listed: int | None) -> int:
        """Return a file's size once it is complete: as large as listed, or still for a moment."""
        _refuse_link(path)
        state = path.stat()
        short = listed is not None and state.st_size < listed
        if short or (state.st_size != listed and not self._settling.settled(path, state)):
            raise IncompleteError(_("file {name} is still being written").format(name=path.name))
        return state.st_size

    def _idle(self, slip: Slip) -> float:
        """Return for how long nothing changed about the message, in seconds."""
        place = self._settings.folder_in / slip.folder if slip.folder else None
        paths = [self._settings.folder_in / slip.envelope]
        if place is not None and place.is_dir():
            paths += [place, *place.iterdir()]
        states = []
        for path in paths:
            with suppress(FileNotFoundError):
                states.append(path.stat())
        return self._settling.idle(states) if states else 0.0

    def _broken(self, slip: Slip, trouble: Exception) -> BrokenMessageError:
        if isinstance(trouble, BrokenMessageError):
            return trouble
        what = trouble.filename if isinstance(trouble, OSError) else str(trouble)
        sentence = _("{place}: never completed, {what} is missing or half-written").format(
            place=slip.folder or slip.envelope, what=Path(what or slip.folder).name
        )
        return BrokenMessageError(sentence, field="ResourceList")

    # -- after reading

    def receipt(self, slip: Slip, taken: Taken | None) -> str:
        """Return what `put_away` needs, as text: verdict (broken where nothing was taken), digest, names."""
        verdict, digest = ("done", taken.message.digest) if taken else ("broken", self._digest(slip.folder))
        return f"{verdict}/{digest}/{slip.envelope}/{slip.folder}"

    def put_away(self, receipt: str) -> None:
        """Move a message to done (or broken); one that was replaced meanwhile stays to be read.

        The envelope goes first, into the folder: a crash in between leaves what `sweep` finds.
        """
        verdict, digest, envelope, folder = _parsed(receipt)
        source = self._settings.folder_in
        home = self._settings.done if verdict == "done" else self._settings.broken
        if folder and (source / folder).is_dir() and not (source / folder).is_symlink():
            if self._digest(folder) == digest:
                move_aside(source / envelope, source / folder / envelope)
                move_aside(source / folder, home / _kept_name(folder, digest))
        elif verdict == "broken":
            move_aside(source / envelope, home / envelope)

    def sweep(self) -> None:
        """Finish moves that a crash interrupted: folders that hold their envelope inside."""
        with os.scandir(self._settings.folder_in) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        waiting = {name[: -len(".env")].casefold() for name, _is_dir in found if self._is_envelope(name)}
        for name, is_folder in found:
            if is_folder and name.casefold() not in waiting and not name.startswith("."):
                self._finish(name)

    def _finish(self, folder: str) -> None:
        if any(map(self._is_envelope, _names(self._settings.folder_in / folder))):
            digest = self._digest(folder)
            home = self._settings.broken if digest == _NO_DIGEST else self._settings.done
            move_aside(self._settings.folder_in / folder, home / _kept_name(folder, digest))

    def _digest(self, folder: str) -> str:
        """Return the fingerprint of the message that lies in a folder now."""
        if folder:
            place = self._settings.folder_in / folder
            with suppress(OSError, BrokenMessageError):
                content = self._bytes(f"{folder}/{_passport_name(place)}", self._settings.max_passport_size)
                return passport_digest(content)
        return _NO_DIGEST

    def open_path(self, ref: str) -> Path:
        """Return where a file of a message lies now. Raises PermanentError when it is gone or not ours."""
        digest, folder, name = _parts(ref)
        kept = self._settings.done / _kept_name(folder, digest) / name
        waiting = self._settings.folder_in / folder / name
        if not kept.is_file() and waiting.is_file() and self._digest(folder) == digest:
            return waiting
        if kept.is_file():
            return kept
        sentence = _("file {name} of message {folder} is no longer in the exchange folders").format(
            name=name, folder=folder
        )
        raise PermanentError(sentence, code="file-gone", field="files")


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        sentence = _("{what} is a link, refused").format(what=f"{path.parent.name}/{path.name}")
        raise BrokenMessageError(sentence, field="ResourceList")


def _passport_name(place: Path) -> str:
    """Return the passport's file name in a message's folder, in whatever letter case it is written."""
    for name in PASSPORTS:
        if (place / name).exists():
            return name
    found = next((name for name in _names(place) if name.casefold() in _PASSPORTS), None)
    if found is None:
        raise FileNotFoundError(2, "no passport", str(place / PASSPORTS[1]))
    return found


def _names(place: Path) -> list[str]:
    return [path.name for path in place.iterdir()]


def _kept_name(folder: str, digest: str) -> str:
    return folder if digest == _NO_DIGEST else f"{folder}~{digest}"


def _parsed(receipt: str) -> tuple[str, str, str, str]:
    verdict, digest, envelope, folder = receipt.split("/")
    if (
        verdict not in {"done", "broken"}
        or not is_plain_name(envelope)
        or (folder and not is_plain_name(folder))
    ):
        raise ValueError(f"not a receipt of this folder: {receipt!r}")
    return verdict, digest, envelope, folder


def _parts(ref: str) -> tuple[str, str, str]:
    parts = ref.split("/")
    if len(parts) != 3 or not all(map(is_plain_name, parts)):
        raise PermanentError(
            _("not a file of this exchange: {ref}").format(ref=ref), code="file-gone", field="files"
        )
    return parts[0], parts[1], parts[2]
