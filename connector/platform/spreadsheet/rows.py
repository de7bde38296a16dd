"""Rows of an export file as raw texts: every cell with its address, columns found by their headers."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.i18n import _
from connector.platform.spreadsheet.profile import SheetProfile
from mappings.errors import FileError
from mappings.grid import Sheet, Workbook, as_text
from mappings.words import same_key

_HEADER_WITHIN = 20  # rows: a title may stand above the header

Cells = dict[str, tuple[str, str]]  # header → address of the cell, its text


@dataclass(frozen=True, slots=True)
class RawRow:
    """One line of an export: where it stands and what its cells say."""

    file: str
    sheet: str
    row: int  # as Excel counts
    cells: Cells

    @property
    def digest(self) -> str:
        """Tell rows without a number apart; the same line in another export is the same."""
        told = json.dumps({header: text for header, (_at, text) in self.cells.items()}, sort_keys=True)
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()

    def dump(self) -> str:
        """Return the row as the JSON that the journal keeps."""
        value = {"file": self.file, "sheet": self.sheet, "row": self.row, "cells": self.cells}
        return json.dumps(value, ensure_ascii=False)


def load_row(raw: str) -> RawRow:
    """Return what `dump` wrote. Raises ValueError."""
    try:
        value = json.loads(raw)
        cells = {str(header): (str(at), str(text)) for header, (at, text) in value["cells"].items()}
        return RawRow(str(value["file"]), str(value["sheet"]), int(value["row"]), cells)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error


def read_rows(path: Path, profile: SheetProfile) -> Iterator[RawRow]:
    """Yield the lines of the first sheet that has the export's header. Raises FileError."""
    lacking: list[str] = []
    for sheet in Workbook(path).sheets():
        for number, line in enumerate(sheet.rows[:_HEADER_WITHIN]):
            headers = [as_text(cell) for cell in line]
            missing = _missing(headers, profile)
            if not missing:
                _refuse_repeated(path, headers, profile)
                yield from _lines(path, sheet, number, headers, profile)
                return
            if len(missing) < len(profile.columns.required):
                lacking = lacking if lacking and len(lacking) < len(missing) else missing
    raise FileError(
        _(
            "{file}: there is no column {missing}; export «Сообщения» from the cabinet with these columns"
        ).format(
            file=path.name, missing=", ".join(f"«{name}»" for name in lacking or profile.columns.required)
        )
    )


def _missing(headers: Sequence[str], profile: SheetProfile) -> list[str]:
    there = {same_key(header) for header in headers}
    return [name for name in profile.columns.required if same_key(name) not in there]


def _refuse_repeated(path: Path, headers: Sequence[str], profile: SheetProfile) -> None:
    keys = [same_key(header) for header in headers]
    for name in profile.columns.model_dump().values():
        if keys.count(same_key(name)) > 1:
            raise FileError(
                _("{file}: the column «{name}» stands twice; delete one of them").format(
                    file=path.name, name=name
                )
            )


def _lines(
    path: Path, sheet: Sheet, header: int, headers: Sequence[str], profile: SheetProfile
) -> Iterator[RawRow]:
    known = {same_key(name): name for name in profile.columns.model_dump().values()}
    names = [known.get(same_key(header), header) for header in headers]
    for number in range(header + 1, len(sheet.rows)):
        texts = [as_text(cell) for cell in sheet.rows[number]]
        cells = {
            name: (sheet.place(number, place).cell, text)
            for place, (name, text) in enumerate(zip(names, texts, strict=False))
            if name
        }
        if any(same_key(text) not in profile.nothing for _at, text in cells.values()):
            yield RawRow(path.name, sheet.name, number + 1, cells)
