"""The platform over REST as the relay sees it (connector.platform.Platform)."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import quote

from config.i18n import _
from config.secret import Secret
from connector.appeal import Attachment, Cabinet, Reply, StoredFile
from connector.errors import ConnectorError, PermanentError, UnsupportedError
from connector.peer import Entry, Finding, Health
from connector.platform import Download, Page, Received
from connector.platform.rest import filename, outgoing, translate
from connector.platform.rest.access import Access, Timeouts
from connector.platform.rest.client import Client
from connector.platform.rest.failures import Call, garbage, refused
from connector.platform.rest.fields import FieldProblemError, Fields
from connector.platform.rest.jsontext import NotJsonError, decode_text, parse, split
from connector.platform.rest.listing import read_all
from connector.platform.rest.profile import Profile, default_profile

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class RestPlatform:
    """One cabinet of the platform over REST. Thread-safe.

    Raises ValueError, a sentence for the administrator, when it is built from settings that cannot work.
    """

    def __init__(
        self,
        cabinet: Cabinet,
        *,
        base_url: str,
        client_id: str,
        secret: Secret,
        oauth_client: str,
        oauth_secret: Secret,
        profile: Profile | None = None,
        timeouts: Timeouts | None = None,
        ca_file: Path | None = None,
        file_hosts: Sequence[str] = (),
        region_id: str = "",
        calls_per_second: float = 0.0,
    ) -> None:
        self._cabinet = cabinet
        self._profile = profile or default_profile()
        self._region_id = region_id
        access = Access(
            cabinet,
            base_url,
            client_id,
            secret,
            oauth_client,
            oauth_secret,
            timeouts or Timeouts(),
            ca_file,
            tuple(file_hosts),
            calls_per_second,
        )
        self._base_url = base_url
        self._client = Client(access, self._profile)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    # ---- reading

    def check(self) -> Health:
        """Try the credentials and the first page of the list, change nothing; never raises."""
        environment = self._profile.environment(self._base_url)
        address = Finding(
            _("the platform's address"),
            ok=True,
            sentence=f"{self._base_url} ({environment or _('environment not known by its name')})",
        )
        token = _tried(
            _("the cabinet's id and password"),
            self._client.try_token,
            lambda _none: _("the platform accepts them"),
        )
        if not token.ok:
            return Health((address, token))
        return Health(
            (address, token, _tried(_("the list of messages"), lambda: self._page(0), self._first_page_words))
        )

    def _first_page_words(self, page: Sequence[Received]) -> str:
        unread = [message.problem for message in page if message.appeal is None]
        if unread:
            raise PermanentError(unread[0])
        return _("readable, {count} messages on its first page").format(count=len(page))

    def pages(self) -> Iterator[Page]:
        """Yield every page of the messages that are not yet marked accepted, each message once.

        The last page that is yielded says so; it may be empty.
        """
        paging = self._profile.paging
        everything = read_all(
            self._page,
            lambda message: (message.platform_id, message.round_told),
            page_size=paging.page_size,
            max_pages=paging.max_pages,
            max_passes=paging.max_passes,
        )
        for number, (messages, finished) in enumerate(everything):
            yield Page(tuple(messages), number, finished)

    def _page(self, number: int) -> list[Received]:
        paging = self._profile.paging
        call = self._call("GET", self._profile.paths.list, _("the list of messages"), item=False)
        text = self._client.get(call, {paging.page: number, paging.size: paging.page_size})
        try:
            _members, elements = split(text, paging.items)
        except NotJsonError as error:
            raise garbage(call, str(error)) from error
        names = self._profile.message
        return [translate.read_value(one.value, one.text, self._cabinet, names) for one in elements]

    def read(self, raw: str) -> Received:
        """Read a stored message again, as after a correction of the wire profile."""
        return translate.read_text(raw, self._cabinet, self._profile.message)

    @contextmanager
    def download(self, attachment: Attachment) -> Iterator[Download]:
        """Open a file of a message as a stream. Its address must be on the platform's own hosts."""
        path = attachment.url if "://" in attachment.url else "/" + attachment.url.lstrip("/")
        call = self._call("GET", path, _("file {id}").format(id=attachment.id))
        with self._client.stream(call) as (response, chunks):
            raw_headers = {name.lower(): value for name, value in response.headers.raw}
            disposition = raw_headers.get(b"content-disposition")
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if media_type == "text/html" and disposition is None:
                raise garbage(call, _("an HTML page"))
            size = _announced(response.headers.get("Content-Length"))
            limit = self._profile.limits.file_bytes
            if size is not None and size > limit:
                raise _too_large(call, limit)
            yield Download(
                name=filename.from_header(disposition, attachment.id),
                media_type=media_type or "application/octet-stream",
                size=size,
                body=_limited(chunks, call, limit),
            )

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield `regions`, or the `subjects` or `subsubjects` of the region that `region_id` names."""
        paths = self._profile.paths
        known = {"regions": paths.regions, "subjects": paths.subjects, "subsubjects": paths.subsubjects}
        if kind not in known:
            raise UnsupportedError(_("the platform has no dictionary {kind}").format(kind=kind))
        if kind != "regions" and not self._region_id:
            raise PermanentError(
                _("cabinet {name}: set region_id to read the dictionary {kind}").format(
                    name=self._cabinet.name, kind=kind
                )
            )
        path = known[kind].format(region=quote(self._region_id, safe=""))
        call = self._call("GET", path, _("the dictionary {kind}").format(kind=kind), item=False)
        parent = self._region_id if kind == "subjects" else ""
        paging = self._profile.paging
        rows = read_all(
            lambda number: self._entries(call, number, parent),
            lambda entry: entry.id,
            page_size=paging.page_size,
            max_pages=paging.max_pages,
            max_passes=paging.max_passes,
        )
        for entries, _finished in rows:
            yield from entries

    def _entries(self, call: Call, number: int, parent: str) -> list[Entry]:
        paging, names = self._profile.paging, self._profile.dictionaries
        text = self._client.get(call, {paging.page: number, paging.size: paging.page_size})
        try:
            told = parse(text)
            rows = told if isinstance(told, list) else list(Fields(told).objects(paging.items))
            fields = [row if isinstance(row, Fields) else Fields(row) for row in rows]
            return [translate.read_entry(row, names, parent) for row in fields]
        except (NotJsonError, FieldProblemError) as error:
            raise garbage(call, str(error)) from error

    # ---- changing

    def accept(self, platform_id: str) -> None:
        """Mark a message accepted. Harmless to repeat."""
        path = self._profile.paths.accept.format(id=quote(platform_id, safe=""))
        call = self._call("POST", path, _("marking message {id} accepted").format(id=platform_id))
        self._expect_success(call, self._client.post(call))

    def upload(self, file: StoredFile, body: BinaryIO) -> str:
        """Upload a file and return the platform's id of it."""
        what = _("upload of file {id}").format(id=file.sha256[:12])
        call = self._call("POST", self._profile.paths.upload, what, changing=True)
        name = filename.safe_name(file.name, file.sha256[:12])
        answer = self._client.upload(call, name, body, file.media_type)
        try:
            file_id = Fields(answer).required_text(self._profile.upload.id)
        except FieldProblemError as error:
            raise garbage(call, str(error)) from error
        if not file_id.strip():
            raise garbage(call, _("an empty id"))
        return file_id

    def send(self, reply: Reply, file_ids: tuple[str, ...]) -> None:
        """Send a status or an answer. Not idempotent on the platform: see `count_sent`."""
        path = self._profile.paths.reply.format(id=quote(reply.platform_id, safe=""))
        what = _("reply to message {id}").format(id=reply.platform_id)
        call = self._call("POST", path, what, changing=True, private=outgoing.private_words(reply))
        limit = self._profile.limits.reply_chars
        if limit and len(reply.text) > limit:
            raise PermanentError(
                _("{what}: its text has {count} characters, the platform takes {limit}; shorten it").format(
                    what=call.what, count=len(reply.text), limit=limit
                ),
                field=self._profile.reply.text,
            )
        wire = outgoing.to_wire(reply, file_ids, self._cabinet, self._profile)
        self._expect_success(call, self._client.post(call, json.dumps(wire, ensure_ascii=False).encode()))

    def count_sent(self, reply: Reply, confirmed: Sequence[Reply] = ()) -> int | None:
        """Return how many rows of the message's history look like this reply; None = the profile has none."""
        if not self._profile.paths.history:
            return None
        path = self._profile.paths.history.format(id=quote(reply.platform_id, safe=""))
        call = self._call("GET", path, _("the history of message {id}").format(id=reply.platform_id))
        try:
            history = parse(self._client.get(call))
            return outgoing.count_in_history(history, reply, self._profile, confirmed)
        except NotJsonError as error:
            raise garbage(call, str(error)) from error
        except FieldProblemError as error:
            raise PermanentError(f"{call.what}: {error}", field=error.field) from error

    def rating(self, platform_id: str) -> int | None:
        """Return the rating of the last answer, 1 to 5; None while there is none, or no way to see."""
        name = self._profile.history.rating
        if not self._profile.paths.history or not name:
            return None
        path = self._profile.paths.history.format(id=quote(platform_id, safe=""))
        call = self._call("GET", path, _("the history of message {id}").format(id=platform_id))
        try:
            rating = Fields(parse(self._client.get(call))).integer(name)
        except NotJsonError as error:
            raise garbage(call, str(error)) from error
        except FieldProblemError as error:
            raise PermanentError(f"{call.what}: {error}", field=error.field) from error
        if rating is not None and not 1 <= rating <= 5:
            raise PermanentError(f"{call.what}: {name} = {rating}", field=name)
        return rating

    def _expect_success(self, call: Call, body: bytes) -> None:
        """Look into a 2xx answer: an empty one is a success, `success: false` is none (platform.md 5)."""
        if not body.strip():
            return
        try:
            told = parse(decode_text(body))
        except NotJsonError as error:
            raise garbage(call, str(error)) from error
        if isinstance(told, dict) and (
            told.get("success") is False or (told.get("messages") and told.get("success") is not True)
        ):
            raise refused(call, body)

    def _call(
        self,
        method: str,
        path: str,
        what: str,
        *,
        changing: bool = False,
        item: bool = True,
        private: tuple[str, ...] = (),
    ) -> Call:
        named = _("cabinet {name}, {what}").format(name=self._cabinet.name, what=what)
        return Call(method, path, named, changing=changing, item=item, private=private)


def _tried(what: str, action: Callable[[], _T], words: Callable[[_T], str]) -> Finding:
    try:
        return Finding(what, ok=True, sentence=words(action()))
    except ConnectorError as error:
        return Finding(what, ok=False, sentence=error.sentence)


def _announced(length: str | None) -> int | None:
    return int(length) if length and length.isascii() and length.isdecimal() and len(length) < 19 else None


def _limited(chunks: Iterator[bytes], call: Call, limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_large(call, limit)
        yield chunk


def _too_large(call: Call, limit: int) -> PermanentError:
    return PermanentError(
        _(
            "{what}: it is larger than {limit} bytes, the limit of the wire profile (limits.file_bytes)"
        ).format(what=call.what, limit=limit),
        code="file-too-large",
    )
