"""What the platform of the stand remembers, in memory, and what each call does to it. No HTTP here."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from config.i18n import _
from stand.ledger import Ledger, utc_now
from stand.platform import checks
from stand.platform.profile import Profile, default_profile
from stand.words import Cabinet, FileSpec, Kind, Message, round_id


class UnknownMessageError(Exception):
    """This cabinet has no such message."""


@dataclass(slots=True)
class Item:
    """One message in its current round."""

    message: Message
    round: int
    comment: str  # why the citizen returned it; empty in round 1
    listed: bool = False
    accepted: bool = False
    closed: bool = False  # the final answer of this round was taken
    rating: int | None = None
    numbers: frozenset[str] = frozenset()  # what regNumber may say in this round
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a cabinet uploaded: only what is needed to compare it."""

    id: str
    opa_id: int
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class _Token:
    cabinet: Cabinet
    until: float


Told = Callable[[int, int, Kind], None]


class PlatformState:
    """Messages, tokens, files and replies of all cabinets. Thread-safe.

    `on_reply` hears of each reply that was taken (message, round, kind), outside the lock.
    """

    def __init__(
        self,
        cabinets: Iterable[Cabinet],
        *,
        ledger: Ledger,
        token_seconds: int = 3600,
        clock: Callable[[], datetime] = utc_now,
        profile: Profile | None = None,
    ) -> None:
        self.cabinets = {cabinet.opa_id: cabinet for cabinet in cabinets}
        self.ledger = ledger
        self.profile = profile or default_profile()
        self.token_seconds = token_seconds
        self.base_url = ""
        self.on_reply: Told | None = None
        self._clock = clock
        self._lock = threading.RLock()
        self._tokens: dict[str, _Token] = {}
        self._items: dict[int, Item] = {}
        self._waiting: dict[int, dict[int, None]] = {opa_id: {} for opa_id in self.cabinets}
        self._last_accepted: dict[int, int] = {}
        self._files: dict[str, tuple[int, FileSpec]] = {}
        self._uploads: dict[str, Upload] = {}

    # ---- the citizens' side

    def offer(self, message: Message) -> None:
        """Put a new message into the list of its cabinet."""
        files = {"files": [spec.sha256 for _id, spec in message.files]}
        with self._lock:
            if message.id in self._items:
                raise ValueError(f"message {message.id} is there already")
            item = Item(message, 1, "")
            self._items[message.id] = item
            self._waiting[message.opa_id][message.id] = None
            self._files.update({file_id: (message.opa_id, spec) for file_id, spec in message.files})
            for code in ("MODERATION_NEW", "MODERATION_ACCEPT"):
                item.history.append(self._row(code, None, None))
            self.ledger.note("offered", message.id, 1, opa=message.opa_id, **files)

    def check_rework(self, message_id: int) -> None:
        """Raise ValueError unless the message has an answer that can be returned."""
        if not self.item(message_id).closed:
            raise ValueError(_("message {id} has no answer to return").format(id=message_id))

    def rework(self, message_id: int, comment: str) -> int:
        """Return an answered message for rework: a new round, listed again. Returns the round's number."""
        with self._lock:
            self.check_rework(message_id)
            item = self.item(message_id)
            item.round += 1
            item.comment = comment
            item.rating = None  # it was of the answer that is returned now
            item.accepted = item.closed = item.listed = False
            item.numbers = frozenset()
            self._waiting[item.message.opa_id][message_id] = None
            files = [spec.sha256 for _id, spec in item.message.files]
            self.ledger.note("offered", message_id, item.round, opa=item.message.opa_id, files=files)
            return item.round

    def rate(self, message_id: int, rating: int) -> None:
        """Keep the citizen's rating (1 to 5) of the answer."""
        if not 1 <= rating <= 5:
            raise ValueError(_("a rating is 1 to 5"))
        with self._lock:
            item = self.item(message_id)
            item.rating = rating
            self.ledger.note("rated", message_id, item.round, rating=rating)

    # ---- tokens

    def new_token(self, client_id: str, secret: str) -> dict[str, Any] | None:
        """Return the token answer for a cabinet's id and password, None when they are wrong."""
        cabinet = next((one for one in self.cabinets.values() if one.client_id == client_id), None)
        if cabinet is None or not secrets.compare_digest(cabinet.secret.encode(), secret.encode()):
            return None
        token = uuid4().hex
        with self._lock:
            self._tokens[token] = _Token(cabinet, time.monotonic() + self.token_seconds)
        return {
            "access_token": token, "token_type": "bearer", "expires_in": self.token_seconds, "scope": "any",
            "surname": "Стендов", "name": "Стенд", "patronymic": "Стендович", "system": "sedlink-stand",
            "userId": cabinet.opa_id, "email": f"lko{cabinet.opa_id}@example.org", "jti": str(uuid4()),
        }  # fmt: skip

    def cabinet_of(self, token: str) -> Cabinet | None:
        """Return whose token it is, None when it is unknown or too old."""
        found = self._tokens.get(token)
        return found.cabinet if found and found.until > time.monotonic() else None

    def forget(self, token: str) -> None:
        """Let a token expire before its time."""
        with self._lock:
            self._tokens.pop(token, None)

    # ---- the SED's side

    def page(self, cabinet: Cabinet, number: int, size: int, *, repeat: bool = False) -> str:
        """Return one page of the messages not yet accepted, as JSON; `repeat` lists one twice (a fault)."""
        with self._lock:
            waiting = self._waiting[cabinet.opa_id]
            total = len(waiting)
            ids = list(islice(waiting, number * size, (number + 1) * size))
            if repeat:
                ids += [ids[0]] if ids else [i for i in (self._last_accepted.get(cabinet.opa_id),) if i]
            content = ",".join(self._wire(self._items[message_id]) for message_id in ids)
        return _page_json(content, len(ids), number, size, total)

    def file(self, cabinet: Cabinet, file_id: str) -> FileSpec | None:
        """Return a message's file when it belongs to this cabinet."""
        opa_id, spec = self._files.get(file_id, (0, None))
        return spec if opa_id == cabinet.opa_id else None

    def accept(self, cabinet: Cabinet, message_id: int) -> None:
        """Mark a message accepted; harmless to repeat. Raises UnknownMessageError."""
        with self._lock:
            item = self._own(cabinet, message_id)
            if not item.accepted:
                self.ledger.note("accepted", message_id, item.round)
            item.accepted = True
            self._waiting[cabinet.opa_id].pop(message_id, None)
            self._last_accepted[cabinet.opa_id] = message_id

    def keep_upload(self, cabinet: Cabinet, name: str, sha256: str, size: int) -> Upload:
        """Remember an uploaded file under a new id."""
        upload = Upload(str(uuid4()), cabinet.opa_id, name, sha256, size)
        with self._lock:
            self._uploads[upload.id] = upload
        self.ledger.note("uploaded", file=upload.id, sha256=sha256, size=size, opa=cabinet.opa_id)
        return upload

    def reply(self, cabinet: Cabinet, message_id: int, body: object) -> list[str]:
        """Take a reply, or return what is wrong with it. Raises UnknownMessageError."""
        with self._lock:
            item = self._own(cabinet, message_id)
            known = checks.Known(message_id, cabinet.opa_id, item.numbers, self._has_upload)
            wrong = checks.complaints(body, known, self.profile)
            turn = [] if wrong else list(_out_of_turn(item))
            if wrong or turn:
                self.ledger.note("refused_reply", message_id, item.round, wrong=wrong, turn=turn)
                return wrong or turn
            assert isinstance(body, dict)  # noqa: S101 - `complaints` made sure; mypy cannot know
            round_ = item.round
            kind = self._take(item, body)
        if self.on_reply:
            self.on_reply(message_id, round_, kind)
        return []

    def appeal(self, cabinet: Cabinet, message_id: int) -> dict[str, Any]:
        """Return the life-cycle history of a message. Raises UnknownMessageError."""
        with self._lock:
            item = self._own(cabinet, message_id)
            told: dict[str, Any] = {"id": message_id, "regNumber": item.message.number}
            told |= {"status": item.history[-1]["status"], "history": list(item.history)}
            if item.rating is not None:
                told["rating"] = item.rating
            if item.round > 1:
                told["rework"] = {"number": item.round, "comment": item.comment}
            return told

    # ---- looking at it

    def item(self, message_id: int) -> Item:
        """Return a message's state. Raises UnknownMessageError."""
        found = self._items.get(message_id)
        if found is None:
            raise UnknownMessageError(message_id)
        return found

    def items(self, limit: int = 1000) -> list[Item]:
        """Return the newest messages' states."""
        with self._lock:
            return list(islice(reversed(self._items.values()), limit))

    def allow_number(self, message_id: int, round_: int, number: str) -> None:
        """Learn the SED's number of a card: from now on a reply may name it (or the platform's own)."""
        with self._lock:
            item = self._items.get(message_id)
            if item and item.round == round_:
                item.numbers = frozenset({number, item.message.number})

    def waiting(self, opa_id: int) -> int:
        """Return how many messages of a cabinet are not yet accepted."""
        with self._lock:
            return len(self._waiting[opa_id])

    # ---- inside

    def _has_upload(self, opa_id: int, file_id: str) -> bool:
        upload = self._uploads.get(file_id)
        return upload is not None and upload.opa_id == opa_id

    def _own(self, cabinet: Cabinet, message_id: int) -> Item:
        item = self.item(message_id)
        if item.message.opa_id != cabinet.opa_id:
            raise UnknownMessageError(message_id)
        return item

    def _wire(self, item: Item) -> str:
        if not item.listed:
            item.listed = True
            self.ledger.note("listed", item.message.id, item.round)
        urls = [f"{self.base_url}/file-storage-service/filestorage/{key}" for key, _s in item.message.files]
        more: dict[str, Any] = {"attachments": urls}
        if item.round > 1:
            more["rework"] = {"number": item.round, "comment": item.comment}
        return item.message.wire[:-1] + "," + json.dumps(more, ensure_ascii=False)[1:]

    def _take(self, item: Item, body: dict[str, Any]) -> Kind:
        word = self.profile.status_texts[body["statusText"]]
        kind = Kind(self.profile.answer_types.get(body.get("appealAnswerType", ""), word.kind))
        item.closed = kind.final
        if number := body.get("regNumber"):
            item.numbers |= {number, item.message.number}
        uploads = [self._uploads[file_id] for file_id in body.get("attachmentIds", [])]
        self.ledger.note(
            "replied", item.message.id, item.round, kind=str(kind), status_text=body["statusText"],
            postponed=body.get("postponedDate", ""), number=body.get("regNumber", ""),
            outgoing=body.get("outgoingNumber", ""), files=sorted(upload.sha256 for upload in uploads),
        )  # fmt: skip
        item.history.append(self._row(word.code, body, kind))
        return kind

    def _row(self, code: str, body: Mapping[str, Any] | None, kind: Kind | None) -> dict[str, Any]:
        row: dict[str, Any] = {"status": code, "statusText": self.profile.history[code], "answer": None}
        row["createdAt"] = self._clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        body = body or {}
        if kind and (kind.final or kind is Kind.POSTPONED):
            text = body.get("answerText") or body.get("comment")
            row["answer"] = {"answerType": body["appealAnswerType"], "comment": text, "rejectReason": None}
        row["createdBy"] = body.get("executorInfo") or {"surname": "Стендов", "name": "Стенд"}
        return row


def _out_of_turn(item: Item) -> Iterable[str]:
    if item.closed:
        yield _("message {id}: this round has its final answer").format(
            id=round_id(item.message.id, item.round)
        )
    elif not item.accepted:
        yield _("message {id}: was not marked accepted").format(id=round_id(item.message.id, item.round))


def _page_json(content: str, count: int, number: int, size: int, total: int) -> str:
    pages = -(-total // size)
    sort = {"sorted": False, "unsorted": True, "empty": True}
    pageable = {
        "sort": sort, "pageSize": size, "pageNumber": number, "offset": number * size,
        "paged": True, "unpaged": False,
    }  # fmt: skip
    rest = {
        "pageable": pageable, "totalElements": total, "totalPages": pages, "last": number + 1 >= pages,
        "first": number == 0, "number": number, "size": size, "numberOfElements": count, "sort": sort,
        "empty": count == 0,
    }  # fmt: skip
    return f'{{"content":[{content}],' + json.dumps(rest)[1:]
