"""Makes a card of a message, once (sed.md sections 3 and 6): found by its external id before it is made.

A card is not made in one request: the document, then its files, then perhaps a process. Its property of the
number of files tells a whole card from one that a crash left half made: `find` does not show that one, and
`register` completes it. Its files have names of their own and the process an external id, so that no step is
done twice.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any, BinaryIO

from lxml import etree

from config.i18n import _, speaking
from connector.appeal import Appeal, CardRef, Pending, StoredFile
from connector.errors import OutcomeUnknownError, PermanentError, RetryableError
from connector.sed import OpenFile
from connector.sed.attachments import refuse_large
from connector.sed.dms1c.document import Filled, card_properties, private_words, title
from connector.sed.dms1c.listing import Condition, Lists
from connector.sed.dms1c.objects import DmObject, child, children
from connector.sed.dms1c.schema import EXTERNAL, NS
from connector.sed.dms1c.settings import Dms1cSettings, Ref
from connector.sed.dms1c.soap import DmService, Extra, file_mark, reading, writing
from connector.sed.dms1c.template import INCOMING, Template
from connector.sed.folder import Digest
from connector.sed.names import extension, unique_file_name
from connector.sed.prose import Prose, compose

_CHUNK = 1 << 20
_LONGEST_SAME = 20  # objects that a lookup by an external id may bring before it is no lookup


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the card: its name in 1С, its size in bytes, its digest, and where its bytes are."""

    name: str
    size: int
    sha256: str
    source: StoredFile | bytes


