"""The platform behind the bus: PosEdms requests that arrive through SMEV, answered from the stand's platform.

One ledger, one set of strict checks for both ways: what comes here is turned into the JSON of the REST way by
the rule of `config/schemas/posedms.xsd` (first letters raised) and back.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import uuid4

from lxml import etree

from config.i18n import speaking
from smev.gost import cms
from smev.gost.algorithms import Digest
from smev.gost.provider import digest
from stand.faults import Fault, FaultPlan
from stand.platform.dictionaries import Dictionaries
from stand.platform.state import PlatformState, UnknownMessageError
from stand.smev.files import FileStore
from stand.smev.keys import Pair
from stand.smev.parcels import InStore, MessageType, Parcel
from stand.smev.providers import Reply
from stand.smev.words import local
from stand.words import Cabinet, FileSpec

NAMESPACE = "urn://x-artefacts-sedlink/posedms/1.0.0"
MNEMONIC = "STAND_POS"
MAX_PAGE = 2000
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBERS, _FLAGS, _LISTS = ("OpaId",), ("Answer", "NotifyApplicant"), ("AttachmentIds",)


class _NotDoneError(Exception):
    """A request that gets another word than SUCCESS."""

    def __init__(self, result: str, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.result, self.description, self.retry_after = result, description, retry_after


@cache
def schema() -> etree.XMLSchema:
    """Return the schema that both sides agree on."""
    return etree.XMLSchema(etree.fromstring(files("config.schemas").joinpath("posedms.xsd").read_bytes()))


def message_type() -> MessageType:
    """Return the business type as the bus registers it."""
    return MessageType(NAMESPACE, "PosEdmsRequest", "PosEdmsResponse", MNEMONIC, schema())


class PosEdms:
    """Answers PosEdms requests. `pair` signs the files that are sent."""

    def __init__(
        self,
        state: PlatformState,
        dictionaries: Dictionaries,
        store: FileStore,
        pair: Pair,
        *,
        faults: FaultPlan,
        clock: Callable[[], datetime],
        language: str = "ru",
    ) -> None:
        self._state = state
        self._dictionaries = dictionaries
        self._store = store
        self._pair = pair
        self._faults = faults
        self._clock = clock
        self._language = language

    def answer(self, parcel: Parcel) -> list[Reply]:
        """Return the answer to a request; its words are those of the stand's language."""
        assert isinstance(parcel.body, bytes)  # noqa: S101 - a request has content
        request = etree.fromstring(parcel.body)
        operation = request[0]
        name = local(operation.tag).removesuffix("Request")
        sent: list[InStore] = []
        with speaking(self._language):
            try:
                if request.get("env") != "TEST":
                    raise _NotDoneError("REFUSED", "env: the stand is a test environment")
                fields = self._do(name, operation, parcel, sent)
                status: dict[str, Any] = {"OperationResult": "SUCCESS"}
            except _NotDoneError as error:
                fields, status = {}, {"OperationResult": error.result, "Description": error.description}
                status["RetryAfter"] = error.retry_after
            except UnknownMessageError as error:
                fields, status = {}, {"OperationResult": "NOT_FOUND", "Description": f"no message {error}"}
        root = etree.Element(_tag("PosEdmsResponse"), nsmap={None: NAMESPACE}, env="TEST")
        _write(root, f"{name}Response", {"Status": status, **fields})
        return [Reply(etree.tostring(root), files=tuple(sent))]

    def _do(
        self, name: str, operation: etree._Element, parcel: Parcel, sent: list[InStore]
    ) -> dict[str, Any]:
        cabinet = self._cabinet(_text(operation, "ClientId"))
        fault = self._met(name, operation, cabinet)
        match name:
            case "AppealList":
                return self._page(cabinet, operation, repeat=fault is Fault.DUPLICATE_LISTING)
            case "AppealReceipt":
                if not parcel.test:
                    self._state.accept(cabinet, _id(_text(operation, "Id")))
                return {}
            case "AppealReply":
                return self._reply(cabinet, operation, test=parcel.test)
            case "AppealHistory":
                told = self._state.appeal(cabinet, _id(_text(operation, "Id")))
                return {"Appeal": raised(told)}
            case "FileUpload":
                return self._upload(cabinet, operation, parcel)
            case "FileDownload":
                return self._download(cabinet, operation, sent)
        return self._dictionary(name, operation)

    def _cabinet(self, client_id: str) -> Cabinet:
        for cabinet in self._state.cabinets.values():
            if cabinet.client_id == client_id:
                return cabinet
        raise _NotDoneError("ACCESS_DENIED", f"ClientId: {client_id} is no cabinet of this platform")

    def _met(self, name: str, operation: etree._Element, cabinet: Cabinet) -> Fault | None:
        """Draw the platform's own troubles. Raises _NotDoneError UNAVAILABLE."""
        kinds = [Fault.ERROR, Fault.TOO_MANY]
        if name == "AppealList":
            kinds.append(Fault.DUPLICATE_LISTING)
        about = _text(operation, "Id") or operation.findtext(f"{_tag('Reply')}/{_tag('Id')}") or ""
        fault = self._faults.pick(f"posedms {cabinet.opa_id} {name} {about}", kinds)
        if fault is not None:
            self._state.ledger.note("fault", kind=str(fault), call=f"PosEdms {name}")
        if fault in (Fault.ERROR, Fault.TOO_MANY):
            raise _NotDoneError("UNAVAILABLE", "try later", self._faults.pains.retry_after)
        return fault

    # ---- messages

    def _page(self, cabinet: Cabinet, operation: etree._Element, *, repeat: bool) -> dict[str, Any]:
        number, size = _paging(operation)
        page = json.loads(self._state.page(cabinet, number, size, repeat=repeat))
        return {"Appeals": [_appeal(one) for one in page["content"]], "Count": page["totalElements"]}

    def _reply(self, cabinet: Cabinet, operation: etree._Element, *, test: bool) -> dict[str, Any]:
        element = operation.find(_tag("Reply"))
        assert element is not None  # noqa: S101 - the schema made sure
        body = as_json(element)
        body["id"] = _id(str(body["id"]))
        if not test:
            wrong = self._state.reply(cabinet, body["id"], body)
            if wrong:
                raise _NotDoneError("REFUSED", "; ".join(wrong))
        return {}

    # ---- files

    def _upload(self, cabinet: Cabinet, operation: etree._Element, parcel: Parcel) -> dict[str, Any]:
        return {"File": [self._take(cabinet, row, parcel) for row in operation.iterfind(_tag("File"))]}

    def _take(self, cabinet: Cabinet, row: etree._Element, parcel: Parcel) -> dict[str, Any]:
        name, uuid = _text(row, "Name"), _text(row, "AttachmentUuid")
        for file in parcel.files:
            if file.uuid.lower() == uuid.lower():
                content, kind = file.path.read_bytes(), file.mime_type
                break
        else:
            inline = next((one for one in parcel.inline if one.content_id.lower() == uuid.lower()), None)
            if inline is None:
                raise _NotDoneError("REFUSED", f"AttachmentUuid: no attachment {uuid} in the message")
            content, kind = inline.body, inline.mime_type
        file_id = str(uuid4())
        if not parcel.test:
            sha256 = hashlib.sha256(content).hexdigest()
            file_id = self._state.keep_upload(cabinet, name, sha256, len(content)).id
        told = {"Id": file_id, "Name": name, "Size": len(content)}
        return {**told, "MimeType": kind, "AttachmentUuid": uuid}

    def _download(self, cabinet: Cabinet, operation: etree._Element, sent: list[InStore]) -> dict[str, Any]:
        ids = [(one.text or "").strip() for one in operation.iterfind(_tag("FileId"))]
        return {"FileDownloadResult": [self._give(cabinet, file_id, sent) for file_id in ids]}

    def _give(self, cabinet: Cabinet, file_id: str, sent: list[InStore]) -> dict[str, Any]:
        spec = self._state.file(cabinet, file_id)
        if spec is None:
            return {"Status": {"OperationResult": "NOT_FOUND", "Description": "no such file"}}
        self._state.ledger.note("downloaded", file=file_id, sha256=spec.sha256)
        file = self._stored(spec)
        sent.append(file)
        told = {"Id": file_id, "Name": spec.name, "Size": file.path.stat().st_size}
        told |= {"MimeType": file.mime_type, "AttachmentUuid": file.uuid}
        return {"Status": {"OperationResult": "SUCCESS"}, "File": told}

    def _stored(self, spec: FileSpec) -> InStore:
        content = spec.content()
        value = digest(self._pair.gost, Digest.STREEBOG_256, content)
        signature = cms.create(value, self._pair.signer(), self._clock())
        return self._store.put(content, spec.name, spec.media_type, str(uuid4()), signature)

    # ---- dictionaries

    def _dictionary(self, name: str, operation: etree._Element) -> dict[str, Any]:
        number, size = _paging(operation)
        if name == "RegionList":
            return _rows("Regions", self._dictionaries.regions_json(), number, size)
        if self._dictionaries.region(int(_text(operation, "RegionId"))) is None:
            raise _NotDoneError("NOT_FOUND", "RegionId: no such region")
        if name == "SubjectList":
            return _rows("Subjects", self._dictionaries.subjects_json(), number, size)
        return _rows("Subsubjects", self._dictionaries.subsubjects_json(), number, size)


