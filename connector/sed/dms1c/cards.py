"""Cards for the mart: read by the date of their rubrics, marked when they went out; the dictionaries."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from config.i18n import _
from connector.appeal import Card, CardRef, RubricValue
from connector.errors import PermanentError, RetryableError, UnsupportedError
from connector.peer import Entry
from connector.sed import CardQuery
from connector.sed.dms1c.listing import Condition, Lists, Row
from connector.sed.dms1c.objects import DmObject, Properties, Property, read_moment
from connector.sed.dms1c.settings import Dms1cSettings, Ref
from connector.sed.dms1c.soap import DmService, writing
from connector.sed.dms1c.template import INCOMING, Template, slot_of

_LONG_AGO = datetime(1, 1, 1)  # noqa: DTZ001 - by 1С's own clock
DICTIONARIES = ("rubrics", "card_files")


class Cards:
    """The mart's view of one infobase."""

    def __init__(self, service: DmService, lists: Lists, template: Template, settings: Dms1cSettings) -> None:
        self._service = service
        self._lists = lists
        self._template = template
        self._settings = settings

    def read(self, query: CardQuery) -> Iterator[Card]:
        """Yield the cards of folders, stretch by stretch: memory holds one batch.

        Raises PermanentError for a folder that 1С does not have, ValueError never.
        """
        folders: list[Ref | None] = [self._folder(name) for name in query.card_files]
        since = self._since(query)
        for folder in folders or [None]:
            begin: datetime | None = since
            while True:
                conditions = tuple(self._within(folder))
                stretch = self._lists.stretch((INCOMING,), {INCOMING: conditions}.__getitem__, begin)
                for one, reached in self._in_order(stretch.rows):
                    card = self._card(one, reached)
                    if _is_wanted(card, query, self._settings):
                        yield card
                if stretch.next is None:
                    break
                begin = stretch.next

    def _in_order(self, rows: Sequence[Row]) -> Iterator[tuple[DmObject, str]]:
        """Yield cards by the time of their change, each with a moment before which nothing is missing."""
        ordered = sorted(rows, key=lambda row: row.changed or _LONG_AGO)
        for start in range(0, len(ordered), self._settings.batch):
            batch = ordered[start : start + self._settings.batch]
            reached = batch[0].changed.isoformat() if batch[0].changed else ""
            for one in self._lists.retrieve((row.kind, row.object.id) for row in batch):
                yield one, reached

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Fill properties of a card's question; what stands there already is not written again.

        All properties go back as they are but those: a card that is written with fewer would lose the others.
        """
        found = next(iter(self._lists.retrieve([(INCOMING, card.id)])), None)
        if found is None:
            raise PermanentError(_("1С has no card {id}").format(id=card.id), code="card-gone")
        ordinal = int(question.id) if question.id.isascii() and question.id.isdigit() else 1
        wanted = {self._settings.question_property(name, ordinal): value for name, value in fields.items()}
        if all(self._stands(found.properties, name, value) for name, value in wanted.items()):
            return
        values = [self._kept(one, wanted) for one in found.properties]
        make = self._service.schema.make
        document = make(
            INCOMING,
            name=found.name,
            objectID=make("DMObjectID", id=found.id, type=INCOMING),
            additionalProperties=values,
        )
        call = writing(_("card {number}: marking").format(number=found.text("regNumber") or found.id))
        self._service.execute("DMUpdateRequest", call, objects=[document])

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield the rubrics or the card files (folders of incoming documents)."""
        if kind not in DICTIONARIES:
            raise UnsupportedError(_("1С: there is no dictionary {kind}").format(kind=kind))
        of = self._settings.rubric_type if kind == "rubrics" else self._settings.folder_type
        for one in self._lists.names(of):
            parent = one.reference("parent")
            yield Entry(one.id, one.name, parent.id if parent else "")

    # -- cards

    def _within(self, folder: Ref | None) -> Iterator[Condition]:
        document_type = self._settings.document_type
        if document_type is not None:
            wanted = self._lists.object_id(document_type.id, "DMIncomingDocumentType")
            yield Condition("documentType", wanted)
        if folder is not None:
            yield Condition("folder", self._lists.object_id(folder.id, self._settings.folder_type))

    def _folder(self, name: str) -> Ref:
        found = [one for one in self._lists.names(self._settings.folder_type) if name in (one.id, one.name)]
        if len(found) != 1:
            raise PermanentError(
                _("1С has {count} folders of incoming documents «{name}»: name one by its GUID").format(
                    count=len(found), name=name
                ),
                code="card-file",
            )
        return Ref(found[0].id, found[0].name)

    def _since(self, query: CardQuery) -> datetime | None:
        """A rubric changes together with its card, so the card's change bounds both."""
        since = read_moment(query.cursor)
        if since is not None:  # what was being written then may bear an earlier time
            since -= timedelta(seconds=self._settings.look_back)
        day = query.rubric_changed_from
        start = datetime.combine(day, time()) if day else None
        return max((one for one in (since, start) if one), default=None)

    def _card(self, one: DmObject, reached: str) -> Card:
        settings, properties = self._settings, one.properties
        folder, status, organisation = (one.reference(name) for name in ("folder", "status", "organization"))
        fields = {prop.name: prop.text for prop in properties if prop.text}
        for name, source in settings.card_properties.items():  # what the mart knows by a word of its own
            if properties.text(name):
                fields.setdefault(source, properties.text(name))
        for name, reference in (("Организация", organisation), ("Состояние", status)):
            if reference is not None and name not in fields:
                fields[name] = reference.name
        number = one.text("regNumber")
        created, due = (self._source(source) for source in ("created_at", "due_at"))
        return Card(
            ref=CardRef(one.id, number, one.day("regDate")),
            card_file=folder.name if folder else "",
            questions=tuple(self._questions(one)),
            received_at=self._utc(properties.moment(created)) or self._utc(one.moment("regDate")),
            due_at=self._utc(properties.moment(settings.prolong_property) or properties.moment(due)),
            answered_at=self._utc(properties.moment(settings.answered_property)),
            key=one.external_id(settings.external_type),
            fields=fields,
            cursor=reached,
            unread=self._unread(properties),
        )

    def _unread(self, properties: Properties) -> dict[str, str]:
        """Return the properties that should hold a date and hold something else."""
        settings = self._settings
        names = [self._source(source) for source in ("created_at", "due_at")]
        names += [settings.prolong_property, settings.answered_property, settings.rubric_date_property]
        told = {name: properties.text(name) for name in names if name}
        return {name: text for name, text in told.items() if text and properties.moment(name) is None}

    def _questions(self, one: DmObject) -> Iterator[RubricValue]:
        """Yield the questions that have a rubric; the first also without one: a card is about something."""
        settings, properties = self._settings, one.properties

        def told(base: str, ordinal: int) -> str:
            return properties.text(settings.question_property(base, ordinal)) if base else ""

        for ordinal in range(1, settings.max_questions + 1):
            code = told(settings.question_source("code"), ordinal)
            if not code and ordinal > 1:
                continue
            day = settings.question_property(settings.rubric_date_property, ordinal)
            changed = properties.moment(day) or one.moment(settings.changed_property)
            yield RubricValue(
                id=str(ordinal),
                code=code,
                status=told(settings.rubric_state_property, ordinal),
                platform_status=told(settings.question_source("status"), ordinal),
                result=told(settings.rubric_result_property, ordinal),
                changed_at=self._utc(changed),
            )

    def _source(self, source: str) -> str:
        return next((name for name, one in self._settings.card_properties.items() if one == source), "")

    def _utc(self, moment: datetime | None) -> datetime | None:
        return moment.replace(tzinfo=self._settings.zone).astimezone(UTC) if moment else None

    # -- marks

    def _stands(self, properties: Properties, name: str, value: str) -> bool:
        found = properties.get(name)
        if found is None:
            raise PermanentError(
                _(
                    "a card of 1С has no additional property «{name}»: create it for incoming documents"
                ).format(name=name),
                code="property-missing",
                field=name,
            )
        told = found.text
        return _flag(told) == _flag(value) if found.is_flag else told == value

    def _kept(self, one: Property, wanted: Mapping[str, str]) -> object:
        new = next((value for name, value in wanted.items() if name.casefold() == one.name.casefold()), None)
        make = self._service.schema.make
        if new is not None:
            try:
                return self._template.value(one.name, slot_of(one), new)
            except RetryableError as error:
                raise PermanentError(error.sentence, code=error.code, field=one.name) from error
        identity = make("DMObjectID", id=one.id, type="DMAdditionalProperty")
        other = one.value
        if other is not None:
            reference = make(
                "DMObject", name=other.name, objectID=make("DMObjectID", id=other.id, type=other.type)
            )
            return make(
                "DMAdditionalProperty", name=one.name, objectID=identity, propertyObjectValue=reference
            )
        if not one.text:
            return make("DMAdditionalProperty", name=one.name, objectID=identity)
        return self._template.value(one.name, slot_of(one), one.text)


def _is_wanted(card: Card, query: CardQuery, settings: Dms1cSettings) -> bool:
    """Whether a rubric of the card changed on one of the days."""
    since, until = query.rubric_changed_from or date.min, query.rubric_changed_to or date.max
    if (since, until) == (date.min, date.max):
        return True
    moments = (one.changed_at for one in card.questions if one.changed_at)
    return any(since <= moment.astimezone(settings.zone).date() < until for moment in moments)


def _flag(value: str) -> bool:
    return value.strip().casefold() in {"true", "1", "да", "yes", "истина", "+"}