class Handover:
    """The way of a message into one infobase."""

    def __init__(self, service: DmService, lists: Lists, template: Template, settings: Dms1cSettings) -> None:
        self._service = service
        self._lists = lists
        self._template = template
        self._settings = settings

    def find(self, key: str) -> CardRef | Pending | None:
        """Return the whole card of a key; None also for one that `register` has yet to complete."""
        document = self._document(key)
        if document is None or not self._is_whole(document, key):
            return None
        return told(document)

    def put(self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile) -> CardRef | Pending:
        """Make the card, or what is missing of it. Raises as `connector.sed.Sed` says."""
        refuse_large(files, self._settings.max_file_size)
        with speaking(self._settings.language):
            prose = compose(appeal, self._settings.summary_limit)
            parts = [*_text_part(prose), *files_of(files)]
        filled = card_properties(appeal, len(parts), self._settings)
        check(parts, open_file)
        document = self._document(appeal.key) or self._create(appeal, prose, filled)
        self._attach(document, appeal, parts, open_file)
        self._launch(document, appeal.key)
        return told(document)

    # -- looking up

    def _document(self, key: str) -> DmObject | None:
        """Return the card of a key. Raises PermanentError when there are two: a person must choose."""
        found = list(self._by_external_id(INCOMING, key))
        if len(found) > 1:
            raise PermanentError(
                _("1С has {count} cards of one message: {numbers}; delete the extra one").format(
                    count=len(found), numbers=", ".join(one.text("regNumber") or one.id for one in found)
                ),
                code="two-cards",
            )
        return found[0] if found else None

    def _by_external_id(self, kind: str, external_id: str) -> Iterator[DmObject]:
        """Yield the objects that bear an external id of ours; what 1С lists besides is looked through."""
        settings = self._settings
        ours = self._service.schema.part(EXTERNAL, id=external_id, type=settings.external_type)
        listed = self._lists.once(kind, [Condition(settings.find_property, ours)], (), settings.list_limit)
        if listed.cut or len(listed.objects) > _LONGEST_SAME:
            raise RetryableError(
                _(
                    "1С does not look up by {property}: it listed {count} objects of {kind} for one id; "
                    "correct find_property"
                ).format(property=settings.find_property, count=len(listed.objects), kind=kind),
                code="no-lookup",
            )
        for one in self._lists.retrieve((kind, item.id) for item in listed.objects):
            if one.external_id(settings.external_type) == external_id:
                yield one

    def _is_whole(self, document: DmObject, key: str) -> bool:
        wanted = document.properties.text(self._settings.files_property).partition(".")[0]
        if not wanted.isdecimal() or (int(wanted) and len(self._files(document)) < int(wanted)):
            return False  # also what a person wrote there instead of a number: `register` looks closer
        if self._settings.process_template is None:
            return True
        return any(self._by_external_id(self._process_type, _process_id(key)))

    def _files(self, document: DmObject) -> list[DmObject]:
        owner = self._owner(document)
        answer = self._service.execute(
            "DMGetFileListByOwnerRequest", reading(_("files of a card")), owners=[owner],
            columnSet=["objectId", "name", "extension", "size"],
        )  # fmt: skip
        return [DmObject(one) for one in children(answer, "files")]

    # -- making

    def _create(self, appeal: Appeal, prose: Prose, filled: list[Filled]) -> DmObject:
        settings, make = self._settings, self._service.schema.make
        name = title(appeal, settings)
        values = self._template.values(filled)
        document = make(
            INCOMING,
            name=name,
            objectID=make("DMObjectID", id="", type=INCOMING),
            externalObject=self._external(appeal.key, name),
            organization=self._reference(settings.organization, "DMOrganization"),
            responsible=self._reference(settings.responsible, "DMUser"),
            summary="\n\n".join(part for part in (prose.annotation, prose.note) if part),
            title=name,
            additionalProperties=values,
            author=self._reference(settings.author, "DMUser"),
            documentType=self._reference(settings.document_type, "DMIncomingDocumentType"),
            folder=self._reference(settings.folder, settings.folder_type),
        )
        call = writing(
            _("message {number}: making its card").format(number=appeal.number or appeal.platform_id),
            private_words(appeal),
        )
        answer = self._service.execute("DMCreateRequest", call, object=document)
        made = child(answer, "object")
        if made is None or not DmObject(made).id:
            raise OutcomeUnknownError(_("{what}: 1С did not tell the card's id").format(what=call.what))
        return DmObject(made)

    def _attach(self, document: DmObject, appeal: Appeal, parts: list[Part], open_file: OpenFile) -> None:
        """Add the files that the card does not have yet: their names are unique on it."""
        if not parts:
            return
        have = {(_shown(one).casefold(), one.text("size")) for one in self._files(document)}
        for number, part in enumerate(parts, start=1):
            if (part.name.casefold(), str(part.size)) not in have:
                with _opened(part, number, open_file) as body:
                    self._add(document, appeal, number, part, body)

    def _add(self, document: DmObject, appeal: Appeal, number: int, part: Part, body: BinaryIO) -> None:
        make, suffix = self._service.schema.make, extension(part.name)
        local = appeal.created_at.astimezone(self._settings.zone).replace(tzinfo=None, microsecond=0)
        file = make(
            "DMFile",
            name=part.name.removesuffix(suffix),
            objectID=make("DMObjectID", id="", type="DMFile"),
            binaryData=file_mark(),
            creationDate=local,
            extension=suffix.removeprefix("."),
            modificationDate=local,
            modificationDateUniversal=appeal.created_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
            size=part.size,
        )
        call = writing(_("attachment {number}").format(number=number))
        self._service.execute(
            "DMAddFileRequest", call, Extra(file=body), file=file, owner=self._owner(document)
        )

    def _launch(self, document: DmObject, key: str) -> None:
        """Launch the process that the section names, unless it was launched."""
        template, make, kind = self._settings.process_template, self._service.schema.make, self._process_type
        if template is None or any(self._by_external_id(self._process_type, _process_id(key))):
            return
        call = reading(_("the process of a new card"))
        answer = self._service.execute(
            "DMGetBusinessProcessByTemplateRequest", call,
            type=kind,
            targetID=make("DMObjectID", id=document.id, type=INCOMING),
            businessProcessTemplateId=make("DMObjectID", id=template.id, type=f"{kind}Template"),
        )  # fmt: skip
        process = child(answer, "object")
        if process is None:
            raise RetryableError(
                _("1С has no process by the template {id}").format(id=template.id), code="process"
            )
        marked = with_external_id(process, _process_id(key), self._settings.external_type)
        self._service.execute(
            "DMLaunchBusinessProcessRequest", writing(_("launching the process of a new card")),
            Extra(graft=("businessProcess", marked)), businessProcess=make(self._process_type),
        )  # fmt: skip

    @property
    def _process_type(self) -> str:
        template = self._settings.process_template
        return (template.type if template else "") or "DMComplexBusinessProcess"

    # -- values

    def _external(self, id_: str, name: str) -> Any:  # noqa: ANN401 - zeep's own values
        return self._service.schema.part(EXTERNAL, id=id_, name=name, type=self._settings.external_type)

    def _reference(self, ref: Ref | None, kind: str) -> Any:  # noqa: ANN401 - zeep's own values
        if ref is None:
            return None
        make = self._service.schema.make
        return make("DMObject", name=ref.name, objectID=make("DMObjectID", id=ref.id, type=ref.type or kind))

    def _owner(self, document: DmObject) -> Any:  # noqa: ANN401 - zeep's own values
        make = self._service.schema.make
        return make(INCOMING, name=document.name, objectID=make("DMObjectID", id=document.id, type=INCOMING))


