"""The name of a downloaded file from its Content-Disposition (RFC 6266, 5987), as servers really write it.

Raw UTF-8 or windows-1251 bytes, percent signs in a plain `filename`, RFC 2047 words and text that was
decoded by the wrong table are put right. The result is a name, never a path.
"""

import re
import unicodedata
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from urllib.parse import unquote

_LONGEST = 200  # bytes of UTF-8: below every file system's limit, with room for a prefix
_UNSAFE = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_TABLES = ("latin-1", "windows-1251", "windows-1252")


def from_header(raw: bytes | None, fallback: str) -> str:
    """Return the file's name that the header tells, or the fallback where it tells none."""
    return safe_name(_told(raw) if raw else "", fallback)


def safe_name(name: str, fallback: str) -> str:
    """Return a name that is no path on any system: bounded, printable, no device of Windows."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(char for char in unicodedata.normalize("NFC", last) if char.isprintable())
    cleaned = _UNSAFE.sub("_", shown).strip(" .")
    if _RESERVED.match(cleaned):
        cleaned = "_" + cleaned
    return _shortened(cleaned) or fallback


def _told(raw: bytes) -> str:
    header = Message()
    header["Content-Disposition"] = _decoded(raw).replace("\r", " ").replace("\n", " ")
    try:
        parameters = header.get_params([], header="content-disposition", unquote=True)
    except (MessageError, ValueError, LookupError, TypeError):  # TypeError: `filename` beside `filename*0`
        return ""
    values: list[object] = [value for name, value in parameters if name.lower() == "filename"]
    for value in values:
        if isinstance(value, tuple):  # filename*=charset'language'value goes before a plain one
            return _extended(*value)
    plain = next((value for value in values if isinstance(value, str)), "")
    return _repaired(_without_words(_without_percents(plain)))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("windows-1251", errors="replace")


def _extended(charset: str | None, _language: str | None, value: str) -> str:
    try:  # the email package hands the percent-decoded octets over as latin-1
        return value.encode("latin-1").decode(charset or "utf-8")
    except (UnicodeError, LookupError):
        return _repaired(value)


def _without_percents(text: str) -> str:
    if not re.search(r"%[0-9A-Fa-f]{2}", text):
        return text
    decoded = unquote(text, errors="replace")
    return text if "\ufffd" in decoded else decoded


def _without_words(text: str) -> str:
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, UnicodeError, LookupError, ValueError):
        return text


def _repaired(text: str) -> str:
    """Undo UTF-8 that somebody read by a one-byte table; honest Cyrillic cannot pass for it."""
    for table in _TABLES:
        try:
            candidate = text.encode(table).decode("utf-8")
        except UnicodeError:
            continue
        if candidate != text:
            return candidate
    return text


def _shortened(name: str) -> str:
    if len(name.encode()) <= _LONGEST:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 16:
        stem, suffix = name, ""
    tail = f".{suffix}" if suffix else ""
    room = _LONGEST - len(tail.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + tail
