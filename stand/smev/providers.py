"""The stand's own information systems behind the bus: a thread takes their requests and sends the answers."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from stand.smev.bus import Bus
from stand.smev.parcels import Body, Inline, InStore, Parcel

log = logging.getLogger("stand.smev")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answers a request with."""

    body: Body
    inline: tuple[Inline, ...] = ()
    files: tuple[InStore, ...] = ()


Handler = Callable[[Parcel], list[Reply]]


class Providers:
    """Serves the requests of the stand's own systems, one after another, from `start` to `stop`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._handlers: dict[str, Handler] = {}
        self._waiting: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="stand-smev", daemon=True)
        bus.on_request = self._waiting.put

    def serve(self, mnemonic: str, handler: Handler) -> None:
        """Let a handler answer the requests of a system."""
        self._handlers[mnemonic] = handler

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the request in work and end."""
        if self._thread.is_alive():
            self._waiting.put("")
            self._thread.join()

    def settle(self) -> None:
        """Wait, between `start` and `stop`, until every request that came is served and answered."""
        self._waiting.join()

    def _run(self) -> None:
        while mnemonic := self._waiting.get():
            try:
                self._serve_all(mnemonic)
            finally:
                self._waiting.task_done()
        self._waiting.task_done()

    def _serve_all(self, mnemonic: str) -> None:
        handler = self._handlers.get(mnemonic)
        if handler is None:
            return  # a client's own queue: the client takes it
        system = self._bus.system(mnemonic)
        while parcel := self._bus.take(system, "REQUEST"):
            self._bus.acknowledge(system, parcel.id)  # at once: its lease must not end while it is served
            self._serve(handler, parcel)

    def _serve(self, handler: Handler, parcel: Parcel) -> None:
        try:
            replies = handler(parcel)
        except Exception:
            log.exception("the stand's own provider failed")
            replies = []
        for reply in replies:
            answer = Parcel(
                id=self._bus.new_id(),
                kind="RESPONSE",
                sender=parcel.recipient,
                recipient=parcel.sender,
                body=reply.body,
                sent=self._bus.clock(),
                version=parcel.version,
                root=self._bus.answer_root(parcel),
                inline=reply.inline,
                files=reply.files,
                original_id=parcel.id,
                transaction_code=parcel.transaction_code,
                reply_to=parcel.reply_to,
                node_id=parcel.node_id,
            )
            self._bus.send(answer)