def told(document: DmObject) -> CardRef | Pending:
    """Return a card with its number, or what is known of one that is not registered yet."""
    number = document.text("regNumber")
    return CardRef(document.id, number, document.day("regDate")) if number else Pending(document.id)


def files_of(files: tuple[StoredFile, ...]) -> Iterator[Part]:
    """Yield the attachments under unique safe names."""
    taken = {f"{_('Text of the message')}.txt".casefold()}
    for file in files:
        yield Part(unique_file_name(file.name, taken), file.size, file.sha256, file)


def _text_part(prose: Prose) -> Iterator[Part]:
    """Yield the full text as a file where a field of the card would have cut it."""
    if prose.full_text:
        content = b"\xef\xbb\xbf" + prose.full_text.encode("utf-8", errors="replace")
        yield Part(f"{_('Text of the message')}.txt", len(content), sha256(content).hexdigest(), content)


def check(parts: list[Part], open_file: OpenFile) -> None:
    """Read every file once before a card is made: a damaged one of the store never reaches 1С."""
    for number, part in enumerate(parts, start=1):
        if isinstance(part.source, bytes):
            continue
        with _opened(part, number, open_file) as body:
            digest = Digest()
            while chunk := body.read(_CHUNK):
                digest.update(chunk)
        if not digest.matches(part.source):
            sentence = _("attachment {number} in the file store is damaged: its hash does not match").format(
                number=number
            )
            raise PermanentError(sentence, code="file-damaged", field="attachments")


@contextmanager
def _opened(part: Part, number: int, open_file: OpenFile) -> Iterator[BinaryIO]:
    if isinstance(part.source, bytes):
        yield io.BytesIO(part.source)
        return
    with ExitStack() as opened:
        try:
            body = opened.enter_context(open_file(part.source))
        except OSError as error:
            sentence = _("attachment {number} cannot be read from the file store: {error}").format(
                number=number, error=error.strerror
            )
            raise RetryableError(sentence, code="file-store") from error
        yield body


def with_external_id(process: etree._Element, id_: str, kind: str) -> etree._Element:
    """Return an object of 1С with our external id in the place where it belongs: after objectID."""
    marked = deepcopy(process)
    for old in children(marked, "externalObject"):
        marked.remove(old)
    external = etree.Element(f"{{{NS}}}externalObject")
    for name, value in (("name", id_), ("id", id_), ("type", kind)):
        etree.SubElement(external, f"{{{NS}}}{name}").text = value
    before = child(marked, "objectID")
    marked.insert(0 if before is None else marked.index(before) + 1, external)
    return marked


def _shown(file: DmObject) -> str:
    suffix = file.text("extension")
    return f"{file.name}.{suffix}" if suffix else file.name


def _process_id(key: str) -> str:
    return f"{key}/process"
