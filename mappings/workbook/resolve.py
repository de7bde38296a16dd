"""What the cells of a row mean: which code, which category. Every answer is remembered: rows repeat them."""

import difflib
from collections.abc import Sequence
from typing import NamedTuple

from config.i18n import _
from mappings.categories import Categories, Category
from mappings.classifier import Classifier, Entry
from mappings.codes import CodeReading, read_code
from mappings.grid import as_text
from mappings.model import ANY_CODE
from mappings.vocab import DO_NOT_EXPORT, every_language
from mappings.words import SEPARATOR, clean, same_key

_CUT_NAME = 60


class References(NamedTuple):
    """What the workbook is checked against. Empty parts are not checked."""

    classifier: Classifier = Classifier(())
    categories: Categories = Categories()
    cabinets: tuple[str, ...] = ()


class Meant(NamedTuple):
    """The category that cells mean: its path as the platform spells it, or «не выгружать»."""

    path: tuple[str, ...]
    excluded: bool
    problem: "Problem | None"


class Problem(NamedTuple):
    """Why a cell has no meaning: kind of the finding and its fields."""

    kind: str
    fields: dict[str, object]


class Meanings:
    """Resolves cells against the classifiers."""

    def __init__(self, references: References) -> None:
        self._classifier = references.classifier
        self._categories = references.categories
        self._codes: dict[object, tuple[str, Problem | None]] = {}
        self._paths: dict[tuple[str, str], Meant] = {}

    def code(self, value: object) -> tuple[str, Problem | None]:
        """Return the canonical code that a cell means, and what is wrong with it."""
        found = self._codes.get(value)
        if found is None:
            found = self._codes[value] = self._read_code(value)
        return found

    def category(self, title: str, item_id: str) -> Meant:
        """Return the category that the cells of name and id mean."""
        found = self._paths.get((title, item_id))
        if found is None:
            if same_key(title) in every_language(DO_NOT_EXPORT):
                found = Meant((), excluded=True, problem=None)
            else:
                path, problem = self._read_category(title, item_id) if title or item_id else ((), None)
                found = Meant(path, excluded=False, problem=problem)
            self._paths[title, item_id] = found
        return found

    def _read_code(self, value: object) -> tuple[str, Problem | None]:
        if isinstance(value, str) and value.strip() == ANY_CODE:
            return ANY_CODE, None
        reading = read_code(value)
        if reading is None:
            return "", Problem("code-unreadable", {"value": as_text(value)[:80]})
        return self._known_code(reading) if self._classifier else (reading.code, None)

    def _known_code(self, reading: CodeReading) -> tuple[str, Problem | None]:
        candidates = self._classifier.candidates(reading.code)
        if not candidates:
            return reading.code, Problem("code-unknown", {"code": reading.code})
        agreeing = [entry for entry in candidates if _names_agree(reading, entry)]
        if len(agreeing) == 1:
            code = agreeing[0].code
            return code, Problem("code-retired", {"code": code}) if agreeing[0].retired else None
        if len(candidates) > 1:
            codes = ", ".join(entry.code for entry in candidates)
            return "", Problem("code-ambiguous", {"code": reading.code, "codes": codes})
        differ = {"code": candidates[0].code, "expected": candidates[0].name, "name": reading.rest}
        return candidates[0].code, Problem("code-name-differ", dict[str, object](differ))

    def _read_category(self, title: str, item_id: str) -> tuple[tuple[str, ...], Problem | None]:
        if not self._categories:
            return tuple(clean(part) for part in title.split(SEPARATOR) if part.strip()), None
        if item_id:
            return self._by_id(title, item_id)
        entries = self._categories.by_title.get(same_key(title), ())
        if not entries:
            return (), Problem("category-unknown", {"path": title[:300], "nearest": self._nearest(title)})
        return _one_path(entries, Problem("category-ambiguous", {"path": title}))

    def _by_id(self, title: str, item_id: str) -> tuple[tuple[str, ...], Problem | None]:
        entries = self._categories.by_id.get(item_id, ())
        if not entries:
            return (), Problem("id-unknown", {"id": item_id})
        named = [entry for entry in entries if same_key(entry.title) == same_key(title)] if title else entries
        if not named:
            fields: dict[str, object] = {"id": item_id, "expected": entries[0].title, "path": title}
            return (), Problem("id-name-differ", fields)
        return _one_path(named, Problem("id-ambiguous", {"id": item_id}))

    def _nearest(self, title: str) -> str:
        titles = {same_key(entry.title): entry.title for entry in self._categories if not entry.retired}
        close = difflib.get_close_matches(same_key(title), titles, n=2, cutoff=0.7)
        if not close:
            return ""
        shown = "», «".join(titles[key] for key in close)
        return _(" (near: «{titles}»)").format(titles=shown)


def _one_path(entries: Sequence[Category], several: Problem) -> tuple[tuple[str, ...], Problem | None]:
    live = [entry for entry in entries if not entry.retired]
    if not live:
        return entries[0].path, Problem("category-retired", {"path": entries[0].title})
    return ((), several) if len({entry.key for entry in live}) > 1 else (live[0].path, None)


def _names_agree(reading: CodeReading, entry: Entry) -> bool:
    """Tell whether the text beside a code is the entry's name or path, whole or cut.

    Other systems cut long names without a mark; a short text is no proof and must be whole.
    """
    if not reading.rest:
        return True
    said = same_key(reading.rest)
    if said == same_key(entry.name):
        return True
    if said.endswith("…") or len(said) >= _CUT_NAME:
        return any(same_key(name).startswith(said.rstrip("… ")) for name in (entry.name, entry.full_path))
    return said == same_key(entry.full_path)
