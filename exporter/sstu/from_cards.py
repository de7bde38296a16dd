"""Cards of a SED as records. «Статус ССТУ» is the question's status; other fields go by names of ours.

The names of a card's fields are not public knowledge: FIELDS says which are looked for, in this order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from connector.appeal import Card, RubricValue
from connector.sed import CardQuery, Sed
from exporter.sstu.from_journal import Bodies
from exporter.sstu.model import WITH_ANSWER, WORDS, Attachment, Fault, Question, Record, Transfer
from exporter.sstu.rules import MOST_BASE64
from mappings.codes import read_code
from mappings.grid import as_text
from mappings.words import same_key

FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": ("Заявитель", "Корреспондент", "applicant"),
    "address": ("Адрес", "address"),
    "email": ("Эл. почта", "E-mail", "email"),
    "letter": ("Номер сопроводительного письма", "letter"),
    "letter_on": ("Дата сопроводительного письма", "letter_on"),
    "channel": ("Вид доставки", "channel"),
    "transfer_to": ("Направлено в", "transfer_to"),
    "transfer_on": ("Дата направления", "transfer_on"),
    "transfer_number": ("Номер направления", "transfer_number"),
}
_WORDS = {same_key(word): status for word, status in WORDS.items()}
_TAKEN = {same_key("Меры приняты"): True, same_key("Меры не приняты"): False}


@dataclass(frozen=True, slots=True)
class CardRecords:
    """Reads one SED. `answers`: a folder of the answers' files, each named by its card's number or id."""

    name: str
    sed: Sed
    bodies: Bodies
    zone: ZoneInfo
    card_files: tuple[str, ...] = ()
    changed_from: date | None = None
    answers: Path | None = None

    def records(self) -> Iterator[tuple[Record, tuple[Fault, ...]]]:
        """Yield every card. Raises ConnectorError when the SED is away."""
        query = CardQuery(card_files=self.card_files, rubric_changed_from=self.changed_from)
        for card in self.sed.cards(query):
            yield self._record(card), ()

    def _record(self, card: Card) -> Record:
        said = {name: field_of(card, names) for name, names in FIELDS.items()}
        direct = not said["letter"]
        return Record(
            key=card.key or f"{self.name}:{card.ref.id}",
            card=card.ref.number or card.ref.id,
            department=self.bodies.of(card.card_file),
            number=card.ref.number if direct else said["letter"],
            name=said["name"],
            address=said["address"],
            email=said["email"],
            direct=direct,
            electronic=not direct and same_key(said["channel"]) == same_key("МЭДО"),
            created=None if direct else day_of(said["letter_on"]),
            questions=tuple(self._question(card, one, said) for one in card.questions),
        )

    def _question(self, card: Card, one: RubricValue, said: Mapping[str, str]) -> Question:
        reading = read_code(one.code)
        status = _WORDS.get(same_key(one.status))
        return Question(
            code=reading.code if reading else as_text(one.code),
            status=status,
            status_said=one.status,
            incoming=self._day(card.received_at),
            registered=card.ref.registered_on,
            responded=self._day(card.answered_at),
            answers=self._answer(card) if status in WITH_ANSWER else (),
            actions_taken=_TAKEN.get(same_key(one.result)),
            transfer=self._transfer(said),
        )

    def _answer(self, card: Card) -> tuple[Attachment, ...]:
        if self.answers is None:
            return ()
        names = {_file_name(card.ref.number), _file_name(card.ref.id)} - {""}
        found = sorted(path for path in self.answers.iterdir() if path.stem in names and path.is_file())
        return tuple(Attachment(path.name, _start_of(path)) for path in found)

    def _transfer(self, said: Mapping[str, str]) -> Transfer | None:
        if not said["transfer_to"]:
            return None
        body = guid_of(said["transfer_to"]) or self.bodies.others.get(same_key(said["transfer_to"]))
        return Transfer(body, day_of(said["transfer_on"]), said["transfer_number"])

    def _day(self, moment: datetime | None) -> date | None:
        return None if moment is None else moment.astimezone(self.zone).date()


def field_of(card: Card, names: tuple[str, ...]) -> str:
    """Return the first of these fields that is filled."""
    return next((card.fields[name].strip() for name in names if card.fields.get(name)), "")


def day_of(text: str) -> date | None:
    """Read `2026-03-01` or `01.03.2026`; None = it is no date."""
    for shape in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text[:10], shape).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def guid_of(text: str) -> UUID | None:
    """Read a GUID; None = it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _file_name(text: str) -> str:
    return text.replace("/", "-").replace("\\", "-")


def _start_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MOST_BASE64)  # more cannot go in any case, and is seen to be too much
