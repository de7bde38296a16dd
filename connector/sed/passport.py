"""Reading the passport of a message (СЭВ, МЭДО): safe XML, real encodings, dates, times, ids."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from uuid import UUID

from lxml import etree

from config.i18n import _
from connector.errors import PermanentError

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TIME = re.compile(
    r"^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(Z|[+-]\d\d:?\d\d)?\s*$",
    re.ASCII,
)
_RUSSIAN_DATE = re.compile(r"^\s*(\d\d)\.(\d\d)\.(\d{4})\s*$", re.ASCII)
_UUID = re.compile(r"[0-9A-Fa-f]{32}")
_FIRST_YEAR = 1900  # 0001-01-01 and the like mean "no date"
_TRUE = frozenset({"1", "true", "да", "yes", "истина", "+"})


class BrokenMessageError(PermanentError):
    """A message that cannot be read; `field` names where."""

    code = "broken-message"


class NotWellFormedError(BrokenMessageError):
    """XML that does not parse: perhaps only half of it is written yet."""


def parse(content: bytes, *, what: str, encoding: str | None = None) -> etree._Element:
    """Return the root of an XML document. Raises BrokenMessageError for what is not plain, finite XML.

    Real traps: a byte-order mark, white space or zeros around the document, text declared as windows-1251
    that is UTF-8, and the reverse; an encoding that cannot be true (UTF-16 declared in single bytes).
    `encoding` overrules what is found.
    """
    if not content.startswith(_WIDE_MARKS):
        content = content.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\0")
    parser = etree.XMLParser(
        encoding=encoding or _real_encoding(content),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        sentence = _("{what} is not well-formed XML: {error}").format(what=what, error=_first_line(error))
        raise NotWellFormedError(sentence, field=what) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenMessageError(_("{what} holds a DTD, which is refused").format(what=what), field=what)
    return root


def _real_encoding(content: bytes) -> str | None:
    """Return the encoding to use instead of the declared one, None where the declaration is right."""
    if content.startswith(_WIDE_MARKS):
        return None
    match = _DECLARED.match(content)
    declared = match[1].decode().lower() if match else "utf-8"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1251" if declared in {"utf-8", "utf8"} or _is_wide(declared) else None
    single_byte = declared.startswith(("windows-125", "cp125", "koi8", "iso-8859"))
    return "utf-8" if single_byte or _is_wide(declared) else None


def _is_wide(declared: str) -> bool:
    """Whether a declaration that could be read byte by byte names an encoding of wider characters."""
    return declared.startswith(("utf-16", "utf16", "ucs-2", "utf-32", "unicode"))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first descendant along a path of names, whatever their namespaces."""
    for name in path:
        if element is None:
            return None
        element = element.find(f"{{*}}{name}")
    return element


def children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """Yield the children of that name."""
    if element is not None:
        yield from element.iterfind(f"{{*}}{name}")


def parts(element: etree._Element | None) -> Iterator[etree._Element]:
    """Yield all children of an element, none of None."""
    yield from () if element is None else element


def text(element: etree._Element | None, *path: str) -> str:
    """Return the trimmed text of a descendant, empty when there is none."""
    found = child(element, *path)
    return "" if found is None else own_text(found)


def own_text(element: etree._Element) -> str:
    """Return the trimmed text inside an element."""
    return "".join(map(str, element.itertext())).strip()


def attribute(element: etree._Element | None, name: str) -> str:
    """Return a trimmed attribute, empty when there is none."""
    return "" if element is None else (element.get(name) or "").strip()


def is_true(value: str) -> bool:
    """Whether a flag's text says yes, in any of the spellings that are met."""
    return value.strip().casefold() in _TRUE


def read_time(value: str, zone: tzinfo) -> datetime | None:
    """Return a moment in UTC; without a zone of its own it is the SED's local time. None = no such moment."""
    match = _TIME.match(value)
    if match is None:
        return _midnight(read_date(value), zone)
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    if int(year) < _FIRST_YEAR:
        return None
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    days = 1 if hour == "24" else 0  # the schema language's way to write the end of a day
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour or 0) % 24 if days else int(hour or 0),
            int(minute or 0), int(second or 0), micro, tzinfo=_offset(offset, zone),
        )  # fmt: skip
        return (local + timedelta(days=days)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_date(value: str) -> date | None:
    """Return a date: ISO (time and zone ignored) or dd.mm.yyyy. None for none, nonsense and year 1."""
    if match := _TIME.match(value):
        year, month, day = (int(part) for part in match.groups()[:3])
    elif match := _RUSSIAN_DATE.match(value):
        day, month, year = (int(part) for part in match.groups())
    else:
        return None
    try:
        return date(year, month, day) if year >= _FIRST_YEAR else None
    except ValueError:
        return None


def read_uuid(value: str) -> UUID | None:
    """Return an id written in any of its hexadecimal forms, None for anything else."""
    plain = value.strip().strip("{}").replace("-", "")
    return UUID(hex=plain) if _UUID.fullmatch(plain) else None


def _midnight(day: date | None, zone: tzinfo) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) if day else None


def _offset(text_: str | None, zone: tzinfo) -> tzinfo:
    if text_ is None:
        return zone
    if text_ == "Z":
        return UTC
    sign = -1 if text_[0] == "-" else 1
    hours, minutes = int(text_[1:3]), int(text_[-2:])
    return timezone(sign * timedelta(hours=hours, minutes=minutes))
