"""The sheet «Ошибки» put into a copy of the administrator's workbook; every other part stays byte for byte.

A spreadsheet library would rewrite the whole file and lose what it does not know (pictures, newer kinds of
lists and colours); so the sheet is added to the archive by hand: one part, its name and its relation.
"""

import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from lxml import etree

from config.i18n import _, speaking
from mappings.archive import damaged, parse_part
from mappings.errors import FileError
from mappings.findings import Finding, Severity
from mappings.vocab import SHEET_ERRORS, every_language
from mappings.words import same_key
from mappings.workbook.cells import safe_text

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BOOK, _LINKS, _CONTENTS, _STYLES = (
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "[Content_Types].xml",
    "xl/styles.xml",
)
_WIDTHS = (18, 28, 70, 80)
_LAST_ROW = 1_048_576
_MAX_LINKS = 65_000  # Excel takes 65 530 links on a sheet


def write_errors(source: Path, target: Path, findings: Sequence[Finding], *, language: str = "ru") -> None:
    """Write a copy of an .xlsx workbook with the sheet of findings (an older one is replaced).

    Raises FileError when the workbook is not .xlsx or is damaged, OSError when the copy cannot be written.
    """
    try:
        with speaking(language), zipfile.ZipFile(source) as archive:
            if _BOOK not in archive.namelist():
                raise FileError(
                    _(
                        "{file}: a sheet of errors can be written into .xlsx only; save the workbook as .xlsx"
                    ).format(file=source)
                )
            _copy(archive, target, _changed_parts(archive, findings))
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, StopIteration, ValueError) as problem:
        raise damaged(source, problem) from problem


def _copy(archive: zipfile.ZipFile, target: Path, changed: dict[str, bytes]) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    os.close(handle)
    try:
        with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as copy:
            for part in archive.infolist():
                if part.filename not in changed:
                    copy.writestr(part, archive.read(part), zipfile.ZIP_DEFLATED)
            for part_name, content in changed.items():
                copy.writestr(part_name, content)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _changed_parts(archive: zipfile.ZipFile, findings: Sequence[Finding]) -> dict[str, bytes]:
    book = parse_part(archive.read(_BOOK))
    links = parse_part(archive.read(_LINKS))
    contents = parse_part(archive.read(_CONTENTS))
    styles = parse_part(archive.read(_STYLES))
    part = _existing_part(book, links)
    if part is None:
        part = _new_part(archive, book, links, contents)
    header, plain, link = _add_styles(styles)
    sheet = _sheet_xml(findings, header, plain, link)
    return {
        _BOOK: _bytes(book),
        _LINKS: _bytes(links),
        _CONTENTS: _bytes(contents),
        _STYLES: _bytes(styles),
        part: sheet,
    }


def _existing_part(book: etree._Element, links: etree._Element) -> str | None:
    for sheet in book.iter(f"{{{_MAIN}}}sheet"):
        if same_key(str(sheet.get("name"))) in every_language(SHEET_ERRORS):
            relation = sheet.get(f"{{{_OFFICE}}}id")
            target = next(str(e.get("Target")) for e in links if e.get("Id") == relation)
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return None


