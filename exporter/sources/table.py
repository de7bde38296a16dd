"""The rows of a list file, streamed: CSV line by line, workbooks by the house's reader (mappings.grid)."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from config.i18n import _
from exporter.sources.columnmap import ColumnMap, MapError
from mappings.archive import column_letters
from mappings.grid import Workbook
from mappings.words import same_key

_SEARCHED = 30  # rows among which the headers are looked for
_TEXTUAL = {".csv", ".tsv", ".txt"}
_CHUNK = 1 << 20

Cells = Sequence[Any]


class Table:
    """A sheet with its header row found; iterate for (number of the row in the file, cells)."""

    def __init__(self, path: Path, whole: ColumnMap) -> None:
        """Raises FileError or MapError when the file cannot be used."""
        self.path = path
        self._left, self._name = 0, ""
        rows = enumerate(self._open(whole.sheet), start=1)
        head = list(islice(rows, _SEARCHED))
        at = _header_place([cells for _number, cells in head], whole)
        self.headers = [_text(cell) for cell in head[at][1]] if head else []
        self.places = whole.places(self.headers, path.name)
        self._rows = chain(head[at + 1 :], rows)
        self._where = f"{path.name}, {self._name}" if self._name else path.name
        self._row = _("{file}, row {row}")

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        return iter(self._rows)

    def cell(self, number: int, column: int) -> str:
        """Name a cell as a person finds it: `Sheet0!C12`, or row and column of a CSV."""
        if self._name:
            return f"{self._name}!{column_letters(self._left + column)}{number}"
        return _("row {row}, column «{column}»").format(row=number, column=self.headers[column])

    def place(self, number: int) -> str:
        """Name a row."""
        return self._row.format(file=self._where, row=number)

    def _open(self, sheet: str) -> Iterator[Cells]:
        if self.path.suffix.lower() in _TEXTUAL:
            return _csv_rows(self.path)
        book = Workbook(self.path)
        name = sheet or book.sheet_names[0]
        if name not in book.sheet_names:
            raise MapError(
                _("{file}: there is no sheet «{sheet}»; there are: {names}").format(
                    file=self.path.name, sheet=name, names=", ".join(book.sheet_names)
                )
            )
        found = book.sheet(name, head=_SEARCHED)
        self._left, self._name = found.left, name
        return chain(found.rows, found.rest)


def _header_place(rows: Sequence[Cells], whole: ColumnMap) -> int:
    """The row that bears most of the wanted headers; a printed list has its title above them."""
    wanted = whole.headers()
    scores = [len(wanted & {same_key(_text(cell)) for cell in row}) for row in rows]
    return scores.index(max(scores)) if scores else 0


def _csv_rows(path: Path) -> Iterator[Cells]:
    encoding = _encoding(path)
    # windows-1251 has one byte that is no letter, UTF-16 may be cut: the cell shows it, its row is told
    with path.open(encoding=encoding, newline="", errors="replace") as stream:
        sample = stream.read(8192)
        stream.seek(0)
        delimiter = max(";,\t", key=sample.partition("\n")[0].count)
        yield from _lines(csv.reader(stream, delimiter=delimiter))


def _lines(reader: Any) -> Iterator[Cells]:  # noqa: ANN401 - the csv module's own type has no name
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield [Unreadable()]


class Unreadable:
    """Stands in the place of a line that the CSV reader gave up."""


def _encoding(path: Path) -> str:
    """UTF-16 by its mark, else UTF-8 if the whole file is, else windows-1251. Raises FileError."""
    import codecs

    from mappings.errors import FileError

    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        with path.open("rb") as stream:
            head = stream.read(2)
            if head in (b"\xff\xfe", b"\xfe\xff"):
                return "utf-16"
            decoder.decode(head)
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1251"
    except OSError as error:
        raise FileError(
            _("{file}: the file cannot be opened: {reason}").format(file=path, reason=error.strerror or error)
        ) from error
    return "utf-8-sig"


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
