"""The sheets of the workbook that are read, not filled: lists, coverage, changes, help."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from openpyxl.workbook.defined_name import DefinedName

from config.i18n import _
from mappings.archive import column_letters
from mappings.coverage import Coverage
from mappings.editions import Change, Fate
from mappings.model import ANY_CODE, Content, Direction, Kind, Relation, Status, Unmapped
from mappings.shown import CHANGES, LEVELS, OUTCOMES, item_title
from mappings.statuses import DEFAULT_STATUSES, POS_STATUSES
from mappings.vocab import (
    ALL_OTHERS,
    DO_NOT_EXPORT,
    SHEET_CATEGORIES,
    SHEET_CHANGES,
    SHEET_CLASSIFIER,
    SHEET_COVERAGE,
    SHEET_HELP,
    SHEET_LISTS,
    labels,
)
from mappings.workbook.cells import CellContent, code_title
from mappings.workbook.guide import GUIDE
from mappings.workbook.page import Page
from mappings.workbook.read_parts import BASE_MARK
from mappings.workbook.resolve import References
from mappings.workbook.styles import HEADER, PLAIN, TITLE

if TYPE_CHECKING:
    from openpyxl import Workbook


def categories_page(document: "Workbook", references: References) -> None:
    """Write the platform's categories, the retired ones marked."""
    titles = [_("Category"), _("Subcategory"), _("Fact"), _("Id"), _("Region"), _("On the platform")]
    page = Page(document, _(SHEET_CATEGORIES), [40, 50, 40, 12, 24, 16])
    page.header(titles)
    for entry in references.categories:
        path = [*entry.path, "", ""][:3]
        page.row([*path, entry.id, entry.region, _("no longer") if entry.retired else _("yes")])
    page.filters(len(titles))


def classifier_page(document: "Workbook", references: References) -> None:
    """Write the national classifier, the retired entries marked."""
    titles = [_("Code"), _("Level"), _("Name"), _("Full path"), _("In the classifier")]
    page = Page(document, _(SHEET_CLASSIFIER), [26, 14, 70, 110, 16])
    page.header(titles)
    for entry in references.classifier:
        state = _("no longer") if entry.retired else _("yes")
        page.row([entry.code, _(LEVELS[entry.kind]), entry.name, entry.full_path, state])
    page.filters(len(titles))


def coverage_page(document: "Workbook", coverage: Coverage | None) -> None:
    """Write how much is answered: in all, by cabinet, by category."""
    page = Page(document, _(SHEET_COVERAGE), [70, 22, 26, 14, 14], freeze=None)
    if coverage is None:
        page.row([_("Coverage was not measured for this workbook.")])
        return
    page.row([_("Categories that a rule answers"), f"{coverage.category_share:.1%}"], TITLE)
    share = f"{coverage.message_share:.1%}" if coverage.by_message else "—"
    page.row([_("Messages that a rule answers"), share], TITLE)
    page.row([])
    page.row([_("Cabinet"), _("Messages"), _("Answered")], HEADER)
    for cabinet in coverage.cabinets:
        page.row([cabinet.cabinet or "—", cabinet.total, f"{cabinet.share:.1%}"])
    page.row([])
    page.row([_("Category"), _("State"), _("Code"), _("Messages"), _("Row")], HEADER)
    for row in sorted(coverage.categories, key=lambda r: (-r.times, r.title)):
        decision = row.decision
        state = _(OUTCOMES[decision.outcome])
        state = _("{state}, by the upper category").format(state=state) if decision.inherited else state
        rows = ", ".join(map(str, decision.rows))
        page.row([row.title, state, decision.code, row.times, rows])


def changes_page(document: "Workbook", changes: Sequence[Change], fates: Sequence[Fate]) -> None:
    """Write what the last editions changed and which rows of the table that touches."""
    titles = [_("What"), _("Was"), _("Is now"), _("Rows of the table")]
    page = Page(document, _(SHEET_CHANGES), [16, 80, 80, 24])
    page.header(titles)
    rows: dict[Change, list[int]] = {}
    for fate in fates:
        rows.setdefault(fate.change, []).append(fate.rule.row)
    for change in changes:
        touched = ", ".join(map(str, sorted(rows.get(change, []))))
        page.row([_(CHANGES[change.kind]), item_title(change.old), item_title(change.new), touched])
    page.filters(len(titles))


def help_page(document: "Workbook", version: int) -> None:
    """Write how to work with the workbook."""
    page = Page(document, _(SHEET_HELP), [30, 110], freeze=None)
    page.row([_("How to fill this workbook")], TITLE)
    made = (
        _("version {version} in force").format(version=version) if version else _("no version in force yet")
    )
    page.row([_("Made from"), made])
    page.row([])
    for title, text in GUIDE:
        page.row([_(title), _(text)], PLAIN)


def lists_page(document: "Workbook", references: References, content: Content, version: int) -> None:
    """Write the hidden sheet that feeds the drop-down lists, and what version the workbook is made from."""
    offers = _offers(references, content)
    page = Page(document, _(SHEET_LISTS), [24] * len(offers), freeze=None)
    page.sheet.sheet_state = "hidden"
    page.row([BASE_MARK, version])
    page.row(list(offers))
    for row in zip_longest(*offers.values(), fillvalue=None):
        page.row(row)
    for index, (name, values) in enumerate(offers.items()):
        letters = column_letters(index)
        area = f"'{page.sheet.title}'!${letters}$3:${letters}${max(len(values), 1) + 2}"
        document.defined_names[f"sedlink_{name}"] = DefinedName(f"sedlink_{name}", attr_text=area)


def _offers(references: References, content: Content) -> dict[str, Sequence[CellContent]]:
    rules = content.rules
    cabinets = {*references.cabinets, *(cabinet for rule in rules for cabinet in rule.cabinets)}
    regions = {*(e.region for e in references.categories), *(r for rule in rules for r in rule.regions)} - {
        ""
    }
    titles = dict.fromkeys(entry.title for entry in references.categories if not entry.retired)
    codes = [code_title(e.code, e.name) for e in references.classifier if not e.retired]
    return {
        "directions": labels(Direction),
        "categories": [_(DO_NOT_EXPORT), *titles],
        "codes": [ANY_CODE, *codes],
        "relations": labels(Relation),
        "statuses": labels(Status),
        "cabinets": sorted(cabinets),
        "policy_cabinets": [_(ALL_OTHERS), *sorted(cabinets)],
        "kinds": labels(Kind),
        "regions": sorted(regions),
        "actions": labels(Unmapped),
        "sstu": [pair.sstu for pair in DEFAULT_STATUSES],
        "pos": _unique(POS_STATUSES, (pair.pos for pair in content.statuses)),
    }


def _unique(*lists: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for values in lists for text in values if text))
