"""JSON that people save from services: not nested too deep, nothing said twice, no half letters."""

import json
from pathlib import Path

from config.i18n import _
from mappings.errors import FileError
from mappings.grid import MAX_FILE_BYTES, decode_text


def read_text(path: Path) -> str:
    """Return a text file. Raises FileError for one that cannot be opened, is too large, or is no text."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1024 // 1024
            raise FileError(_("{file}: the file is larger than {limit} MB").format(file=path, limit=limit))
        return decode_text(path.read_bytes(), path)
    except OSError as problem:
        reason = problem.strerror or problem
        raise FileError(
            _("{file}: the file cannot be opened: {reason}").format(file=path, reason=reason)
        ) from problem


def parse(text: str) -> object:
    """Return the value of a JSON text; half a surrogate pair shows as U+FFFD.

    Raises ValueError, for brackets without end and for a name that stands twice in one object, too.
    """
    try:
        told: object = json.loads(text, object_pairs_hook=_object)
        if "\\u" in text:
            plain = json.dumps(told, ensure_ascii=False)
            told = json.loads(plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except RecursionError as error:
        raise ValueError(_("brackets are nested too deep")) from error
    return told


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(_("the name {name} stands twice in one object").format(name=ascii(twice)))
    return found
