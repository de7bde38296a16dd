"""A message from the bus → the request it answers: files first, then the row; the caller acknowledges."""

import logging
import re
import time
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from pathlib import Path

from connector.platform.smev.store import Answer, ArrivedFile, Came, RequestStore, spooled
from smev.client.faults import BrokenFileError
from smev.client.transport import Transport
from smev.client.words import Incoming
from smev.envelope.words import BusinessStatus, Content, ProcessingStatus, Rejection

log = logging.getLogger(__name__)

_PLAIN = re.compile(r"[^0-9A-Za-z_-]")
_AT_ONCE = 60.0  # seconds: the bus returns what was not acknowledged after minutes, not at once
_FORGET = 86_400.0
# Words of AsyncProcessingStatus after which no answer comes; any other is news about a request on its way.
_ENDS = frozenset({"requestIsRejectedBySmev", "cancelled", "doesNotExist", "messageIsArchived", "ERROR"})


class Fate(Enum):
    """What became of a message that was taken from the queue."""

    OURS = 1  # stored: acknowledge it
    STRANGER = 2  # another program's: it goes back to the queue by itself
    AGAIN = 3  # a stranger that is back already: nothing else waits


class Arrivals:
    """Keeps what comes for requests of ours, and leaves alone what does not."""

    def __init__(
        self,
        store: RequestStore,
        transport: Transport,
        spool: Path,
        clock: Callable[[], datetime],
        *,
        alone: bool,
    ) -> None:
        """Wire it. `alone`: nobody else reads this queue, so what answers nobody is kept all the same."""
        self._store, self._transport, self._alone = store, transport, alone
        self._spool, self._clock = spool, clock
        self._strangers: dict[str, float] = {}

    def keep(self, message: Incoming) -> Fate:
        """Store a message durably, if it is about a request of ours.

        An answer to nobody's question here belongs to another program of the same information system.
        """
        original = message.original_id
        asked = self._store.of_reference(original) if original else None
        if asked is None and not self._alone:
            return self._stranger(message)
        came = Came(message.message_id, original, message.raw, self._clock())
        if asked is None:  # nobody's; or of a request whose sender has not heard yet how the peer calls it
            folder = f"came-{_PLAIN.sub('_', message.message_id)[:60]}"
            self._store.keep(came, "", self._answer(message, folder))
            return Fate.OURS
        answer = self._answer(message, asked.id) if asked.state == "open" else None
        self._store.keep(came, asked.id, answer)
        return Fate.OURS

    def _stranger(self, message: Incoming) -> Fate:
        now = time.monotonic()
        seen = self._strangers.get(message.message_id)
        self._strangers = {one: at for one, at in self._strangers.items() if now - at < _FORGET}
        self._strangers[message.message_id] = now
        if seen is None:
            log.warning("message %s answers no request of ours, left in the queue", message.message_id)
        return Fate.STRANGER if seen is None or now - seen > _AT_ONCE else Fate.AGAIN

    def _answer(self, message: Incoming, folder: str) -> Answer | None:
        if message.problem is not None:  # nobody knows who wrote it: the true one may come yet
            log.error("message %s: the bus's signature does not hold", message.message_id)
            return None
        body = message.message.body
        if isinstance(body, Content):
            try:
                return Answer("content", body.xml, files=self._files(message, folder))
            except BrokenFileError as error:
                return Answer("broken", told=str(error))
        return _verdict(body)

    def _files(self, message: Incoming, folder: str) -> tuple[ArrivedFile, ...]:
        kept = []
        for number, file in enumerate(message.files):
            target = spooled(self._spool, folder, f"in-{number}-{_PLAIN.sub('_', file.id)[:60]}")
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not target.exists():  # whole and checked since an earlier process died before its commit
                self._transport.fetch(file, target)
            kept.append(ArrivedFile(file.id, file.name, file.mime_type, str(target)))
        return tuple(kept)


def _verdict(body: object) -> Answer | None:
    """Return what a body without content comes to, None for news about a request still on its way."""
    match body:
        case (Rejection() as first, *_rest):
            return Answer("rejected", code=first.code, told=first.description)
        case ProcessingStatus() as word if word.fault_code or word.category in _ENDS:
            told = word.fault_description or word.details
            return Answer("fault", code=word.fault_code or word.category, told=told)
        case BusinessStatus() | ProcessingStatus() | None:
            return None
        case _:
            return Answer("broken", told="an empty answer")
