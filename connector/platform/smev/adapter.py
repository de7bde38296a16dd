"""The platform over SMEV as the relay sees it (connector.platform.Platform)."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import uuid4

from config.i18n import _
from connector.appeal import Attachment, Cabinet, Reply, StoredFile
from connector.errors import ConnectorError, PendingError, PermanentError, UnsupportedError
from connector.peer import Entry, Finding, Health
from connector.platform import Download, Page, Received
from connector.platform.rest import filename, outgoing
from connector.platform.rest.fields import FieldProblemError, Fields
from connector.platform.rest.listing import read_all
from connector.platform.rest.profile import Profile, default_profile
from connector.platform.smev import elements
from connector.platform.smev.client import Call, Client, Told
from connector.platform.smev.exchange import Exchange
from connector.platform.smev.failures import Purpose, lost
from connector.platform.smev.profile import SmevProfile, default_smev_profile
from connector.platform.smev.store import ArrivedFile, SentFile
from connector.platform.smev.translate import Reader

_T = TypeVar("_T")
_CHUNK = 1 << 16
_DAY = 86_400.0
_BY_HAND = 60.0  # seconds that a person at a terminal is kept waiting
_DICTIONARY_PAGE = 1000  # rows: short ones, and every page is a journey


class SmevPlatform:
    """One cabinet of the platform over SMEV. Thread-safe; cabinets share one exchange.

    A call whose answer is not there yet raises PendingError: the same call made again goes on with it.
    """

    def __init__(
        self,
        cabinet: Cabinet,
        exchange: Exchange,
        *,
        client_id: str,
        environment: str,
        profile: Profile | None = None,
        smev_profile: SmevProfile | None = None,
        region_id: str = "",
        findings: Callable[[], Sequence[Finding]] = tuple,
    ) -> None:
        """Wire it. `environment` is test or production; `findings` what is known of keys and the way."""
        self._cabinet, self._region_id = cabinet, region_id
        self._names = smev_profile or default_smev_profile()
        profile = profile or default_profile()
        self._reader = Reader(cabinet, profile)
        self._raised = self._reader.raised
        self._client = Client(exchange, cabinet, client_id, environment, self._names)
        self._exchange = exchange
        self._findings = findings

    def close(self) -> None:
        """Let go of the bus; the other cabinets of the exchange are closed with it."""
        self._exchange.close()

    # ---- reading

    def check(self) -> Health:
        """Look at keys, certificates and the way, then ask for the first page; never raises."""
        return Health((*self._findings(), self._tried()))

    def _tried(self) -> Finding:
        what = _("the list of messages")
        try:
            page = self._page(0, patience=_BY_HAND / 6)
            unread = [message.problem for message in page if message.appeal is None]
            if unread:
                return Finding(what, ok=False, sentence=unread[0])
            sentence = _("readable, {count} messages on its first page").format(count=len(page))
            return Finding(what, ok=True, sentence=sentence)
        except PendingError:
            told = _("asked over SMEV; the answer has not come yet, the next check or poll will take it")
            return Finding(what, ok=True, sentence=told)
        except ConnectorError as error:
            return Finding(what, ok=False, sentence=error.sentence)

    def pages(self) -> Iterator[Page]:
        """Yield every page of the messages that are not yet marked accepted, each message once.

        The last page that is yielded says so; it may be empty.
        """
        everything = self._all(
            self._page,
            lambda message: (message.platform_id, message.round_told),
            self._names.page_size,
        )
        for number, (messages, finished) in enumerate(everything):
            yield Page(tuple(messages), number, finished)

    def _all(
        self, fetch: Callable[[int], list[_T]], key: Callable[[_T], object], size: int
    ) -> Iterator[tuple[list[_T], bool]]:
        """Read all pages; a page that is not full is the last: to ask for another costs a journey."""
        ends = [self._names.max_pages]

        def page(number: int) -> list[_T]:
            if number > ends[0]:
                return []
            rows = fetch(number)
            ends[0] = number if len(rows) < size else self._names.max_pages
            return rows

        return read_all(
            page, key, page_size=size, max_pages=self._names.max_pages, max_passes=self._names.max_passes
        )

    def _page(self, number: int, patience: float | None = None) -> list[Received]:
        names = self._names
        purpose = self._client.purpose(_("the list of messages"), item=False)
        members = {names.fields.page: number, names.fields.size: names.page_size}
        call = Call(names.operations.list, str(number), members, purpose, patience=patience)
        with self._client.call(call) as told:
            found = elements.children(told.element, names.items.list)
            return [self._reader.appeal(one) for one in found]

    def read(self, raw: str) -> Received:
        """Read a stored message again, as after a correction of the wire profile."""
        return self._reader.stored(raw)

    @contextmanager
    def download(self, attachment: Attachment) -> Iterator[Download]:
        """Open a file of a message. Its bytes came by SMEV's store and lie in the spool, checked."""
        names = self._names
        purpose = self._client.purpose(_("file {id}").format(id=attachment.id))
        members = {names.fields.file_id: attachment.id}
        call = Call(names.operations.download, attachment.id, members, purpose, fresh=_DAY)
        # reusable: a message's files are asked for one by one, and again when one of them is not there yet
        with self._client.call(call, reusable=True) as told:
            file, element = self._downloaded(told, purpose)
            path = Path(file.path)
            name = elements.text(element, names.fields.file_name) or file.name
            kind = elements.text(element, names.fields.mime_type) or file.mime_type
            with path.open("rb") as body:
                yield Download(
                    name=filename.safe_name(name, attachment.id),
                    media_type=kind.partition(";")[0].strip().lower() or "application/octet-stream",
                    size=path.stat().st_size,
                    body=iter(lambda: body.read(_CHUNK), b""),
                )

    def _downloaded(self, told: Told, purpose: Purpose) -> tuple[ArrivedFile, elements.Element]:
        names = self._names
        found = elements.children(told.element, names.fields.download_result)
        for status in (one for result in found for one in elements.children(result, names.status.object)):
            self._client.look_at(status, purpose)
        described = [one for result in found for one in elements.children(result, names.fields.file)]
        ids = [elements.text(one, names.fields.attachment_uuid).lower() for one in described]
        file = next((one for one in told.files if ids and one.id.lower() == ids[0]), None)
        if file is None and len(told.files) == len(described) == 1:
            file = told.files[0]  # a transport that gives files names of its own
        if file is None or not Path(file.path).exists():
            raise lost(purpose, _("the answer came without the file"))
        return file, described[0]

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield `regions`, or the `subjects` or `subsubjects` of the region that `region_id` names."""
        if kind not in ("regions", "subjects", "subsubjects"):
            raise UnsupportedError(_("the platform has no dictionary {kind}").format(kind=kind))
        if kind != "regions" and not self._region_id:
            raise PermanentError(
                _("cabinet {name}: set region_id to read the dictionary {kind}").format(
                    name=self._cabinet.name, kind=kind
                )
            )
        rows = self._all(lambda page: self._entries(kind, page), lambda entry: entry.id, _DICTIONARY_PAGE)
        for entries, _finished in rows:
            yield from entries

    def _entries(self, kind: str, number: int) -> list[Entry]:
        names = self._names
        purpose = self._client.purpose(_("the dictionary {kind}").format(kind=kind), item=False)
        region = {} if kind == "regions" else {names.fields.region_id: self._region_id}
        members = {**region, names.fields.page: number, names.fields.size: _DICTIONARY_PAGE}
        about = f"{self._region_id}:{number}"
        call = Call(getattr(names.operations, kind), about, members, purpose, patience=_BY_HAND)
        parent = self._region_id if kind == "subjects" else ""
        with self._client.call(call) as told:
            found = elements.children(told.element, getattr(names.items, kind))
            try:
                return [self._reader.entry(one, parent) for one in found]
            except FieldProblemError as error:
                raise lost(purpose, str(error)) from error

    # ---- changing

    def accept(self, platform_id: str) -> None:
        """Mark a message accepted. Harmless to repeat."""
        names = self._names
        purpose = self._client.purpose(_("marking message {id} accepted").format(id=platform_id))
        call = Call(names.operations.accept, platform_id, {names.fields.id: platform_id}, purpose)
        with self._client.call(call):
            pass

    def upload(self, file: StoredFile, body: BinaryIO) -> str:
        """Upload a file and return the platform's id of it: its bytes go to SMEV's store, then its name."""
        fields = self._names.fields
        what = _("upload of file {id}").format(id=file.sha256[:12])
        purpose = self._client.purpose(what)
        name = filename.safe_name(file.name, file.sha256[:12])
        about = f"{file.sha256}:{name}"
        sent = self._spooled(file, body, name, self._client.key(self._names.operations.upload, about))
        members = {fields.file: {fields.file_name: name, fields.attachment_uuid: sent.uuid}}
        call = Call(self._names.operations.upload, about, members, purpose, files=(sent,), fresh=_DAY)
        with self._client.call(call) as told:
            found = elements.children(told.element, fields.file)
            file_id = elements.text(found[0], fields.id) if found else ""
            if not file_id:
                raise lost(purpose, _("an empty id"))
        shutil.rmtree(Path(sent.path).parent, ignore_errors=True)
        return file_id

    def _spooled(self, file: StoredFile, body: BinaryIO, name: str, key: str) -> SentFile:
        """Put the bytes where a resend finds them; an upload on its way keeps the attachment it has."""
        live = self._exchange.store.live(key)
        uuid = live.files[0].uuid if live and live.files else str(uuid4())
        target = self._exchange.spool / f"out-{uuid}" / "body"
        if not target.exists() or target.stat().st_size != file.size:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = target.with_name(f"part-{uuid4()}")
            with part.open("wb") as out:
                shutil.copyfileobj(body, out, _CHUNK)
            part.replace(target)
        return SentFile(uuid, name, file.media_type, str(target))

    def send(self, reply: Reply, file_ids: tuple[str, ...]) -> None:
        """Send a status or an answer. What is on its way already is waited for, never sent twice."""
        names = self._names
        what = _("reply to message {id}").format(id=reply.platform_id)
        purpose = self._client.purpose(what, changing=True, private=outgoing.private_words(reply))
        wire = outgoing.to_wire(reply, file_ids, self._cabinet, self._raised)
        call = Call(names.operations.reply, _about(reply), {names.fields.reply: wire}, purpose)
        with self._client.call(call):
            pass

    def count_sent(self, reply: Reply, confirmed: Sequence[Reply] = ()) -> int | None:
        """Return how many rows of the message's history look like this reply; None = the profile has none.

        Every sending of the reply is followed by a look of its own: an answer from before it is not taken.
        """
        names = self._names
        if not names.history:
            return None
        last = self._exchange.store.latest(self._client.key(names.operations.reply, _about(reply)))
        purpose = self._client.purpose(_("the history of message {id}").format(id=reply.platform_id))
        about = f"{_about(reply)}:{last}"
        call = Call(names.operations.history, about, {names.fields.id: reply.platform_id}, purpose)
        with self._client.call(call) as told:
            found = elements.children(told.element, names.history_object)
            value = self._reader.value(found[0]) if found else {}
            try:
                Fields(value)
                return outgoing.count_in_history(value, reply, self._raised, confirmed)
            except FieldProblemError as error:
                raise PermanentError(f"{purpose.what}: {error}", field=error.field) from error


def _about(reply: Reply) -> str:
    return f"{reply.platform_id}:{reply.round}:{reply.event_id}"
