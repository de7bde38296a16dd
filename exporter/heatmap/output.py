"""Writes what was asked for: page, picture, drawing and table, each in place whole or not at all."""

import csv
import io
import os
import tempfile
from pathlib import Path

from config.i18n import _
from exporter.heatmap.engine import MapError
from exporter.heatmap.layout import shown
from exporter.heatmap.view import View

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    "n", "overdue", "late", "open", "matured", "ripe", "share", "repeated", "fresh", "answered", "days",
    "mean_days", "days_n", "rating", "rating_n",
)  # fmt: skip
_NAMES = {"ripe": "overdue_matured", "fresh": "new", "days": "median_days", "rating": "median_rating"}
_TITLES = ("territory", "name", "category", "kind", *(_NAMES.get(one, one) for one in _COLUMNS))


def write(path: Path, content: bytes) -> None:
    """Put a file in place whole. Raises MapError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            part.chmod(0o644)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise MapError(
            _("{file}: cannot be written: {reason}").format(file=path, reason=error.strerror)
        ) from error


def table(view: View) -> bytes:
    """Return every cell as CSV; empty territory, category or kind = all of them."""
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(_TITLES)
    names = {one.key: shown(one) for one in view.heat.territories}
    cells = sorted(
        view.heat.cells.items(), key=lambda one: tuple((part is None, part or "") for part in one[0])
    )
    for (territory, category, kind), cell in cells:
        where = "" if territory is None else names[territory]
        what = "" if category is None else category or _("not determined")
        texts = [_plain(territory or ""), _plain(where), _plain(what), _plain(kind or "")]
        lines.writerow([*texts, *(_number(getattr(cell, name)) for name in _COLUMNS)])
    return ("\ufeff" + out.getvalue()).encode()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4f}".rstrip("0").rstrip(".")