# ---- JSON and XML


def raised(value: object) -> Any:  # noqa: ANN401 - a JSON value
    """Return a JSON value with the first letter of every name raised; null is left out."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: raised(one) for name, one in value.items() if one is not None}
    return [raised(one) for one in value] if isinstance(value, list) else value


def as_json(element: etree._Element) -> dict[str, Any]:
    """Return a Reply as the JSON that REST would have brought."""
    told: dict[str, Any] = {}
    for child in element.iterchildren(etree.Element):
        name = local(child.tag)
        lowered = name[:1].lower() + name[1:]
        text = child.text or ""
        if len(child):
            told[lowered] = as_json(child)
        elif name in _LISTS:
            told.setdefault(lowered, []).append(text)
        elif name in _FLAGS:
            told[lowered] = text.strip() in ("true", "1")
        else:
            told[lowered] = int(text) if name in _NUMBERS else text
    return told


def _appeal(message: dict[str, Any]) -> dict[str, Any]:
    urls = message.pop("attachments", [])
    told: dict[str, Any] = raised(message)
    told["Attachments"] = [{"FileId": url.rpartition("/")[2]} for url in urls]
    return told


def _rows(name: str, rows: list[dict[str, object]], number: int, size: int) -> dict[str, Any]:
    part = rows[number * size : (number + 1) * size]
    return {name: [raised(row) for row in part], "Count": len(rows)}


def _paging(operation: etree._Element) -> tuple[int, int]:
    number, size = int(_text(operation, "Page") or 0), int(_text(operation, "Size") or 20)
    if size > MAX_PAGE:
        raise _NotDoneError("REFUSED", f"Size: {MAX_PAGE} at the most")
    return number, size


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise UnknownMessageError(text)
    return int(text)


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(_tag(name)) or "").strip()


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _write(parent: etree._Element, name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, list):
        for one in value:
            _write(parent, name, one)
        return
    element = etree.SubElement(parent, _tag(name))
    if isinstance(value, dict):
        for key, one in value.items():
            _write(element, key, one)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    else:
        element.text = _NOT_XML.sub("\ufffd", str(value))
