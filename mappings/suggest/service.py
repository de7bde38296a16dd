"""One run of suggestions: a table of categories in, answers out, with what could not be read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.i18n import _
from mappings.suggest.asking import Asked
from mappings.suggest.engine import Candidate, Suggester
from mappings.suggest.rows import Row, where
from mappings.suggest.themes import Themes
from mappings.words import SEPARATOR, same_key


@dataclass(frozen=True, slots=True)
class Answer:
    """Candidates for one category, and what of its limit could not be read."""

    asked: Asked
    candidates: tuple[Candidate, ...]
    problems: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The names of the category in one line."""
        return SEPARATOR.join(part.strip() for part in self.asked if part.strip())

    def as_dict(self) -> dict[str, object]:
        """Return the answer for `--json`; `fact` and `problems` only where there are any."""
        named: dict[str, object] = {"category": self.asked.category, "subcategory": self.asked.subcategory}
        if self.asked.fact:
            named["fact"] = self.asked.fact
        named["candidates"] = [
            {"code": one.code, "name": one.name, "score": one.score, "why": list(one.why)}
            for one in self.candidates
        ]
        if self.problems:
            named["problems"] = list(self.problems)
        return named


class Limits:
    """Theme limits of categories: a row's own, else that of its sub-category, else that of its category."""

    def __init__(self, themes: Themes, rows: Iterable[Row] = ()) -> None:
        self._themes = themes
        self._texts: Mapping[tuple[str, ...], Row] = {_path(row.asked): row for row in rows}

    def of(self, row: Row) -> tuple[frozenset[str], tuple[str, ...]]:
        """Return the codes to stay below (none: everywhere), and sentences about what names no theme."""
        path = _path(row.asked)
        keys = [path, (*path[:2], ""), (path[0], "", "")]
        ruling = (
            row if row.themes.strip() else next((self._texts[key] for key in keys if key in self._texts), row)
        )
        limit = self._themes.read(ruling.themes)
        place = where(ruling.place)
        problems = [
            _("{where}: «{theme}» is no theme of the classifier; write its code or its official name").format(
                where=place, theme=piece
            )
            for piece in limit.unknown
        ]
        if problems and not limit.codes:
            problems.append(_("{where}: the limit was not applied").format(where=place))
        return limit.codes, tuple(problems)


def answers(suggester: Suggester, rows: Sequence[Row], limits: Limits, *, top: int) -> Iterator[Answer]:
    """Yield an answer for every row, in order."""
    for row in rows:
        themes, problems = limits.of(row)
        yield Answer(row.asked, tuple(suggester.suggest(row.asked, top=top, themes=themes)), problems)


def _path(asked: Asked) -> tuple[str, str, str]:
    return same_key(asked.category), same_key(asked.subcategory), same_key(asked.fact)
