"""One operation `execute(request)`: a request's values in, the element `return` out, failures in the tree.

Big bodies never lie in memory whole: a file that is sent is woven into the serialised envelope on its way
to a temporary file, one that is fetched is decoded while it arrives (`content`).
"""

import base64
import binascii
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar, cast

from lxml import etree
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from config.i18n import _
from connector.errors import ConnectorError, PermanentError
from connector.sed.dms1c.failures import Call, from_engine, from_fault, garbage, is_harmless_to_repeat
from connector.sed.dms1c.objects import child, text, xsi_type
from connector.sed.dms1c.schema import NS, XSI, Schema
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.dms1c.wire import Wire

T = TypeVar("T")
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_FILE_MARK = b"U0VETElOSy1GSUxF"  # base64 of SEDLINK-FILE: stands for a file's bytes until they are woven in
_IN_MEMORY = 1 << 20
_AROUND_FILE = 1 << 20  # bytes of the envelope, and of line breaks in base64
_STEP = 3 << 18  # bytes encoded at a time: a multiple of three, so that the pieces join


@dataclass(frozen=True, slots=True)
class Extra:
    """What a request carries beyond zeep's values: a file's bytes, or an object handed back as it came."""

    file: BinaryIO | None = None
    graft: tuple[str, etree._Element] | None = None  # the request's field, the object


_NOTHING = Extra()


class DmService:
    """DMService of one infobase. Thread-safe; no network until the first request."""

    def __init__(self, settings: Dms1cSettings) -> None:
        self._settings = settings
        self._wire = Wire(settings)
        self.schema = Schema(settings.wsdl, settings.url, self._wire.get)

    def close(self) -> None:
        """Let go of the connections."""
        self._wire.close()

    def execute(self, request: str, call: Call, extra: Extra = _NOTHING, /, **fields: Any) -> etree._Element:  # noqa: ANN401 - zeep's own values
        """Return the answer to a request of a kind (`DMRetrieveRequest`). Raises as `failures` says.

        What can be asked again without harm is, a few times: one reading is many requests, and a break of
        any of them would close the channel for everybody.
        """

        def once() -> etree._Element:
            with self._ask(request, call, extra, fields, self._settings.max_answer) as (success, chunks):
                return self._answer(success, chunks, call)

        return self._again(call, once)

    def _again(self, call: Call, once: Callable[[], T]) -> T:
        return Retrying(
            stop=stop_after_attempt(self._settings.attempts),
            wait=wait_random_exponential(multiplier=0.1, max=2.0),
            retry=retry_if_exception(lambda error: is_harmless_to_repeat(error, call)),
            reraise=True,
        )(once)

    @contextmanager
    def content(self, call: Call, /, **fields: Any) -> Iterator[BinaryIO]:  # noqa: ANN401 - zeep's own values
        """Open the bytes of `binaryData` that a DMRetrieveRequest brings, decoded on the way."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as target:
            file = cast("BinaryIO", target)
            self._again(call, lambda: self._fetch(file, call, fields))
            file.seek(0)
            yield file

    def _fetch(self, target: BinaryIO, call: Call, fields: dict[str, Any]) -> None:
        target.seek(0)
        target.truncate()
        reader = _ContentReader(target)
        parser = etree.XMLParser(
            target=reader, huge_tree=True, resolve_entities=False, no_network=True, load_dtd=False
        )
        most = self._settings.max_file_size * 4 // 3 + _AROUND_FILE
        with self._ask("DMRetrieveRequest", call, _NOTHING, fields, most) as (success, chunks):
            try:
                for chunk in chunks:
                    parser.feed(chunk)
                parser.close()
            except (etree.XMLSyntaxError, binascii.Error) as error:
                raise garbage(call, _("broken XML")) from error
        self._told(reader, call, success=success)

    def _told(self, reader: "_ContentReader", call: Call, *, success: bool) -> None:
        if reader.fault is not None:
            raise from_fault(reader.fault, call)
        if reader.kind == "DMError":
            words = self._settings.transient_words
            raise from_engine(
                reader.words.get("subject", ""), reader.words.get("description", ""), call, words
            )
        if not success:
            raise garbage(call, _("an unsuccessful answer"))
        if not reader.found:
            raise PermanentError(
                _("{what}: 1С has no such file any more").format(what=call.what), code="file-gone"
            )

    @contextmanager
    def _ask(
        self, request: str, call: Call, extra: Extra, fields: dict[str, Any], most: int
    ) -> Iterator[tuple[bool, Iterator[bytes]]]:
        settings = self._settings
        value = self.schema.make(request, dataBaseID=settings.database_id or None, **fields)
        envelope = self.schema.message(value)
        if extra.graft:
            _graft(envelope, *extra.graft)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
            ready = _written(envelope, extra.file, cast("BinaryIO", body))
            with self._wire.post(ready, call, most) as answer:
                yield answer

    def _answer(self, success: bool, chunks: Iterator[bytes], call: Call) -> etree._Element:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, huge_tree=True
        )
        try:
            for chunk in chunks:
                parser.feed(chunk)
            root = parser.close()
        except etree.XMLSyntaxError as error:
            raise garbage(call, _("something that is not XML")) from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise garbage(call, _("XML with a DTD"))
        body = root.find(f"{{{ENVELOPE}}}Body")
        fault = None if body is None else body.find(f"{{{ENVELOPE}}}Fault")
        if fault is not None:
            raise from_fault(fault.findtext("faultstring") or "", call)
        returned = child(body, "executeResponse", "return")
        if returned is None or not success:
            raise garbage(call, _("XML without its answer"))
        if xsi_type(returned) == "DMError":
            raise self._refusal(returned, call)
        return returned

    def _refusal(self, returned: etree._Element, call: Call) -> ConnectorError:
        words = self._settings.transient_words
        return from_engine(text(returned, "subject"), text(returned, "description"), call, words)


def reading(what: str, *, item: bool = False) -> Call:
    """Return a call that changes nothing; `item`: a refusal is about these objects alone."""
    return Call(what, item=item)


def writing(what: str, private: tuple[str, ...] = ()) -> Call:
    """Return a call after whose break nobody knows what was done; `private` words are never repeated."""
    return Call(what, write=True, private=private)


def _written(envelope: etree._Element, file: BinaryIO | None, body: BinaryIO) -> BinaryIO:
    """Serialise an envelope into a temporary file, the file's bytes in the place of their mark."""
    plain = etree.tostring(envelope, encoding="utf-8", xml_declaration=True)
    if file is None:
        body.write(plain)
    else:
        file.seek(0)  # an attempt before may have read it
        before, _mark, after = plain.partition(_FILE_MARK)
        body.write(before)
        while piece := _whole_piece(file):
            body.write(base64.b64encode(piece))
        body.write(after)
    body.seek(0)
    return body


