"""The bus of the stand: queues by system, ids, leases, statuses. No XML and no HTTP here.

smev.md section 1. A message that was handed out and not acknowledged within `return_after` is in its queue
again; an acknowledgement that comes later, or twice, finds nothing. The clock is an argument.
"""

import base64
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from smev.gost.certificate import Certificate
from stand.ledger import Ledger, utc_now
from stand.smev.keys import Authority, Pair
from stand.smev.parcels import AsyncStatus, MessageType, Parcel, System, moment_of, uuid_v1
from stand.smev.refusal import BusFault, signature_fault

RETURN_AFTER = timedelta(minutes=15)
STALE_AFTER = timedelta(days=2)
OVERFLOW = 100_000  # messages in one queue


@dataclass(slots=True)
class _Waiting:
    parcel: Parcel
    until: datetime | None = None  # handed out, to be acknowledged before
    times: int = 0


@dataclass(slots=True)
class _Word:
    status: AsyncStatus
    until: datetime | None = None


class Bus:
    """Systems, message types, queues. Thread-safe.

    `on_request` hears that a request waits for a system (its mnemonic), outside the lock.
    """

    def __init__(
        self,
        *,
        ledger: Ledger | None = None,
        clock: Callable[[], datetime] = utc_now,
        return_after: timedelta = RETURN_AFTER,
    ) -> None:
        self.clock = clock
        self.ledger = ledger or Ledger()
        self.authority = Authority(clock)
        self.own = self.authority.issue("SMEV of the sedlink stand")
        self.on_request: Callable[[str], None] = lambda _mnemonic: None
        self._return_after = return_after
        self._lock = threading.RLock()
        self._systems: dict[str, System] = {}
        self._types: dict[tuple[str, str], MessageType] = {}
        self._queues: dict[tuple[str, str], dict[str, _Waiting]] = {}
        self._words: dict[str, dict[tuple[str, str], _Word]] = {}
        self._seen: dict[str, str] = {}  # MessageID = category of its last status
        self._requests: dict[str, Parcel] = {}  # by ReplyTo
        self._node, self._sequence = secrets.randbits(48), secrets.randbits(14)

    # ---- who and what

    def register(self, mnemonic: str, name: str, pair: Pair, *, inside: bool = False) -> System:
        """Make a system known; `inside`: one of the stand's own, whose messages the bus signs for it."""
        system = System(mnemonic, name, pair.certificate, pair if inside else None)
        with self._lock:
            self._systems[mnemonic] = system
            self._words.setdefault(mnemonic, {})
            for kind in ("REQUEST", "RESPONSE"):
                self._queues.setdefault((mnemonic, kind), {})
        return system

    def offer_type(self, message_type: MessageType) -> None:
        """Register a business type."""
        with self._lock:
            self._types[message_type.namespace, message_type.request] = message_type

    def system(self, mnemonic: str) -> System:
        """Return a system by its mnemonic. Raises KeyError."""
        return self._systems[mnemonic]

    def system_of(self, certificate: Certificate) -> System:
        """Return whose certificate it is. Raises BusFault."""
        if certificate.not_after < self.clock():
            raise signature_fault("CertificateIsExpired", "the certificate has expired")
        for system in self._systems.values():
            if system.certificate == certificate:
                return system
        raise signature_fault("CertificateIsNotFound", "no system is registered with this certificate")

    def type_of(self, root: tuple[str, str]) -> MessageType | None:
        """Return the registered type of a request's root element."""
        return self._types.get(root)

    def answer_root(self, request: Parcel) -> tuple[str, str]:
        """Return the root element by which the answers to a request are chosen from a queue."""
        found = self._types.get(request.root)
        return (found.namespace, found.response) if found else ("", "")

    def new_id(self) -> str:
        """Return a fresh MessageID."""
        with self._lock:
            self._sequence = (self._sequence + 1) & 0x3FFF
            return uuid_v1(self.clock(), self._node, self._sequence)

    # ---- sending

    def check_id(self, message_id: str) -> None:
        """Refuse an id that is no UUID of version 1, was used, or is too old. Raises BusFault."""
        told = moment_of(message_id)
        if told is None:
            raise BusFault("InvalidMessageIdFormat", f"MessageID {message_id} is not a UUID of version 1")
        with self._lock:
            if message_id in self._seen:
                raise BusFault("MessageIsAlreadySent", f"message {message_id} was sent before")
        if told < (self.clock() - STALE_AFTER).timestamp():
            raise BusFault("StaleMessageId", f"MessageID {message_id} is older than two days")

    def send(self, parcel: Parcel) -> None:
        """Take a message of a system into the recipient's queue. Raises BusFault."""
        with self._lock:
            self.check_id(parcel.id)
            if parcel.eol and parcel.eol <= self.clock():
                raise BusFault("EndOfLifeReached", "the end of life of the message has passed")
            queue = self._queues[parcel.recipient.mnemonic, parcel.kind]
            if len(queue) >= OVERFLOW:
                raise BusFault("DestinationOverflow", "the recipient's queue is full")
            self._note("smev_sent", parcel)
            self._seen[parcel.id] = "requestIsQueued" if parcel.kind == "REQUEST" else "responseIsQueued"
            if parcel.kind == "REQUEST":
                parcel.reply_to = parcel.reply_to or _token(parcel.id)
                self._requests[parcel.reply_to] = parcel
            queue[parcel.id] = _Waiting(parcel)
        if parcel.kind == "REQUEST":
            self.on_request(parcel.recipient.mnemonic)

    def request_by(self, reply_to: str) -> Parcel:
        """Return the request that a response's `To` names. Raises BusFault."""
        found = self._requests.get(reply_to)
        if found is None:
            raise BusFault("RecipientIsNotFound", "To is not the ReplyTo of any request")
        return found

    def reject(self, parcel: Parcel, code: str, description: str) -> None:
        """Turn a message that was taken into a late rejection: its sender hears of it, nobody else."""
        category = f"{parcel.kind.lower()}IsRejectedBySmev"
        status = AsyncStatus(parcel.id, category, description[:500], code, description)
        with self._lock:
            self._seen[parcel.id] = category
            self._note("smev_rejected", parcel, code=code)
            if parcel.kind == "REQUEST":
                self._tell(parcel, status)
            else:
                self._words[parcel.sender.mnemonic][parcel.id, category] = _Word(status)

    def announce(self, parcel: Parcel, category: str) -> None:
        """Tell a request's sender what becomes of it: an AsyncProcessingStatus that is no rejection."""
        with self._lock:
            self._tell(parcel, AsyncStatus(parcel.id, category, "told by the bus"))

    # ---- taking

    def take(
        self,
        system: System,
        kind: str,
        *,
        root: tuple[str, str] | None = None,
        node_id: str = "",
        last: bool = False,
    ) -> Parcel | None:
        """Hand out the first (or the last) message of a queue that fits, None when there is none."""
        with self._lock:
            now, queue = self.clock(), self._queues[system.mnemonic, kind]
            found, over = None, []
            for waiting in reversed(queue.values()) if last else queue.values():
                parcel = waiting.parcel
                if waiting.until and waiting.until > now:
                    continue
                if (root and parcel.root != root) or (node_id and parcel.node_id != node_id):
                    continue
                if parcel.eol and parcel.eol <= now:
                    over.append(parcel)
                    continue
                found = waiting
                break
            for parcel in over:
                del queue[parcel.id]
                self.reject(parcel, "EndOfLifeReached", "not taken before its end of life")
            if found is None:
                return None
            found.until, found.times = now + self._return_after, found.times + 1
            self._note("smev_delivered", found.parcel, times=found.times)
            return found.parcel

    def acknowledge(self, system: System, message_id: str, *, accepted: bool = True) -> Parcel | None:
        """Take a message out of its queue; not accepted: put it back. Raises BusFault when it is not there.

        Returns None for a word of GetStatus, which has no id but that of the message it is about.
        """
        with self._lock:
            now = self.clock()
            for kind in ("RESPONSE", "REQUEST"):
                queue = self._queues[system.mnemonic, kind]
                waiting = queue.get(message_id)
                if waiting is None or waiting.until is None or waiting.until <= now:
                    continue
                self._note("smev_acknowledged", waiting.parcel, accepted=accepted)
                if accepted:
                    del queue[message_id]
                    self._seen[message_id] = "messageIsDelivered"
                    if system.pair is not None:  # the stand's own answers without `To`: nothing is looked up
                        self._requests.pop(waiting.parcel.reply_to, None)
                else:
                    waiting.until = None
                return waiting.parcel
            if self._acknowledge_word(system, message_id, now):
                return None
        raise BusFault("TargetMessageIsNotFound", f"no message {message_id} waits to be acknowledged")

    def handed_out(self, system: System, original_id: str) -> list[str]:
        """Return the ids of the answers to a request that wait to be acknowledged."""
        with self._lock:
            now, queue = self.clock(), self._queues[system.mnemonic, "RESPONSE"]
            return [
                one.parcel.id for one in queue.values()
                if one.parcel.original_id == original_id and one.until and one.until > now
            ]  # fmt: skip

    def again(self, parcel: Parcel) -> None:
        """Put an acknowledged message into its queue once more (a fault: delivered twice)."""
        with self._lock:
            self._queues[parcel.recipient.mnemonic, parcel.kind][parcel.id] = _Waiting(parcel)

    def word(self, system: System) -> AsyncStatus | None:
        """Hand out the next word for GetStatus, None when there is none."""
        with self._lock:
            now = self.clock()
            for word in self._words[system.mnemonic].values():
                if word.until is None or word.until <= now:
                    word.until = now + self._return_after
                    return word.status
        return None

    def statistics(self, system: System) -> Iterator[tuple[str, int]]:
        """Yield how many messages wait in each queue of a system."""
        with self._lock:
            for (mnemonic, kind), queue in self._queues.items():
                if mnemonic == system.mnemonic:
                    yield f"{mnemonic}.{kind.lower()}", len(queue)

    def waiting(self) -> int:
        """Return how many messages wait in all queues."""
        with self._lock:
            return sum(map(len, self._queues.values()))

    # ---- inside

    def _acknowledge_word(self, system: System, message_id: str, now: datetime) -> bool:
        words = self._words[system.mnemonic]
        found = [
            key for key, word in words.items() if key[0] == message_id and word.until and word.until > now
        ]
        for key in found:
            del words[key]
        return bool(found)

    def _tell(self, parcel: Parcel, status: AsyncStatus) -> None:
        own = System("SMEV", "SMEV", self.own.certificate, self.own)
        answer = Parcel(
            self.new_id(), "RESPONSE", own, parcel.sender, status, self.clock(), parcel.version,
            root=self.answer_root(parcel), original_id=parcel.id, transaction_code=parcel.transaction_code,
            reply_to=_token(parcel.id), node_id=parcel.node_id,
        )  # fmt: skip
        self._queues[parcel.sender.mnemonic, "RESPONSE"][answer.id] = _Waiting(answer)

    def _note(self, what: str, parcel: Parcel, **more: str | bool | int) -> None:
        told = {"smev": parcel.id, "kind": parcel.kind}
        self.ledger.note(
            what, 0, 0, **told, sender=parcel.sender.mnemonic, recipient=parcel.recipient.mnemonic, **more
        )


def _token(message_id: str) -> str:
    told = json.dumps({"mid": message_id, "key": secrets.token_hex(8)})
    return base64.b64encode(told.encode()).decode()
