"""A record of the mart's CSV, byte by byte as its loader wants it (platform.md 4.1, the CSV row).

UTF-8, `;`, LF between records and none at the end, every value in double quotes; an empty optional value is
nothing, an empty required one is `""`; no control characters; moments without a zone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.i18n import _
from exporter.marts.datamart.profile import Column, Profile

_CONTROL = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029))


class RowError(ValueError):
    """A row that the table cannot take; the text names column and value."""


def header(columns: Sequence[Column]) -> str:
    """Return the first line."""
    return ";".join(column.name for column in columns)


def record(columns: Sequence[Column], values: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return one record, without its line end. Raises RowError."""
    return ";".join(_cell(column, values[column.source], zone) for column in columns)


def delete_columns(profile: Profile) -> tuple[Column, ...]:
    """Return the columns of a delete: only the key is looked at."""
    return (profile.key,)


def _cell(column: Column, value: Any, zone: ZoneInfo) -> str:  # noqa: ANN401 - a value of the mart
    text = _text(column, value, zone)
    if column.max_length is not None and len(text) > column.max_length:
        raise RowError(
            _("{column}: {n} characters, at most {most} fit").format(
                column=column.name, n=len(text), most=column.max_length
            )
        )
    if not text:
        if column.required and column.type != "text":
            raise RowError(_("{column}: is required and empty").format(column=column.name))
        return '""' if column.required else ""
    return '"' + text.replace('"', '""') + '"'


def _text(column: Column, value: Any, zone: ZoneInfo) -> str:  # noqa: ANN401 - as above
    if value is None or value == "":
        return ""
    if column.type == "text":
        return str(value).translate(_CONTROL)
    if column.type == "boolean":
        return "true" if value else "false"
    if column.type == "integer":
        return str(int(value))
    if not isinstance(value, datetime):
        raise RowError(_("{column}: {value} is no moment").format(column=column.name, value=value))
    local = value.astimezone(zone)
    return local.strftime("%Y-%m-%d") if column.type == "date" else local.strftime("%Y-%m-%d %H:%M:%S")