def _whole_piece(file: BinaryIO) -> bytes:
    """Read exactly a step, less only at the end: base64 of a short read would pad in the middle."""
    parts, missing = [], _STEP
    while missing and (part := file.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def file_mark() -> bytes:
    """Return the bytes to give as `binaryData` where `Extra.file` is to be woven in."""
    return base64.b64decode(_FILE_MARK)


def _graft(envelope: etree._Element, field: str, source: etree._Element) -> None:
    """Put an object that 1С sent into a request as it came; prefixes in its xsi:type stay declared."""
    request = envelope.find(f".//{{{NS}}}request")
    if request is None:
        raise ValueError("an envelope without a request")
    for placeholder in request.findall(f"{{{NS}}}{field}"):
        request.remove(placeholder)
    copy = etree.SubElement(request, f"{{{NS}}}{field}", nsmap=source.nsmap)  # type: ignore[arg-type]  # the stubs forget the default one
    for name, value in source.attrib.items():
        copy.set(name, value)
    for part in source:
        copy.append(etree.fromstring(etree.tostring(part)))


class _ContentReader:
    """Takes an answer's events: decodes `binaryData`, keeps what an error says, drops the rest."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._path: list[str] = []
        self._rest = ""
        self.found = False
        self.kind = ""
        self.fault: str | None = None
        self.words: dict[str, str] = {}

    def start(self, tag: str | bytes, attrib: dict[str | bytes, str | bytes]) -> None:
        """Note where we are."""
        name = str(tag).rpartition("}")[2]
        self._path.append(name)
        if name == "return":
            self.kind = str(attrib.get(f"{{{XSI}}}type", "")).rpartition(":")[2]
        elif name == "Fault":
            self.fault = ""
        elif name == "binaryData":
            self.found = True

    def data(self, data: str | bytes) -> None:
        """Take a piece of text."""
        where, data = self._path[-1], str(data)
        if where == "binaryData":
            data = self._rest + "".join(data.split())
            whole = len(data) - len(data) % 4
            self._target.write(base64.b64decode(data[:whole], validate=True))
            self._rest = data[whole:]
        elif where == "faultstring":
            self.fault = (self.fault or "") + data
        elif where in ("subject", "description"):
            self.words[where] = self.words.get(where, "") + data

    def end(self, tag: str | bytes) -> None:
        """Leave an element; base64 must end with it."""
        if self._path.pop() == "binaryData" and self._rest:
            raise binascii.Error(str(tag))

    def comment(self, text: str | bytes) -> None:
        """Drop a comment."""

    def doctype(self, name: str, _public: str, _system: str) -> None:
        """Refuse a DTD."""
        raise binascii.Error(name)

    def close(self) -> None:
        """Nothing is built."""
