"""Writes the package: `<guid>.json` per appeal, zip parts under a limit, put in place whole.

The names hold no personal data; the files do: only their owner may read them.
"""

import base64
import json
import os
import tempfile
import zipfile
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from connector.appeal import key_uuid
from exporter.sstu.model import REGISTERED, RESPONDED, WITH_ANSWER, Question, Record, Status

PART_BYTES = 50_000_000  # of JSON; a part is closed before it grows larger
_NEVER_LARGER = 4_000_000_000  # a zip without zip64


def wire(record: Record) -> dict[str, Any]:
    """Return a checked record as ССТУ takes it; what is not known is left out."""
    said = {
        "departmentId": str(record.department),
        "isDirect": record.direct,
        "format": "Electronic" if record.electronic else "Other",
        "number": record.number,
        "createDate": None if record.direct else _day(record.created),
        "name": record.name,
        "address": record.address or None,
        "email": record.email or None,
        "questions": [_question(one) for one in record.questions],
    }
    return {name: value for name, value in said.items() if value is not None}


def _question(question: Question) -> dict[str, Any]:
    status = question.status
    said: dict[str, Any] = {
        "code": question.code,
        "status": str(status),
        "incomingDate": _day(question.incoming) if status is not Status.NOT_RECEIVED else None,
        "registrationDate": _day(question.registered) if status in REGISTERED else None,
        "responseDate": _day(question.responded) if status in RESPONDED else None,
        "actionsTaken": question.actions_taken if status is Status.SUPPORTED else None,
        "isExtend": {Status.IN_WORK: False, Status.IN_WORK_EXTENDED: True}.get(status) if status else None,
    }
    if status in WITH_ANSWER:
        [answer] = question.answers
        content = base64.b64encode(answer.content).decode("ascii")
        said["attachment"] = {"name": answer.name, "content": content}
    told = question.transfer
    if told is not None and status is Status.TRANSFERRED:
        said["transfer"] = {
            "departmentId": str(told.department),
            "transferDate": _day(told.on),
            "transferNumber": told.number,
        }
    return {name: value for name, value in said.items() if value is not None}


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


class Package:
    """The parts of one package. Nothing stands in the folder until everything is written."""

    def __init__(self, folder: Path, name: str, part_bytes: int = PART_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name = folder, name
        self._most = min(part_bytes, _NEVER_LARGER)
        self._own = tempfile.TemporaryDirectory(prefix=".sstu-", dir=folder)
        self._parts: list[Path] = []
        self._zip: zipfile.ZipFile | None = None
        self._bytes = 0
        self.appeals = 0

    def add(self, record: Record) -> UUID | None:
        """Write an appeal; return its id, or None when it alone is larger than a part."""
        data = json.dumps(wire(record), ensure_ascii=False).encode()
        if len(data) > self._most:
            return None
        if self._zip is None or self._bytes + len(data) > self._most:
            self._next_part()
        assert self._zip is not None  # noqa: S101 - just opened
        guid = key_uuid(record.key)
        self._zip.writestr(zipfile.ZipInfo(f"{guid}.json"), data, compress_type=zipfile.ZIP_DEFLATED)
        self._bytes += len(data)
        self.appeals += 1
        return guid

    def finish(self) -> list[Path]:
        """Put the parts in place and return them. Raises OSError."""
        self._close_part()
        placed = []
        for number, part in enumerate(self._parts, start=1):
            target = self._folder / f"{self._name}-{number:03d}.zip"
            part.replace(target)
            placed.append(target)
        return placed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._zip is not None:
            self._zip.close()
        self._own.cleanup()

    def _next_part(self) -> None:
        self._close_part()
        path = Path(self._own.name) / f"{len(self._parts)}.zip"
        self._zip = zipfile.ZipFile(path, "w")
        path.chmod(0o600)
        self._parts.append(path)
        self._bytes = 0

    def _close_part(self) -> None:
        if self._zip is not None:
            self._zip.close()
            self._zip = None
            with self._parts[-1].open("rb") as written:
                os.fsync(written.fileno())
