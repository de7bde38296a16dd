"""The envelope of «Почтовая служба СЗИ» (`envelope.ini`, `.LTR`): an INI that INI libraries cannot read.

Real ones have subjects of several lines, are in windows-1251 or UTF-8, and name files with or without a path.
Nothing here touches a file system.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PureWindowsPath

from config.i18n import _
from connector.sed.passport import BrokenMessageError

_HEAD, _ADDRESSES, _TEXT, _FILES = "ПИСЬМО КП ПС СЗИ", "АДРЕСАТЫ", "ТЕКСТ", "ФАЙЛЫ"
_SECTIONS = {name.casefold(): name for name in (_HEAD, _ADDRESSES, _TEXT, _FILES)}
_SECTION = re.compile(r"\s*\[\s*(.*?)\s*\]\s*")
_SUBJECT = "ТЕМА"
_KEYS = (_SUBJECT, "АВТООТПРАВКА", "ШИФРОВАНИЕ", "ЭЦП", "ДОСТАВЛЕНО", "ПРОЧТЕНО", "ДАТА")
_KEY = re.compile(rf"\s*({'|'.join(_KEYS)})\s*=[ \t]*(.*)", re.IGNORECASE)
_ROW = re.compile(r"\s*([^=]*?)\s*=\s*(.*?)\s*")
_WHEN = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
SUBJECT_LIMIT = 255  # bytes
ENCODING = "windows-1251"
_YES = frozenset({"1", "да", "true", "yes"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope. In an incoming one `addresses` holds the sender (`box~server`). `at` is local time."""

    subject: str = ""
    addresses: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    text_file: str = ""
    auto_send: bool = True
    encrypt: bool = False
    sign: bool = False
    confirm_delivery: bool = False
    confirm_reading: bool = False
    at: datetime | None = None

    @property
    def file_names(self) -> tuple[str, ...]:
        """The files by their bare names: a path in an envelope is the sender's."""
        return tuple(PureWindowsPath(name.replace("/", "\\")).name for name in self.files)


def read_envelope(content: bytes, *, what: str = "envelope.ini") -> Envelope:
    """Read an envelope. Raises BrokenMessageError when none of its sections is there."""
    sections = _sections(_decoded(content))
    if not sections:
        sentence = _("{what}: neither [{head}] nor [{files}] is in it: not an envelope").format(
            what=what, head=_HEAD, files=_FILES
        )
        raise BrokenMessageError(sentence, field=what)
    head = _values(sections.get(_HEAD, ()))
    rows = dict(_rows(sections.get(_TEXT, ())))
    return Envelope(
        subject=head.get(_SUBJECT, "").strip(),
        addresses=tuple(value for _number, value in _rows(sections.get(_ADDRESSES, ())) if value),
        files=tuple(value for _number, value in _rows(sections.get(_FILES, ())) if value),
        text_file=rows.get("ФАЙЛ", ""),
        auto_send=_flag(head.get("АВТООТПРАВКА", "1")),
        encrypt=_flag(head.get("ШИФРОВАНИЕ", "")),
        sign=_flag(head.get("ЭЦП", "")),
        confirm_delivery=_flag(head.get("ДОСТАВЛЕНО", "")),
        confirm_reading=_flag(head.get("ПРОЧТЕНО", "")),
        at=_moment(head.get("ДАТА", "")),
    )


def write_envelope(envelope: Envelope) -> bytes:
    """Return the bytes of an envelope: windows-1251, CRLF, the subject on one line of at most 255 bytes."""
    lines = [f"[{_HEAD}]", f"{_SUBJECT}={_subject(envelope.subject)}"]
    flags = {
        "АВТООТПРАВКА": envelope.auto_send, "ШИФРОВАНИЕ": envelope.encrypt, "ЭЦП": envelope.sign,
        "ДОСТАВЛЕНО": envelope.confirm_delivery, "ПРОЧТЕНО": envelope.confirm_reading,
    }  # fmt: skip
    lines += [f"{name}={int(value)}" for name, value in flags.items()]
    if envelope.at:
        lines.append(f"ДАТА={envelope.at:%d.%m.%Y %H:%M:%S}")
    lines += [f"[{_ADDRESSES}]", *_numbered(envelope.addresses)]
    if envelope.text_file:
        lines += [f"[{_TEXT}]", f"ФАЙЛ={_line(envelope.text_file)}"]
    lines += [f"[{_FILES}]", *_numbered(envelope.files), ""]
    return "\r\n".join(lines).encode(ENCODING, errors="replace")


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")  # Russian text of windows-1251 is never UTF-8 by chance
    except UnicodeDecodeError:
        return content.decode(ENCODING, errors="replace")


def _sections(text: str) -> dict[str, list[str]]:
    """Return the lines of every known section; a line like `[x]` of another name is a line."""
    sections: dict[str, list[str]] = {}
    current = _HEAD if any(map(_KEY.fullmatch, text.splitlines()[:1])) else ""
    for line in re.split(r"\r\n|\r|\n", text.rstrip("\x00\x1a \r\n\t")):
        title = _SECTION.fullmatch(line)
        known = _SECTIONS.get(" ".join(title[1].split()).casefold()) if title else None
        if known:
            current = known
            sections.setdefault(current, [])
        elif current:
            sections.setdefault(current, []).append(line)
    return sections


def _values(lines: Iterable[str]) -> dict[str, str]:
    """Return the values of a head. A line without a new key continues a subject; what is told twice holds as
    it was told first, and other lines between the keys say nothing.
    """
    values: dict[str, str] = {}
    current = ""
    for line in lines:
        found = _KEY.fullmatch(line)
        if found and found[1].upper() not in values:
            current = found[1].upper()
            values[current] = found[2]
        elif current == _SUBJECT:
            values[current] += f"\n{line}"
    return {name: value.strip() for name, value in values.items()}


def _rows(lines: Iterable[str]) -> list[tuple[str, str]]:
    found = (_ROW.fullmatch(line) for line in lines if not line.lstrip().startswith(";"))
    return [(row[1].upper(), row[2].strip('"')) for row in found if row]


def _flag(value: str) -> bool:
    return value.strip().casefold() in _YES


def _moment(value: str) -> datetime | None:
    found = _WHEN.search(value)
    if found is None:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the mail server's local time
    except ValueError:
        return None


def _numbered(values: Iterable[str]) -> list[str]:
    return [f"{number}={_line(value)}" for number, value in enumerate(values)]


def _line(value: str) -> str:
    return _UNPRINTABLE.sub(" ", value).strip()


def _subject(value: str) -> str:
    encoded = _line(value).encode(ENCODING, errors="replace")
    return encoded[:SUBJECT_LIMIT].decode(ENCODING).rstrip()
