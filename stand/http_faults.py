"""Faults of a SED that speaks HTTP: what befalls a call before and after it is carried out."""

import itertools

from werkzeug.wrappers import Request, Response

from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger
from stand.server import CutError

_BEFORE = (Fault.SLOW, Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE)
_AFTER = (Fault.CUT_AFTER, Fault.GARBAGE, Fault.ERROR_AFTER)
_HTML = "<!DOCTYPE html><html><head><title>Technical works</title></head><body>Try later</body></html>"


class HttpFaults:
    """Strikes calls by a plan. `strike` before the call is carried out, `spoil` after it."""

    def __init__(self, plan: FaultPlan, ledger: Ledger) -> None:
        self._plan = plan
        self._ledger = ledger
        self._count = itertools.count()

    def strike(self, request: Request) -> tuple[Fault | None, Response | None]:
        """Return the fault that befalls a call, and the answer when it is not carried out at all."""
        kinds = (*_BEFORE, *_AFTER)
        fault = self._plan.pick(f"sed {request.method} {request.path}", kinds)
        if fault is None:
            return None, None
        self._ledger.note("fault", kind=str(fault), call=f"SED {request.method}")
        if fault is Fault.SLOW:
            self._plan.dawdle()
        elif fault is Fault.CUT_BEFORE:
            raise CutError
        elif fault is Fault.ERROR:
            status = (500, 502, 503)[next(self._count) % 3]
            return fault, Response("the service is unavailable", status, content_type="text/plain")
        elif fault is Fault.TOO_MANY:
            answer = Response("too many requests", 429, content_type="text/plain")
            answer.headers["Retry-After"] = str(self._plan.pains.retry_after)
            return fault, answer
        return fault, None

    def spoil(self, fault: Fault | None, answer: Response) -> Response:
        """Return the answer as it arrives."""
        if fault is Fault.CUT_AFTER:
            body = answer.get_data()
            head = f"HTTP/1.1 {answer.status}\r\nContent-Type: {answer.content_type}\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            raise CutError(head.encode() + body[: len(body) // 2] if len(body) > 1 else b"")
        if fault is Fault.ERROR_AFTER:
            return Response('{"detail":"internal error"}', 500, content_type="application/json")
        if fault is Fault.GARBAGE:
            body = answer.get_data()
            if next(self._count) % 2 or not body:
                return Response(_HTML, 200, content_type="text/html")
            return Response(body[: len(body) // 2], 200, content_type=answer.content_type)
        return answer
