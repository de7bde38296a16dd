"""The «Типовой адаптер» (ИУА): SOAP Send, Get and Find; it signs, polls and acknowledges by itself.

Get takes a message out of the adapter's queue for good, so its octets go to a folder of ours before anything
else is done: a message that was not acknowledged here comes again from there, after a crash too. The adapter
does not promise to know a clientId that comes twice: before a message is sent it is looked for (Find).
Files are paths that the adapter and we both see: a shared folder. Source: the adapter's WSDL.
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from lxml import etree

from smev.client import fetching
from smev.client.adapter_box import Box
from smev.client.adapter_read import Found, find_ids, incoming, refusal
from smev.client.faults import BrokenFileError, GarbageError
from smev.client.ftp import safe_name
from smev.client.line import Line
from smev.client.soap import utc_now
from smev.client.wire import Record, unrecorded
from smev.client.words import Incoming, IncomingFile, Outgoing, OutgoingFile, Queue, Receipt, Request
from smev.client.wsdl import zeep_client
from smev.envelope.words import BusinessStatus, Selector
from smev.errors import InputError, SetupError, UnsupportedError
from smev.gost.backends import provider
from smev.signature.octets import parse

_KEPT = 1 << 20
_LONGEST = 64 << 20  # bytes of an answer: files stay in the shared folder
_OF_QUEUE = {Queue.REQUESTS: "REQUEST", Queue.RESPONSES: "RESPONSE"}


class AdapterTransport:
    """A Transport (smev.client.transport) to the adapter. Thread-safe; processes may share the folder.

    Args:
        line: to the adapter's service.
        it_system: our code in the adapter.
        folder: for what was taken and is not acknowledged; durable.
        shared_folder: where the adapter and we both see files; None: no files.
        node_id: of the queue; "" takes from all.
        record: is told every envelope sent and received.
        clock: tells the time, with its offset.
    """

    name = "adapter"

    def __init__(
        self,
        line: Line,
        *,
        it_system: str,
        folder: Path,
        shared_folder: Path | None = None,
        node_id: str = "",
        record: Record = unrecorded,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if not it_system:
            raise SetupError("settings-wrong", "{problems}", problems="smev.it_system: must be set")
        self._line, self._it_system, self._node_id = line, it_system, node_id
        self._shared, self._record, self._clock = shared_folder, record, clock
        self._box = Box(folder)
        self._lock = threading.Lock()
        self._zeep: Any = None

    # ---- sending

    def send(self, message: Outgoing) -> Receipt:
        """Look whether the adapter has it, put the files into the shared folder, send. See Transport."""
        request = isinstance(message, Request)
        by = "GET_REQUEST_BY_REQUEST_CLIENTID" if request else "GET_RESPONSE_BY_RESPONSE_CLIENTID"
        if any(one.client_id == message.message_id for one in self._find(message.message_id, by)):
            return Receipt(message_id=message.message_id, already=True)
        raw, root = self._call("Send", self._client_message(message))
        if next(root.iter("{*}MessageResult"), None) is None:
            raise GarbageError("no answer to Send", raw[:_KEPT])
        return Receipt(message_id=message.message_id, raw=raw)

    def _client_message(self, message: Outgoing) -> dict[str, object]:
        headers = [self._shared_file(one) for one in message.files]
        if isinstance(message, Request):
            metadata: dict[str, object] = {"clientId": message.message_id}
            if message.reference_id and message.reference_id != message.message_id:
                metadata["linkedGroupIdentity"] = {"refClientId": message.reference_id}
            metadata |= (
                {"nodeId": message.node_id or self._node_id} if message.node_id or self._node_id else {}
            )
            metadata |= {"eol": message.end_of_life} if message.end_of_life else {}
            metadata |= {"testMessage": True} if message.test else {}
            content = {"content": self._content(message.content, headers)}
            told = {"messageType": "PrimaryMessage", "RequestMetadata": metadata, "RequestContent": content}
            return {"itSystem": self._it_system, "RequestMessage": told}
        metadata = {"clientId": message.message_id, "replyToClientId": message.request_id}
        told = {"messageType": "PrimaryMessage", "ResponseMetadata": metadata}
        told["ResponseContent"] = self._response_content(message.body, headers)
        return {"itSystem": self._it_system, "ResponseMessage": told}

    def _response_content(self, body: object, headers: list[dict[str, object]]) -> dict[str, object]:
        if isinstance(body, bytes):
            return {"content": self._content(body, headers)}
        if isinstance(body, BusinessStatus):
            parameters = [{"key": key, "value": value} for key, value in body.parameters.items()]
            return {"status": {"code": body.code, "description": body.description, "parameter": parameters}}
        rejects = body if isinstance(body, tuple) else ()
        return {"rejects": [{"code": one.code, "description": one.description} for one in rejects]}

    @staticmethod
    def _content(xml: bytes, headers: list[dict[str, object]]) -> dict[str, object]:
        content: dict[str, object] = {"MessagePrimaryContent": {"_value_1": parse(xml)}}
        return content | ({"AttachmentHeaderList": {"AttachmentHeader": headers}} if headers else {})

    def _shared_file(self, file: OutgoingFile) -> dict[str, object]:
        """Put a file where the adapter sees it; whole or not at all."""
        folder = self._folder() / file.uuid
        target = folder / safe_name(file.name)
        part = folder / ".part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.path, part)
            part.replace(target)
        except OSError as error:
            raise SetupError(
                "file-unwritable", "cannot write {path}: {reason}", path=str(target), reason=str(error)
            ) from error
        return {"filePath": f"{file.uuid}/{target.name}"}

    def _folder(self) -> Path:
        if self._shared is None:
            raise UnsupportedError("transport-lacks", "the adapter has no {what}", what="shared_folder")
        return self._shared

    # ---- receiving

    def receive(self, queue: Queue, selector: Selector | None = None) -> Incoming | None:
        """Take the next message: one that waits here first, then the adapter's. See Transport.

        The adapter knows its queue by our code: of a selector only the node counts.
        """
        waiting = self._box.next(queue)
        if waiting is not None:
            return incoming(queue, parse(waiting.octets), waiting.octets, waiting.handle)
        if queue not in _OF_QUEUE:
            return None
        node = (selector.node_id if selector else None) or self._node_id
        ask: dict[str, object] = {"itSystem": self._it_system}
        ask |= {"nodeId": node} if node else {}
        ask["specificQuery"] = {"messageTypeCriteria": _OF_QUEUE[queue]}
        handle = self._box.place(queue)
        raw, root = self._call("Get", ask, keep=handle)
        found = incoming(queue, root, raw, handle)
        if found is None:
            self._box.remove(handle)
        return found

    def find(self, message_id: str) -> Sequence[Incoming]:
        """Return the answers to a request of ours that the adapter has: lost on the way, too."""
        raw, root = self._call("Find", self._criteria(message_id, "GET_RESPONSE_BY_REQUEST_CLIENTID"))
        found = (incoming(Queue.RESPONSES, one, raw, "") for one in root.iter("{*}QueryResult"))
        return [one for one in found if one is not None]

    def fetch(self, file: IncomingFile, target: Path) -> None:
        """Copy a file from the shared folder. See Transport."""
        told = file.location
        bare = PureWindowsPath(told) if "\\" in told else PurePosixPath(told)
        if ".." in bare.parts:
            raise BrokenFileError(file.name, "its path leads out of the shared folder")
        folder = self._folder().resolve()
        places = (folder / told, folder.joinpath(*bare.parts[-2:]), folder / bare.name)
        found = next((one for one in places if one.is_file() and folder in one.resolve().parents), None)
        if found is None:
            raise BrokenFileError(file.name, "it is not in the shared folder")
        local = IncomingFile(id=file.id, name=file.name, signature=file.signature, spool=found)
        fetching.fetch(local, target, None, provider(), self._clock())

    def acknowledge(self, handle: str, *, accepted: bool = True) -> None:
        """Forget a message that was stored: the adapter itself has told SMEV long ago."""
        del accepted
        if handle:
            self._box.remove(handle)

    # ---- about the peer

    def statistics(self) -> Mapping[str, int]:
        """Raise UnsupportedError: the adapter cannot tell."""
        raise UnsupportedError("transport-lacks", "the adapter has no {what}", what="statistics")

    def check(self) -> None:
        """Read the adapter's WSDL and look into the shared folder; nothing is sent, nothing is taken."""
        self._client()
        if self._shared is not None and not self._shared.is_dir():
            raise SetupError(
                "file-unreadable", "cannot read {path}: {reason}", path=str(self._shared), reason="no folder"
            )

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    # ---- calls

    def _criteria(self, message_id: str, by: str) -> dict[str, object]:
        by_id = {"messageClientIdCriteria": {"clientId": message_id, "clientIdCriteria": by}}
        return {"itSystem": self._it_system, "specificQuery": by_id}

    def _find(self, message_id: str, by: str) -> Sequence[Found]:
        _raw, root = self._call("Find", self._criteria(message_id, by))
        return list(find_ids(root))

    def _client(self) -> Any:  # noqa: ANN401 - zeep has no types
        with self._lock:
            if self._zeep is None:
                self._zeep = zeep_client(self._line)
            return self._zeep

    def _call(
        self, operation: str, values: Mapping[str, object], *, keep: str = ""
    ) -> tuple[bytes, etree._Element]:
        """Write a call by the adapter's own WSDL, read the answer tolerantly: editions differ.

        `keep`: the octets of the answer go into the box, under that handle, as they come.
        """
        client = self._client()
        envelope = _written(client, operation, values)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"urn:{operation}"'}
        self._record(operation, "out", envelope)
        with self._line.call("POST", body=envelope, headers=headers) as answer:
            pieces: Iterator[bytes] = self._box.kept(keep, answer.pieces) if keep else answer.pieces
            raw = _whole(pieces)
            status = answer.status
        self._record(operation, "in", raw)
        try:
            root = parse(raw)
        except InputError as error:
            if keep:
                self._box.spoiled(keep)
            raise GarbageError(f"HTTP {status}: {error}", raw[:_KEPT]) from error
        refused = refusal(root)
        if refused is not None or status != 200:
            if keep:
                self._box.remove(keep)
            raise refused or GarbageError(f"HTTP {status}", raw[:_KEPT])
        return raw, root


def _whole(pieces: Iterator[bytes]) -> bytes:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > _LONGEST:
            raise GarbageError(f"more than {_LONGEST} bytes", bytes(held[:_KEPT]))
    return bytes(held)


def _written(client: Any, operation: str, values: Mapping[str, object]) -> bytes:  # noqa: ANN401 - zeep has no types
    from zeep.exceptions import Error

    try:
        message = client.create_message(client.service, operation, **values)
    except (Error, TypeError, ValueError) as error:
        raise SetupError(
            "adapter-wsdl", "the adapter's WSDL does not fit {operation}: {reason}",
            operation=operation, reason=str(error),
        ) from error  # fmt: skip
    octets: bytes = etree.tostring(message, encoding="utf-8")
    return octets
