"""The mail service's envelope sheets: read strictly (`envelope.ini`), written as it unloads them (`.LTR`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_SECTIONS = ("ПИСЬМО КП ПС СЗИ", "АДРЕСАТЫ", "ФАЙЛЫ")
_FLAGS = ("АВТООТПРАВКА", "ШИФРОВАНИЕ", "ЭЦП", "ДОСТАВЛЕНО", "ПРОЧТЕНО")
_DATE = "%d.%m.%Y %H:%M:%S"
_BOX = re.compile(r"[^\s~]+~[^\s~]+")
_LONGEST = 255  # bytes of a subject


class RefusedSheetError(Exception):
    """A sheet that the mail service does not take; the text goes into the `.ERR`."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an envelope says."""

    subject: str
    addresses: tuple[str, ...]
    files: tuple[str, ...]


def read_sheet(content: bytes, box: str) -> Sheet:
    """Read an envelope as the mail service does that serves a box: windows-1251, one value a line.

    Raises RefusedSheetError.
    """
    try:
        text = content.decode("windows-1251")
    except UnicodeDecodeError as error:
        raise RefusedSheetError(f"the envelope is not in windows-1251: {error.reason}") from error
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for line in filter(None, re.split(r"\r?\n", text)):
        title = re.fullmatch(r"\[(.+)\]", line)
        key, equals, value = line.partition("=")
        if title:
            current = sections.setdefault(title[1], {})
        elif current is None or not equals:
            raise RefusedSheetError(f"not a line of an envelope: {line[:40]}")
        else:
            current[key] = value
    _check(sections)
    if box not in sections["АДРЕСАТЫ"].values():
        raise RefusedSheetError(f"no such box: {', '.join(sections['АДРЕСАТЫ'].values())}")
    head = sections[_SECTIONS[0]]
    return Sheet(
        head.get("ТЕМА", ""), tuple(sections["АДРЕСАТЫ"].values()), tuple(sections["ФАЙЛЫ"].values())
    )


def _check(sections: dict[str, dict[str, str]]) -> None:
    for name in _SECTIONS:
        if not sections.get(name):
            raise RefusedSheetError(f"there is no section [{name}]")
    head, addresses, files = (sections[name] for name in _SECTIONS)
    if len(head.get("ТЕМА", "").encode("windows-1251")) > _LONGEST:
        raise RefusedSheetError("the subject is longer than 255 bytes")
    if any(head.get(name, "0") not in ("0", "1") for name in _FLAGS):
        raise RefusedSheetError("a flag must be 0 or 1")
    try:
        datetime.strptime(head.get("ДАТА", ""), _DATE)  # noqa: DTZ007 - the mail server's local time
    except ValueError as error:
        raise RefusedSheetError("ДАТА must be DD.MM.YYYY HH:MM:SS") from error
    for rows in (addresses, files):
        if list(rows) != [str(number) for number in range(len(rows))]:
            raise RefusedSheetError("rows must be numbered from 0")
    if not all(map(_BOX.fullmatch, addresses.values())):
        raise RefusedSheetError("an address must be box~server")


def write_letter(
    subject: str, box: str, files: Sequence[str], at: datetime, *, encoding: str = "windows-1251"
) -> bytes:
    """Return an `.LTR`; the subject may have several lines, as in real ones."""
    rows = "".join(f"{number}={name}\n" for number, name in enumerate(files))
    flags = "".join(f"{name}={int(name == 'ЭЦП')}\n" for name in _FLAGS)
    text = (
        f"[ПИСЬМО КП ПС СЗИ]\nТЕМА={subject}\n{flags}ДАТА={at.strftime(_DATE)}\n"
        f"[АДРЕСАТЫ]\n0={box}\n[ФАЙЛЫ]\n{rows}"
    )
    return text.encode(encoding, errors="replace")
