"""The platform's dictionary as saved from its REST service: one JSON file instead of a spreadsheet.

Form (ours): {"subjects": […], "subsubjects": […]} with the rows, or whole pages with `content`, of the two
calls of protocols: platform, section 1.3.
"""

from collections.abc import Mapping
from pathlib import Path

from config.i18n import _
from mappings.categories import Categories, from_rest
from mappings.errors import FileError
from mappings.jsontext import parse, read_text


def read_source(path: Path, *, region: str = "") -> Categories | Path:
    """Return the categories of a JSON file; any other file is left for the reader of spreadsheets."""
    if path.suffix.lower() != ".json":
        return path
    try:
        data = parse(read_text(path))
        subjects, subsubjects = _rows(data, "subjects"), _rows(data, "subsubjects")
    except ValueError as problem:
        raise FileError(
            _("{file}: it cannot be read as JSON: {reason}").format(file=path, reason=problem)
        ) from problem
    except TypeError as problem:
        raise FileError(
            _(
                '{file}: a dictionary of the platform is expected: {{"subjects": […], "subsubjects": […]}}'
            ).format(file=path)
        ) from problem
    return from_rest(subjects, subsubjects, region)


def _rows(data: object, key: str) -> list[Mapping[str, object]]:
    """Return the rows under a key: a list, a page, or a list of pages. Raises TypeError for anything else."""
    if not isinstance(data, dict):
        raise TypeError(key)
    value = data.get(key, [])
    parts = value if isinstance(value, list) else [value]
    rows: list[Mapping[str, object]] = []
    for part in parts:
        if not isinstance(part, dict):
            raise TypeError(key)
        content = part.get("content", [part])
        rows += content if isinstance(content, list) else []
    if not all(isinstance(row, dict) for row in rows):
        raise TypeError(key)
    return rows
