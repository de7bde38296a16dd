"""РСМЭВ: a regional gateway that speaks SMEV for us, reached by REST. The third Transport.

Known of it (smev.md section 5): the addresses, `node_id`, the answer of getresponse, files by FTP, and that
what was not confirmed comes again. What sendrequest is given is not public, so it is this project's own, the
mirror of getresponse: {messageId, xml, files[{name, url, signaturePKCS7}], eol, testMessage}. A gateway that
heeds messageId gives the same requestId for the same message; one that does not takes a repeat for a new
message: whoever cannot bear that asks the other side before repeating.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import cast
from urllib.parse import quote, unquote, urlsplit

from lxml import etree

from smev.client import fetching, files
from smev.client.faults import BusError, FixMessageError, GarbageError, GoneError, RetryError
from smev.client.ftp import FileStore, safe_name
from smev.client.line import Line
from smev.client.soap import Identity, utc_now
from smev.client.wire import Record, unrecorded
from smev.client.words import Incoming, IncomingFile, Outgoing, OutgoingFile, Queue, Receipt, Request
from smev.envelope import read
from smev.envelope.faults import KINDS, fault
from smev.envelope.words import Content, Metadata, Received, Selector
from smev.errors import InputError, UnsupportedError
from smev.gost.backends import provider
from smev.signature import places
from smev.signature.octets import parse

_KEPT = 1 << 20
_LONGEST = 64 << 20  # bytes of an answer: business content in base64, files go by FTP


class GatewayTransport:
    """A Transport (smev.client.transport) to a gateway. Thread-safe.

    Args:
        line: to the gateway's host.
        entrypoint: the gateway's name for our way into SMEV.
        node_id: the header `node_id`; "" sends none.
        identity: signs files; None: they go without a signature of ours, the gateway signs.
        file_store: for files; None: a message with files cannot be sent.
        record: is told every body sent and received.
        clock: tells the time, with its offset.
    """

    name = "rsmev"
    one_per_id = False  # nobody knows whether a gateway heeds messageId

    def __init__(
        self,
        line: Line,
        *,
        entrypoint: str,
        node_id: str,
        identity: Identity | None = None,
        file_store: FileStore | None = None,
        record: Record = unrecorded,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._line, self._identity, self._file_store, self._clock = line, identity, file_store, clock
        self._path = f"/api/smev/{quote(entrypoint, safe='')}"
        self._headers = {"Accept": "application/json"} | ({"node_id": node_id} if node_id else {})
        self._record = record

    # ---- sending

    def send(self, message: Outgoing) -> Receipt:
        """Upload the files, then hand the message over. See Transport."""
        if not isinstance(message, Request):
            raise UnsupportedError("transport-lacks", "the gateway has no {what}", what="SendResponse")
        body: dict[str, object] = {
            "messageId": message.message_id,
            "xml": base64.b64encode(message.content).decode(),
            "files": [self._uploaded(one) for one in message.files],
        }
        if message.end_of_life:
            body["eol"] = message.end_of_life.isoformat()
        if message.test:
            body["testMessage"] = True
        status, told, raw = self._call("sendrequest", body)
        if status != 200:
            raise _refusal(status, told, raw)
        reference = told.get("requestId")
        if not isinstance(reference, str | int) or not str(reference).strip():
            raise GarbageError("no requestId", raw[:_KEPT])
        return Receipt(message_id=message.message_id, reference=str(reference), raw=raw)

    def _uploaded(self, file: OutgoingFile) -> dict[str, str]:
        if self._file_store is None:
            raise UnsupportedError("transport-lacks", "the gateway has no {what}", what="file_store")
        name = safe_name(file.name)
        told = {"name": file.name, "url": f"{self._file_store.url.rstrip('/')}/{file.uuid}/{quote(name)}"}
        if self._identity is not None:
            signer = self._identity.personal or self._identity.signer
            signed = files.sign_file(file, signer, self._identity.provider, self._clock())
            told["signaturePKCS7"] = base64.b64encode(signed.signature).decode()
        self._file_store.upload(file.uuid, name, file.path)
        return told

    # ---- receiving

    def receive(self, queue: Queue, selector: Selector | None = None) -> Incoming | None:  # noqa: ARG002 - one queue
        """Take the next answer. See Transport; the gateway has no other queue and no choice of types."""
        if queue is not Queue.RESPONSES:
            return None
        status, told, raw = self._call("getresponse", None)
        if status in (204, 404):
            return None
        if status != 200:
            raise _refusal(status, told, raw)
        return _incoming(queue, told, raw)

    def fetch(self, file: IncomingFile, target: Path) -> None:
        """Bring a file from the file store and check it. See Transport."""
        own = self._identity.provider if self._identity else provider()
        fetching.fetch(file, target, self._file_store, own, self._clock())

    def acknowledge(self, handle: str, *, accepted: bool = True) -> None:
        """Confirm a message. See Transport; a message that is not accepted is left where it is."""
        if not accepted:
            return
        status, told, raw = self._call(f"confirmprocessing/{quote(handle, safe='')}", None)
        if status == 404:
            raise GoneError("TargetMessageIsNotFound", _words(told))
        if status not in (200, 202, 204):
            raise _refusal(status, told, raw)

    # ---- about the peer

    def statistics(self) -> Mapping[str, int]:
        """Raise UnsupportedError: the gateway cannot tell."""
        raise UnsupportedError("transport-lacks", "the gateway has no {what}", what="statistics")

    def check(self) -> None:
        """Reach the gateway and log in to the file store; nothing is sent, nothing is taken."""
        with self._line.call("OPTIONS", f"{self._path}/getresponse", headers=self._headers) as answer:
            if answer.status >= 500 or answer.status in (401, 403):
                raise _refusal(answer.status, {}, answer.body(_KEPT))
        if self._file_store is not None:
            self._file_store.check()

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    def _call(self, operation: str, body: object) -> tuple[int, dict[str, object], bytes]:
        octets = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {**self._headers, **({"Content-Type": "application/json"} if octets else {})}
        name = operation.partition("/")[0]
        self._record(name, "out", octets)
        with self._line.call("POST", f"{self._path}/{operation}", body=octets, headers=headers) as answer:
            raw = answer.body(_LONGEST)
            self._record(name, "in", raw)
            return answer.status, _json(answer.status, raw), raw


def _json(status: int, raw: bytes) -> dict[str, object]:
    """Return the object of an answer; only a success has to be one."""
    try:
        told = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict):
        return cast("dict[str, object]", told)
    if status == 200:
        raise GarbageError("it is not a JSON object", raw[:_KEPT])
    return {}


def _refusal(status: int, told: Mapping[str, object], raw: bytes) -> BusError | GarbageError:
    """Return the error of an answer that is no success, by the fault it names or else by its status."""
    code = next((str(told[key]) for key in ("code", "fault", "error") if told.get(key) in KINDS), "")
    words = _words(told) or f"HTTP {status}"
    if code:
        return fault(code, words, server=status >= 500)
    if status in (401, 403):
        return fault("AccessDenied", words, server=False)
    if status in (408, 425, 429) or status >= 500:
        return RetryError(f"HTTP {status}", words)
    if 400 <= status < 500 and status not in (404, 405):
        return FixMessageError(f"HTTP {status}", words)
    return GarbageError(f"HTTP {status}", raw[:_KEPT])


def _words(told: Mapping[str, object]) -> str:
    found = (told.get(key) for key in ("description", "message", "messages"))
    return next((str(one) for one in found if one), "")


def _incoming(queue: Queue, told: Mapping[str, object], raw: bytes) -> Incoming:
    request_id = str(told.get("requestId") or "").strip()
    if not request_id:
        raise GarbageError("no requestId", raw[:_KEPT])
    content = _unpacked(told.get("xml"), raw)
    bus_id = str(told.get("messageId") or told.get("recId") or request_id)
    return Incoming(
        queue=queue,
        message=_message(content, bus_id, request_id, raw),
        raw=raw,
        handle=request_id,
        files=tuple(_file(one, raw) for one in _rows(told.get("files"), raw)),
    )


def _message(content: bytes, bus_id: str, request_id: str, raw: bytes) -> Received:
    """Return the message: bare business content, or what the bus itself wrote about our request."""
    try:
        root = parse(content)
        own_words = etree.QName(root).namespace in places.SOAP or places.version(root)
        told = read(content) if own_words else None
    except InputError as error:
        raise GarbageError(str(error), raw[:_KEPT]) from error
    body = told.body if isinstance(told, Received) else Content(content)
    return Received(kind="Response", metadata=Metadata(message_id=bus_id), original_id=request_id, body=body)


def _unpacked(value: object, raw: bytes) -> bytes:
    try:
        return base64.b64decode(str(value or ""), validate=True)
    except (binascii.Error, ValueError):
        raise GarbageError("broken base64 in xml", raw[:_KEPT]) from None


def _rows(told: object, raw: bytes) -> Sequence[object]:
    if told and not isinstance(told, list):
        raise GarbageError("files is no list", raw[:_KEPT])
    return cast("Sequence[object]", told or ())


def _file(told: object, raw: bytes) -> IncomingFile:
    """Return a file of the answer; its id is the folder it lies in, as SMEV's file store has it."""
    if not isinstance(told, dict) or not told.get("url"):
        raise GarbageError("a file without url", raw[:_KEPT])
    try:
        url = urlsplit(str(told["url"]))
    except ValueError as error:
        raise GarbageError(f"the url of a file: {error}", raw[:_KEPT]) from error
    path = PurePosixPath(unquote(url.path))
    signature = told.get("signaturePKCS7")
    name = str(told.get("name") or path.name)
    return IncomingFile(
        id=path.parent.name or name,
        name=name,
        signature=_unpacked(signature, raw) if signature else None,
        location=str(path),
        user=url.username or "",
        password=url.password or "",
    )
