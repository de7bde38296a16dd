"""A database of cards as a `connector.sed.Sed`: cards, dictionaries and, when granted, two fields back."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any, BinaryIO, NoReturn

from sqlalchemy import String, TextClause

from config.i18n import _
from connector.appeal import Appeal, Card, CardRef, Pending, RubricValue, StoredFile
from connector.errors import PermanentError, UnsupportedError
from connector.peer import Entry, Health
from connector.sed import Capabilities, CardQuery, ChangePage, OpenFile
from connector.sed.sqlview import statement
from connector.sed.sqlview.client import Database
from connector.sed.sqlview.health import examine
from connector.sed.sqlview.settings import ANNOTATE_PARAMETERS, SqlViewSettings
from connector.sed.sqlview.translate import MART_FIELD, Layout
from connector.sed.sqlview.values import as_text

STATUS_FIELD = "Статус ПОС"
_PARAMETER_OF = {MART_FIELD: "mart", STATUS_FIELD: "platform_status"}


class SqlViewSed:
    """One database. Connects when it is first asked; safe to use from several threads."""

    def __init__(self, settings: SqlViewSettings, reader: Database, writer: Database | None = None) -> None:
        self._settings, self._reader, self._writer = settings, reader, writer
        self._takes = statement.parameters(settings.cards)
        self._cards = statement.typed(settings.cards, statement.card_types(settings.cursor))

    @property
    def capabilities(self) -> Capabilities:
        """Cards only: it takes no messages and tells no events."""
        kinds = {"rubrics": self._settings.rubrics, "card_files": self._settings.card_files}
        return Capabilities(
            find_by_key=False,
            async_registration=False,
            answer_files=False,
            exchange=False,
            cards=True,
            card_cursor="cursor" in self._takes,
            annotate=self._writer is not None,
            dictionaries=tuple(sorted(kind for kind, told in kinds.items() if told)),
        )

    def check(self) -> Health:
        """Run every SELECT for a few rows, plan the changes; nothing is changed."""
        return examine(self._settings, self._reader, self._writer, self._cards, self._given(CardQuery(), ""))

    # -- cards

    def cards(self, query: CardQuery) -> Iterator[Card]:
        """Yield the cards of every card file asked for, streamed. Raises as `connector.sed.Sed` says."""
        self._must_exist(query.card_files)
        if "cardfile" not in self._takes:
            wanted = frozenset(query.card_files)
            yield from (card for card in self._selected(query, "") if not wanted or card.card_file in wanted)
            return
        for card_file in query.card_files or self._all_card_files():
            yield from self._selected(query, card_file)

    def _selected(self, query: CardQuery, card_file: str) -> Iterator[Card]:
        with self._reader.rows("cards", self._cards, self._given(query, card_file)) as (columns, rows):
            layout = Layout.of(columns, self._settings.zone)
            if missing := layout.missing():
                raise PermanentError("cards: " + "; ".join(missing), code="statement")
            for card in self._advancing(query, layout.cards(rows)):
                if self._wanted(query, card):
                    yield card

    def _advancing(self, query: CardQuery, cards: Iterator[Card]) -> Iterator[Card]:
        """Let each card bear the farthest cursor so far: one that is still open may come with an old one."""
        if "cursor" not in self._takes:
            yield from (replace(card, cursor="") if card.cursor else card for card in cards)
            return
        farthest = self._cursor(query.cursor)
        for card in cards:
            if card.cursor:
                farthest = max(farthest, self._cursor(card.cursor))
            yield replace(card, cursor=as_text(farthest) if card.cursor or query.cursor else "")

    def _given(self, query: CardQuery, card_file: str) -> dict[str, Any]:
        given = {
            "from": query.rubric_changed_from or statement.FIRST_DAY,
            "to": query.rubric_changed_to or statement.LAST_DAY,
            "cardfile": card_file,
            "cursor": self._cursor(query.cursor),
        }
        return {name: value for name, value in given.items() if name in self._takes}

    def _cursor(self, text: str) -> Any:  # noqa: ANN401 - of the kind that the settings name
        _type, before_all, read = statement.CURSORS[self._settings.cursor]
        try:
            return read(text) if text else before_all
        except ValueError:
            sentence = _("the cursor «{cursor}» is not of the kind that the setting `cursor` names")
            raise PermanentError(sentence.format(cursor=text), code="cursor") from None

    def _wanted(self, query: CardQuery, card: Card) -> bool:
        """What a statement has no parameter for is sorted out here; what is still open always goes."""
        since = query.rubric_changed_from
        if since is None or "from" in self._takes or card.answered_at is None:
            return True
        start = datetime.combine(since, time(), self._settings.zone).astimezone(UTC)
        return any(one.changed_at is None or one.changed_at >= start for one in card.questions)

    def _all_card_files(self) -> list[str]:
        if not self._settings.card_files:
            sentence = _("the SELECT asks for :cardfile: name card files, or give card_files in the settings")
            raise PermanentError(sentence, code="card-files")
        return [entry.id for entry in self._entries("card_files", self._settings.card_files)]

    def _must_exist(self, card_files: Sequence[str]) -> None:
        """A card file that nobody knows would read as an empty one."""
        if not card_files or not self._settings.card_files:
            return
        known = {entry.id for entry in self._entries("card_files", self._settings.card_files)}
        for name in card_files:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
                sentence = _("there is no card file «{name}»").format(name=name)
                hint = _("did you mean «{name}»?").format(name=close[0]) if close else ""
                raise PermanentError("; ".join(filter(None, (sentence, hint))), code="card-file")

    # -- dictionaries

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield card files or rubrics. Raises UnsupportedError for what the settings do not name."""
        if kind not in self.capabilities.dictionaries:
            _unsupported(_("reading the dictionary {kind}").format(kind=kind))
        yield from self._entries(kind, getattr(self._settings, kind))

    def _entries(self, kind: str, told: str | Sequence[str]) -> Iterable[Entry]:
        if not isinstance(told, str):
            return [Entry(name, name) for name in told]
        rows = self._reader.all(kind, told)
        return [Entry(str(row[0]).strip(), str(row[1 if len(row) > 1 else 0]).strip()) for row in rows]

    # -- two fields back

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Fill fields of a question. Raises UnsupportedError where the settings grant nothing."""
        settings = self._settings.annotate
        if self._writer is None or settings is None:
            _unsupported(_("filling fields of a card"))
        given: dict[str, str | None] = dict.fromkeys(ANNOTATE_PARAMETERS)
        given.update(card=card.id, question=question.id)
        for name, value in fields.items():
            if name not in _PARAMETER_OF:
                raise PermanentError(_("the field «{name}» has no parameter").format(name=name), field=name)
            given[_PARAMETER_OF[name]] = value
        self._writer.change("annotate.sql", annotations(settings.sql), given)

    # -- what a database of cards does not do

    def find(self, key: str) -> CardRef | Pending | None:
        """Raise UnsupportedError."""
        del key
        _unsupported(_("looking up a message"))

    def register(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile
    ) -> CardRef | Pending:
        """Raise UnsupportedError."""
        del appeal, files, open_file
        _unsupported(_("registering a message"))

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Raise UnsupportedError."""
        del cursor, limit
        _unsupported(_("telling events"))

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Raise UnsupportedError."""
        del ref
        _unsupported(_("opening a file"))

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Raise UnsupportedError: there is nothing to acknowledge."""
        del receipts
        _unsupported(_("acknowledging events"))


def annotations(sql: Sequence[str]) -> list[TextClause]:
    """Return the statements that change fields; every parameter is a text."""
    return [statement.typed(one, dict.fromkeys(ANNOTATE_PARAMETERS, String())) for one in sql]


def _unsupported(what: str) -> NoReturn:
    raise UnsupportedError(_("{what}: a database of cards (sqlview) does not do this").format(what=what))
