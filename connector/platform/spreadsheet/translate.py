"""What a line of the export means: a message, as far as the export tells one. Pure."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from config.i18n import _, speaking
from connector.appeal import Appeal, Applicant, Cabinet, Category, ItemKind, Person, Question, Territory
from connector.platform import Received
from connector.platform.spreadsheet.profile import SheetProfile
from connector.platform.spreadsheet.rows import RawRow, load_row
from mappings.words import same_key

_NUMBER = re.compile(r"[0-9A-Za-zА-Яа-яЁё][0-9A-Za-zА-Яа-яЁё/_.№-]{0,63}")


class CellProblemError(ValueError):
    """A cell that cannot be read; the text names file, sheet and cell and says what to do."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A line read: what the relay gets, whether its message still needs work, what to look at."""

    received: Received
    open: bool = True
    round: int = 1
    organisation: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads lines of one cabinet's exports; `language` is that of the text put into the SED's card."""

    cabinet: Cabinet
    profile: SheetProfile
    language: str = "ru"

    def stored(self, raw: str) -> Received:
        """Read a line that the journal kept."""
        try:
            return self.row(load_row(raw)).received
        except ValueError as error:
            problem = _("the stored line is damaged: {error}").format(error=error)
            return Received("", raw, None, problem)

    def row(self, row: RawRow) -> Understood:
        """Read a line; what is wrong with it is a `problem` that names the cell, never an exception."""
        line = _Line(row, self.profile)
        number = ""
        round_: int | None = None
        try:
            number = line.number()
            round_ = 2 if line.flag("repeated") else 1
            appeal = self._appeal(line, number, round_)
            still = self._open(line)
        except CellProblemError as error:
            lost = Received(number or f"sha256:{row.digest}", row.dump(), None, str(error), round_)
            return Understood(lost, round=round_ or 1, organisation=line.text("organisation"))
        received = Received(number, row.dump(), appeal, round_told=round_)
        return Understood(received, still, round_, line.text("organisation"), tuple(line.warnings))

    def _open(self, line: "_Line") -> bool:
        finished = line.moment("finished")
        word = line.text("status")
        meaning = self.profile.status_words.get(same_key(word))
        if word and meaning is None:
            line.warn("status", _("unknown status «{word}»").format(word=word))
        return finished is None and meaning != "closed"

    def _appeal(self, line: "_Line", number: str, round_: int) -> Appeal:
        created = line.needed("received")
        law = line.flag("law")
        if law is None:
            raise line.problem("law", _("is empty, Да or Нет is needed"))
        category = Category(
            subject=line.text("category"), subsubject=line.text("subcategory"), fact=line.text("fact")
        )
        text = self._text(line)
        return Appeal(
            opa_id=self.cabinet.opa_id,
            platform_id=number,
            round=round_,
            kind=ItemKind.APPEAL if law else ItemKind.MESSAGE,
            text=text,
            questions=(Question(1, text, category),),
            applicant=Applicant(Person()),
            created_at=created,
            due_at=self._due(line, created),
            number=number,
            numbered_at=created,
            fast_track=bool(line.flag("fast_track")),
            channel=line.text("channel"),
            territory=Territory(),
        )

    def _due(self, line: "_Line", created: datetime) -> datetime:
        due = line.moment("due")
        if due is None and self.profile.due_days:
            due = created + timedelta(days=self.profile.due_days)
        if due is None:
            raise line.problem("due", _("is empty; wait for an export with the date, or set due_days"))
        if due < created:
            raise line.problem("due", _("is before the date of receipt"))
        return due

    def _text(self, line: "_Line") -> str:
        """Say what the export holds, and honestly what it does not."""
        columns = self.profile.columns
        names = ("category", "subcategory", "fact", "epgu_number", "first_organisation", "organisation")
        told = [f"{getattr(columns, name)}: {line.text(name)}" for name in names if line.text(name)]
        with speaking(self.language):
            absent = _(
                "The platform's export holds neither the message's text, nor its author, nor its files: "
                "see message {number} in the platform's cabinet."
            ).format(number=line.text("number"))
        return "\n".join([absent, *told])


@dataclass(frozen=True, slots=True)
class _Line:
    """The cells of one line by the fields' names."""

    row: RawRow
    profile: SheetProfile
    warnings: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        _at, text = self.row.cells.get(getattr(self.profile.columns, name), ("", ""))
        return "" if same_key(text) in self.profile.nothing else text

    def number(self) -> str:
        number = self.text("number")
        if not _NUMBER.fullmatch(number):
            told = _("«{text}» is no number of a message").format(text=number[:60])
            raise self.problem("number", told if number else _("is empty"))
        return number

    def flag(self, name: str) -> bool | None:
        text = self.text(name)
        if not text:
            return None
        if same_key(text) not in self.profile.flag_words:
            words = ", ".join(self.profile.flags)
            told = _("«{text}» is not known; known: {words}")
            raise self.problem(name, told.format(text=text[:60], words=words))
        return self.profile.flag_words[same_key(text)]

    def needed(self, name: str) -> datetime:
        moment = self.moment(name)
        if moment is None:
            raise self.problem(name, _("is empty"))
        return moment

    def moment(self, name: str) -> datetime | None:
        text = self.text(name)
        if not text:
            return None
        for pattern in self.profile.formats:
            try:
                told = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is the profile's
                return told.replace(tzinfo=self.profile.zone).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        raise self.problem(name, _("«{text}» is no date like 31.01.2026").format(text=text[:60]))

    def warn(self, name: str, what: str) -> None:
        self.warnings.append(str(self.problem(name, what)))

    def problem(self, name: str, what: str) -> CellProblemError:
        header = getattr(self.profile.columns, name)
        at = self.row.cells.get(header, (str(self.row.row), ""))[0]
        return CellProblemError(
            _("{file}, {sheet}!{cell}, «{header}»: {what}; correct the cell or the profile").format(
                file=self.row.file, sheet=self.row.sheet, cell=at, header=header, what=what
            )
        )
