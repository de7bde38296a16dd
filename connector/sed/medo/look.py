"""What a file or folder of the exchange says, as plain data for a person: empty parts left out."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.i18n import _
from connector.sed.medo import container
from connector.sed.medo.envelope import read_envelope
from connector.sed.medo.incoming import envelope_of, place_files
from connector.sed.medo.reading import read
from connector.sed.passport import BrokenMessageError
from connector.sed.waiting import read_at_most

_ZONE = ZoneInfo("Europe/Moscow")  # of times without a zone, as by default in the settings
_LIMIT = 32 << 20  # bytes of a passport
_UNPACKED = 4 << 30  # bytes of a container


def look(path: Path) -> dict[str, object]:
    """Return what a message, an envelope, a container or a whole message folder says.

    Raises BrokenMessageError for what is none of them, OSError for what cannot be opened.
    """
    if path.is_dir():
        return _folder(path)
    if path.suffix.casefold() in (".ltr", ".ini"):
        return {"envelope": _plain(read_envelope(_bytes(path), what=path.name))}
    if path.suffix.casefold() == ".zip":
        with container.opened(path, _UNPACKED) as packed:
            content = container.passport_of(packed, path.name, _LIMIT)
        document, files = container.read_passport(content, what=path.name)
        return {"document": _plain(document), "files": _plain(files)}
    return {"message": _plain(read(_bytes(path), what=path.name, zone=_ZONE))}


def _folder(place: Path) -> dict[str, object]:
    present = place_files(place)
    told: dict[str, object] = {}
    troubles: list[str] = []
    listed = _envelope(place, told, troubles)
    for name in (name for key, name in present.items() if key.endswith((".xml", ".zip"))):
        try:
            told |= {key: value for key, value in look(place / name).items() if key not in told}
        except BrokenMessageError as error:
            troubles.append(error.sentence)
    missing = [name for name in listed if name.casefold() not in present]
    if missing:
        troubles.append(_("the envelope lists what is not there: {names}").format(names=", ".join(missing)))
    if "message" not in told:
        troubles.append(_("{place}: no message's XML is in the folder").format(place=place.name))
    if troubles:
        told["troubles"] = troubles
    return told


def _envelope(place: Path, told: dict[str, object], troubles: list[str]) -> tuple[str, ...]:
    """Read a folder's envelope, if it has one; return the files that it lists."""
    found = envelope_of(place)
    if not found:
        troubles.append(_("{place}: there is no envelope (.LTR, .ini)").format(place=place.name))
        return ()
    try:
        envelope = read_envelope(_bytes(place / found), what=found)
    except BrokenMessageError as error:
        troubles.append(error.sentence)
        return ()
    told["envelope"] = _plain(envelope)
    return envelope.file_names


def _bytes(path: Path) -> bytes:
    content = read_at_most(path, _LIMIT)
    if len(content) > _LIMIT:
        sentence = _("{what} is larger than {limit} bytes").format(what=path.name, limit=_LIMIT)
        raise BrokenMessageError(sentence, field=path.name)
    return content


def _plain(value: object) -> object:
    """Return a value of the exchange without its empty parts."""
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {name: one for name, one in found.items() if one not in ("", None, [], {})}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int) else str(value)


def lines(value: object, name: str = "") -> list[tuple[str, str]]:
    """Return a tree of plain data as rows: a dotted name, a value."""
    if isinstance(value, Mapping):
        return [
            row for key, one in value.items() for row in lines(one, f"{name}.{key}" if name else str(key))
        ]
    if isinstance(value, list):
        if not any(isinstance(one, Mapping | list) for one in value):
            return [(name, ", ".join(map(str, value)))]
        return [row for number, one in enumerate(value, 1) for row in lines(one, f"{name}[{number}]")]
    return [(name, str(value))]