def _new_part(
    archive: zipfile.ZipFile, book: etree._Element, links: etree._Element, contents: etree._Element
) -> str:
    """Give the sheet a free file name, a free id and a free relation, and name it last in the book."""
    names = set(archive.namelist())
    number = next(n for n in range(1, len(names) + 2) if f"xl/worksheets/sheet{n}.xml" not in names)
    taken = {str(element.get("Id")) for element in links}
    relation = next(f"rId{n}" for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
    sheets = next(book.iter(f"{{{_MAIN}}}sheets"))
    sheet_id = max((int(str(sheet.get("sheetId"))) for sheet in sheets), default=0) + 1
    attributes = {"name": _(SHEET_ERRORS), "sheetId": str(sheet_id), f"{{{_OFFICE}}}id": relation}
    etree.SubElement(sheets, f"{{{_MAIN}}}sheet", attributes, nsmap={"r": _OFFICE})
    etree.SubElement(
        links,
        f"{{{_PACKAGE}}}Relationship",
        {"Id": relation, "Type": f"{_OFFICE}/worksheet", "Target": f"worksheets/sheet{number}.xml"},
    )
    part = f"xl/worksheets/sheet{number}.xml"
    etree.SubElement(contents, f"{{{_TYPES}}}Override", {"PartName": f"/{part}", "ContentType": _SHEET_TYPE})
    return part


def _add_styles(styles: etree._Element) -> tuple[int, int, int]:
    """Append a bold header, a wrapped text and a link to the styles; return their numbers."""
    fonts = next(styles.iter(f"{{{_MAIN}}}fonts"))
    formats = next(styles.iter(f"{{{_MAIN}}}cellXfs"))
    bold = _append(fonts, "<font><b/><sz val='11'/><name val='Calibri'/></font>")
    blue = _append(fonts, "<font><u/><sz val='11'/><color rgb='FF0563C1'/><name val='Calibri'/></font>")
    wrap = "<alignment vertical='top' wrapText='1'/>"
    numbers = [
        _append(
            formats,
            f"<xf numFmtId='0' fontId='{font}' fillId='0' borderId='0' xfId='0' "
            f"applyFont='1' applyAlignment='1'>{wrap}</xf>",
        )
        for font in (bold, 0, blue)
    ]
    return numbers[0], numbers[1], numbers[2]


def _append(parent: etree._Element, xml: str) -> int:
    parent.append(etree.fromstring(f"<x xmlns='{_MAIN}'>{xml}</x>")[0])
    parent.set("count", str(len(parent)))
    return len(parent) - 1


def _sheet_xml(findings: Sequence[Finding], header: int, plain: int, link: int) -> bytes:
    root = etree.fromstring(f"<worksheet xmlns='{_MAIN}'/>")
    _child(_child(root, "sheetPr"), "pageSetUpPr", fitToPage="1")
    views = _child(_child(root, "sheetViews"), "sheetView", workbookViewId="0")
    _child(views, "pane", ySplit="1", topLeftCell="A2", activePane="bottomLeft", state="frozen")
    columns = _child(root, "cols")
    for number, width in enumerate(_WIDTHS, 1):
        _child(columns, "col", min=str(number), max=str(number), width=str(width), customWidth="1")
    rows = _child(root, "sheetData")
    _row(rows, 1, (_("Severity"), _("Cell"), _("What is wrong"), _("What to do")), (header,) * 4)
    shown = findings[: _LAST_ROW - 1]
    for number, finding in enumerate(shown, 2):
        cells = (_severity(finding), str(finding.place), finding.text(), finding.advice())
        _row(rows, number, cells, (plain, link if finding.place.cell else plain, plain, plain))
    _child(root, "autoFilter", ref=f"A1:D{len(shown) + 1}")
    linked = [(n, f.place) for n, f in enumerate(shown, 2) if f.place.sheet and f.place.cell][:_MAX_LINKS]
    links = _child(root, "hyperlinks") if linked else root
    for number, place in linked:
        sheet = place.sheet.replace("'", "''")
        _child(links, "hyperlink", ref=f"B{number}", location=f"'{sheet}'!{place.cell}", display=str(place))
    _child(root, "pageSetup", orientation="landscape", fitToHeight="0")
    return _bytes(root)


def _row(rows: etree._Element, number: int, texts: Sequence[str], styles: Sequence[int]) -> None:
    lines = max(-(-len(text) // width) for text, width in zip(texts, _WIDTHS, strict=True))
    height = {"ht": str(15 * lines + 1), "customHeight": "1"} if lines > 1 else {}
    row = _child(rows, "row", r=str(number), **height)
    for letters, text, style in zip("ABCD", texts, styles, strict=True):
        cell = _child(row, "c", r=f"{letters}{number}", s=str(style), t="inlineStr")
        content = _child(_child(cell, "is"), "t")
        content.text = safe_text(text)
        content.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _severity(finding: Finding) -> str:
    return _("error") if finding.severity is Severity.ERROR else _("warning")


def _child(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_MAIN}}}{tag}", attributes)


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
