"""The mail service: takes messages from ToSend into Sended or Error, unloads what comes; with faults."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger
from stand.medo.sheet import RefusedSheetError, Sheet, read_sheet, write_letter
from stand.medo.writing import Letter, local

Later = Callable[[float, Callable[[], None]], None]  # do this after so many seconds
ENVELOPE = "envelope.ini"


class MailService:
    """The transport folders below one folder: ToSend, Sended, Error, and In where messages are unloaded."""

    def __init__(
        self,
        folder: Path,
        box: str,
        faults: FaultPlan,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime],
        later: Later,
        fsync: bool = True,
    ) -> None:
        self.to_send, self.sent = folder / "ToSend", folder / "Sended"
        self.error, self.unloaded = folder / "Error", folder / "In"
        for place in (self.to_send, self.sent, self.error, self.unloaded):
            place.mkdir(parents=True, exist_ok=True)
        self._box = box
        self._faults = faults
        self._ledger = ledger
        self._clock = clock
        self._later = later
        self._fsync = fsync
        self._asleep: set[str] = set()  # messages that the service is slow with

    # ---- what sedlink sends

    @property
    def waiting(self) -> bool:
        """Whether a message lies in ToSend."""
        return any(self.to_send.glob(f"[!.]*/{ENVELOPE}"))

    def take(self) -> Iterator[tuple[Path, Sheet]]:
        """Yield the messages that are sent now, with where they lie; what is wrong goes to Error."""
        for path in sorted(self.to_send.glob(f"[!.]*/{ENVELOPE}")):
            folder = path.parent
            if folder.name in self._asleep or self._strikes(folder):
                continue
            try:
                sheet = read_sheet(path.read_bytes(), self._box)
            except RefusedSheetError as refused:
                self._ledger.note("sed_rejected", file=folder.name, code=0, wrong=str(refused))
                self._refuse(folder, str(refused))
                continue
            target = self._free(self.sent / folder.name)
            folder.rename(target)
            yield target, sheet

    def _strikes(self, folder: Path) -> bool:
        """Whether the service leaves a message for now: slow, or refused and put back by a person later."""
        fault = self._faults.pick(f"take {folder.name}", [Fault.SLOW, Fault.NOT_SENT])
        if fault is None:
            return False
        self._ledger.note("fault", kind=str(fault), call="take")
        if fault is Fault.SLOW:
            self._asleep.add(folder.name)
            self._later(self._faults.pains.slow, lambda: self._asleep.discard(folder.name))
            return True
        self._refuse(folder, "Адресат временно недоступен")
        self._later(self._faults.pains.not_sent, lambda: self._put_back(folder))
        return True

    def _refuse(self, folder: Path, why: str) -> None:
        folder.rename(self.error / folder.name)
        text = f"Ошибка автоотправки\r\n{why}\r\n"
        (self.error / f"{folder.name}.ERR").write_bytes(text.encode("windows-1251", errors="replace"))

    def _put_back(self, folder: Path) -> None:
        (self.error / f"{folder.name}.ERR").unlink()
        (self.error / folder.name).rename(folder)

    # ---- what it unloads

    def unload(self, letter: Letter, key: str, seen: Callable[[], None], *, whole: bool = False) -> None:
        """Unload a message into a folder of its own; `seen` is called just before all of it can be read."""
        name = f"{letter.subject.splitlines()[0][:40].replace(':', '-')} {uuid4().hex[:8]}"
        kinds = [Fault.STRAY_FILE, Fault.GARBAGE] + ([] if whole else [Fault.HALF_WRITTEN])
        fault = self._faults.pick(f"unload {key}", kinds)
        if fault:
            self._ledger.note("fault", kind=str(fault), call=letter.subject.splitlines()[0])
        files = {letter.passport: letter.xml, **{name: spec.content() for name, spec in letter.files}}
        sheet = self._sheet(letter, list(files))
        if fault is Fault.GARBAGE:
            self._rubbish()
        if fault is Fault.STRAY_FILE:
            (self.unloaded / f"AutoSend-{uuid4().hex[:6]}.LOG").write_bytes(b"\0stray")
        folder = self.unloaded / name
        if fault is Fault.HALF_WRITTEN:
            folder.mkdir()
            self._write(folder / letter.passport, letter.xml[: len(letter.xml) // 2])
            self._write(folder / "letter.LTR", sheet)
            pause = self._faults.pains.half_written
            self._later(pause, lambda: self._complete(folder, files, seen))
            return
        hidden = self.unloaded / f".{name}"
        hidden.mkdir()
        for file, content in {**files, "letter.LTR": sheet}.items():
            self._write(hidden / file, content)
        seen()
        hidden.rename(folder)

    def _complete(self, folder: Path, files: dict[str, bytes], seen: Callable[[], None]) -> None:
        seen()
        if folder.is_dir():
            for name, content in reversed(list(files.items())):  # the message itself last
                self._write(folder / name, content)

    def _sheet(self, letter: Letter, files: list[str]) -> bytes:
        utf8 = self._faults.chance("sheet", letter.subject, len(letter.xml)) < 0.1
        encoding = "utf-8" if utf8 else "windows-1251"
        return write_letter(letter.subject, self._box, files, local(self._clock()), encoding=encoding)

    def _rubbish(self) -> None:
        """Unload what is no message, all of it at once: whatever shows may be taken away at once."""
        folder = self.unloaded / f"Спам {uuid4().hex[:8]}"
        hidden = folder.with_name(f".{folder.name}")
        hidden.mkdir()
        self._write(hidden / "letter.LTR", b"\x00\xff\x00 not a letter")
        self._write(hidden / "notification.xml", b"<html><body>not a message</body></html>")
        hidden.rename(folder)

    def _write(self, path: Path, content: bytes) -> None:
        with path.open("wb") as binary:
            binary.write(content)
            if self._fsync:
                binary.flush()
                os.fsync(binary.fileno())

    @staticmethod
    def _free(path: Path) -> Path:
        place, number = path, 1
        while place.exists():
            number += 1
            place = path.with_name(f"{path.name}~{number}")
        return place
