"""What goes wrong on the bus: asked for by name for the next calls, or drawn by the fault plan.

What is asked for is a `Fault`, `notice`, a fault of the bus by its name (`StaleMessageId`), or a kind of
SignatureVerificationFault (`CertificateIsExpired`).
"""

import threading
from collections import defaultdict, deque
from collections.abc import Iterable

from werkzeug.wrappers import Response

from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger
from stand.server import CutError
from stand.smev.refusal import KNOWN, sample

NOTICE = "notice"  # AsyncProcessingStatus requestIsAcceptedBySmev before the answer

BEFORE = (Fault.SLOW, Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE)
AFTER = (Fault.CUT_AFTER, Fault.GARBAGE)
_OF_A_MESSAGE = (*AFTER, Fault.BAD_SIGNATURE, Fault.SHUFFLED)  # what needs a message in the answer to show
_HTML = "<!DOCTYPE html><html><head><title>Technical works</title></head><body>Try later</body></html>"


class _Asked(str):
    """A trouble that somebody asked for, not one that the plan drew."""

    __slots__ = ()


class Troubles:
    """Decides what befalls a call of the bus, and carries it out. Thread-safe."""

    def __init__(self, plan: FaultPlan, ledger: Ledger) -> None:
        self.plan = plan
        self._ledger = ledger
        self._asked: dict[str, deque[str]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._failures = 0

    def ask(self, operation: str, name: str, times: int = 1) -> None:
        """Let the next calls of an operation meet a trouble. Raises ValueError for an unknown name."""
        if name not in set(Fault) and name not in KNOWN and name != NOTICE:
            known = ", ".join((*Fault, NOTICE, *KNOWN))
            raise ValueError(f"unknown trouble {name}: use one of {known}")
        with self._lock:
            self._asked[operation].extend([name] * times)

    def pick(self, operation: str, key: str, candidates: Iterable[Fault]) -> str:
        """Return what befalls this call, "" when nothing does."""
        with self._lock:
            asked = self._asked[operation]
            name: str = _Asked(asked.popleft()) if asked else ""
        if not name:
            name = str(self.plan.pick(f"smev {operation} {key}", candidates) or "")
        if name:
            self._ledger.note("fault", kind=name, call=operation)
        return name

    def nothing_to_spoil(self, operation: str, name: str) -> bool:
        """Tell whether a trouble should wait, because it was asked for and this answer brings no message.

        It then meets the next call of the operation instead.
        """
        if not isinstance(name, _Asked) or str(name) not in set(_OF_A_MESSAGE):
            return False
        with self._lock:
            self._asked[operation].appendleft(str(name))
        return True

    def before(self, name: str) -> Response | None:
        """Carry out what comes before anything is done; return the answer when there is one already.

        Raises CutError and BusFault.
        """
        if name == Fault.SLOW:
            self.plan.dawdle()
        elif name == Fault.CUT_BEFORE:
            raise CutError
        elif name == Fault.ERROR:
            return Response("temporarily unavailable", (500, 502, 503)[self._count() % 3])
        elif name == Fault.TOO_MANY:
            return Response("slow down", 429, headers={"Retry-After": str(self.plan.pains.retry_after)})
        elif name == Fault.SMEV_FAILURE:
            raise sample("SMEVFailure" if self._count() % 2 else "DestinationOverflow")
        elif name in KNOWN:
            raise sample(name)
        return None

    def after(self, name: str, response: Response) -> Response:
        """Carry out what happens to an answer when everything is done. Raises CutError."""
        if name == Fault.CUT_AFTER:
            body = response.get_data()
            head = f"HTTP/1.1 {response.status}\r\nContent-Type: {response.content_type}\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            raise CutError(head.encode("latin-1") + body[: len(body) // 2] if self._count() % 2 else b"")
        if name == Fault.GARBAGE:
            if self._count() % 2:
                return Response(_HTML, 200, content_type="text/html")
            body = response.get_data()
            return Response(body[: len(body) // 2], 200, content_type=response.content_type)
        return response

    def _count(self) -> int:
        with self._lock:
            self._failures += 1
            return self._failures
