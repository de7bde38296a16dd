"""The adapter and РСМЭВ: their own ways to the same queues."""

import base64
import io
import time
import uuid
from urllib.request import urlopen

import httpx
import pytest
import zeep
from lxml import etree

from smev.envelope import read
from smev.envelope.words import ProcessingStatus, Rejection
from stand.faults import Fault
from tests.stand.smev.test_exchange import VISIT, visit
from tests.stand.smev.wire import Caller, echo, eventually

RESPONSE = {"messageTypeCriteria": "RESPONSE"}


@pytest.fixture
def adapter(bus):
    return Adapter(bus)


class Adapter:
    """A client of the adapter, by its WSDL."""

    def __init__(self, bus):
        self.service = zeep.Client(bus.client.adapter + "?wsdl").service
        self.folder = bus.client.adapter_folder

    def send(self, content, client_id=None, files=(), **metadata):
        client_id = client_id or str(uuid.uuid4())
        inside = {"MessagePrimaryContent": {"_value_1": etree.fromstring(content)}}
        if files:
            inside["AttachmentHeaderList"] = {"AttachmentHeader": [{"filePath": one} for one in files]}
        message = {
            "RequestMetadata": {"clientId": client_id, **metadata},
            "RequestContent": {"content": inside},
        }
        return client_id, self.service.Send(itSystem="SEDLINK", RequestMessage=message).MessageId

    def get(self, **query):
        return self.service.Get(itSystem="SEDLINK", **query)

    def wait(self):
        return eventually(lambda: self.get(specificQuery=RESPONSE), lambda found: found.Message is not None)

    def find(self, client_id, how):
        criteria = {"messageClientIdCriteria": {"clientId": client_id, "clientIdCriteria": how}}
        return self.service.Find(itSystem="SEDLINK", specificQuery=criteria) or []


def test_the_adapter_sends_and_gets_once(adapter):
    client_id, message_id = adapter.send(echo("по адаптеру"))
    found = adapter.wait()
    assert found.smevMetadata.OriginalMessageID == message_id
    assert found.Message.ResponseMetadata.replyToClientId == client_id
    assert found.Message.ResponseContent.content.MessagePrimaryContent._value_1.text == "по адаптеру"
    assert adapter.get().Message is None


def test_what_get_gave_is_found_again(adapter):
    client_id, message_id = adapter.send(echo())
    adapter.wait()
    [request] = adapter.find(client_id, "GET_REQUEST_BY_REQUEST_CLIENTID")
    assert (request.smevMetadata.MessageId, request.Message.RequestMetadata.clientId) == (
        message_id,
        client_id,
    )
    [answer] = adapter.find(client_id, "GET_RESPONSE_BY_REQUEST_CLIENTID")
    assert answer.smevMetadata.OriginalMessageID == message_id
    assert (
        len(adapter.find(answer.Message.ResponseMetadata.clientId, "GET_RESPONSE_BY_RESPONSE_CLIENTID")) == 1
    )
    assert adapter.find("nobody", "GET_RESPONSE_BY_REQUEST_CLIENTID") == []
    period = {"messagePeriodCriteria": {"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}}
    assert len(adapter.service.Find(itSystem="SEDLINK", specificQuery=period)) == 1


def test_files_go_through_the_shared_folder(adapter):
    identifier = str(uuid.uuid4())
    (adapter.folder / identifier).mkdir()
    (adapter.folder / identifier / "опись.bin").write_bytes(b"content" * 1000)
    adapter.send(echo(), files=[f"{identifier}/опись.bin"])
    [header] = adapter.wait().Message.ResponseContent.content.AttachmentHeaderList.AttachmentHeader
    assert header.Id == identifier
    with open(header.filePath, "rb") as source:  # noqa: PTH123 - as a client with a path does
        assert source.read() == b"content" * 1000


@pytest.mark.parametrize("path", ["../../keys/SEDLINK/SEDLINK-key.pem", "/etc/hostname", "absent.bin"])
def test_no_other_file_is_read(adapter, path):
    with pytest.raises(zeep.exceptions.Fault, match="filePath"):
        adapter.send(echo(), files=[path])


def test_rejections_statuses_and_late_rejections_have_messages_of_their_own(bus, adapter):
    adapter.send(echo(answer="reject"))
    assert adapter.wait().Message.ResponseContent.rejects[0].code == "NO_DATA"
    adapter.send(echo(answer="status"))
    assert adapter.wait().Message.ResponseContent.status.code == "1"
    adapter.wait()
    bus.troubles.ask("adapter Send", Fault.LATE_REJECTION)
    client_id, _id = adapter.send(echo())
    told = adapter.wait().Message
    assert (told.status, told.type, told.fault.code) == ("ERROR", "SERVER", "SMEVFailure")
    assert told.statusMetadata.originalClientId == client_id


def test_the_adapters_faults(bus, adapter):
    for name, told in (("smev_failure", "SystemFault"), ("AccessDenied", "ValidationFault")):
        bus.troubles.ask("adapter Send", name)
        with pytest.raises(zeep.exceptions.Fault) as error:
            adapter.send(echo())
        assert etree.QName(error.value.detail[0]).localname == told
    with pytest.raises(zeep.exceptions.Fault, match="not registered"):
        adapter.send(b'<u:Unknown xmlns:u="urn:example:unknown"/>')
    with pytest.raises(zeep.exceptions.Fault, match="itSystem"):
        adapter.service.Get(itSystem="NOBODY")
    raw = httpx.post(bus.client.adapter, content=b"<x/>", headers={"Content-Type": "text/xml"})
    assert b"ValidationFault" in raw.content


def test_the_adapter_answers_requests_of_others(bus, adapter):
    bus.bus.offer_type(VISIT)
    with Caller(bus.add_client("OTHER", "Other"), clock=bus.bus.clock) as other:
        sent = other.send(visit())
        request = adapter.get(specificQuery={"messageTypeCriteria": "REQUEST"})
        metadata = {"clientId": "answer-1", "replyToClientId": request.Message.RequestMetadata.clientId}
        content = {"rejects": [{"code": "NO_DATA", "description": "nothing"}]}
        response = {"ResponseMetadata": metadata, "ResponseContent": content}
        adapter.service.Send(itSystem="SEDLINK", ResponseMessage=response)
        answer = other.wait()
        assert (answer.original_id, answer.body) == (sent, (Rejection("NO_DATA", "nothing"),))


def test_a_client_made_from_the_official_wsdl_talks_to_the_adapter(bus, adapter, shared_data):
    """The stand's own WSDL is one thing; whoever has the operator's must be served the same."""
    folder = shared_data / "smev" / "xsd" / "adapter" / "pypi-adapter-client-3.1.0"
    client = zeep.Client(str(folder / "adapter.wsdl"))
    [binding] = client.wsdl.bindings
    adapter.service = client.create_service(binding, bus.client.adapter)
    client_id, message_id = adapter.send(echo("по схеме оператора"), nodeId="node-1", testMessage=True)
    found = adapter.get(specificQuery=RESPONSE, nodeId="node-1")
    until = time.monotonic() + 5
    while found is None or found.Message is None:
        assert time.monotonic() < until
        found = adapter.get(specificQuery=RESPONSE, nodeId="node-1")
    assert found.smevMetadata.OriginalMessageID == message_id
    assert found.Message.ResponseMetadata.replyToClientId == client_id
    [again] = adapter.find(client_id, "GET_RESPONSE_BY_REQUEST_CLIENTID")
    assert again.smevMetadata.MessageId == found.smevMetadata.MessageId
    with pytest.raises(zeep.exceptions.Fault):
        adapter.send(echo(), files=["absent.bin"])


# ---- РСМЭВ


class Gateway:
    def __init__(self, bus):
        self.url, self.bus = bus.client.rsmev, bus

    def post(self, path, **more):
        return httpx.post(f"{self.url}/{path}", **more)

    def send(self, content, files=(), **headers):
        body = {"xml": base64.b64encode(content).decode(), "files": list(files)}
        answer = self.post("sendrequest", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["requestId"]

    def wait(self, **headers):
        answer = eventually(
            lambda: self.post("getresponse", headers=headers), lambda answer: answer.status_code != 404
        )
        return answer.json()


@pytest.fixture
def gateway(bus):
    return Gateway(bus)


def test_the_gateway_sends_gets_and_confirms(gateway, clock):
    sent = gateway.send(echo("по РСМЭВ"))
    told = gateway.wait()
    assert told["requestId"] == sent
    assert etree.fromstring(base64.b64decode(told["xml"])).text == "по РСМЭВ"
    clock.ahead = gateway.bus.bus._return_after * 1.1
    assert gateway.wait()["messageId"] == told["messageId"]  # not confirmed: it comes again
    assert gateway.post(f"confirmprocessing/{sent}").status_code == 200
    assert gateway.post(f"confirmprocessing/{sent}").status_code == 404
    assert gateway.post("getresponse").status_code == 404


def test_the_gateways_files_go_by_ftp_both_ways(gateway, bus):
    with Caller(bus.client, clock=bus.bus.clock) as caller:
        identifier = caller.upload(b"content" * 100, "a b.bin")
    url = f"{bus.client.ftp}/{identifier}/a%20b.bin"
    gateway.send(echo(), [{"name": "a b.bin", "url": url}])
    [file] = gateway.wait()["files"]
    assert file["name"] == "a b.bin"
    assert f"/{identifier}/" in file["url"]
    with urlopen(file["url"], timeout=5) as source:
        assert io.BytesIO(source.read()).getvalue() == b"content" * 100


def test_the_gateway_keeps_nodes_apart(gateway):
    first = gateway.send(echo(), node_id="node-1")
    assert gateway.post("getresponse", headers={"node_id": "node-2"}).status_code == 404
    assert gateway.wait(node_id="node-1")["requestId"] == first


def test_what_is_no_content_comes_as_the_buss_own_words(gateway, bus):
    gateway.send(echo(answer="reject"))
    told = gateway.wait()
    assert read(base64.b64decode(told["xml"])).body[0].code == "NO_DATA"
    gateway.post(f"confirmprocessing/{told['requestId']}")
    bus.troubles.ask("rsmev sendrequest", Fault.LATE_REJECTION)
    gateway.send(echo())
    assert isinstance(read(base64.b64decode(gateway.wait()["xml"])).body, ProcessingStatus)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("sendrequest", b"no json", 400),
        ("sendrequest", b"[]", 400),
        ("sendrequest", b'{"xml": "***"}', 400),
        ("sendrequest", b'{"xml": "PGJyb2tlbg=="}', 400),
        ("sendrequest", b'{"xml": "PGEvPg==", "files": 1}', 400),
        ("sendrequest", b'{"xml": "PGEvPg=="}', 400),
        ("nothing", b"", 404),
        ("confirmprocessing/1", b"", 404),
    ],
)
def test_the_gateway_refuses_what_is_wrong(gateway, path, body, status):
    answer = gateway.post(path, content=body)
    assert (answer.status_code, sorted(answer.json())) == (status, ["code", "message"])


def test_the_gateways_troubles(gateway, bus):
    bus.troubles.ask("rsmev sendrequest", "smev_failure")
    body = {"xml": base64.b64encode(echo()).decode()}
    assert gateway.post("sendrequest", json=body).status_code == 503
    bus.troubles.ask("rsmev sendrequest", Fault.CUT_AFTER)
    with pytest.raises(httpx.TransportError):
        gateway.post("sendrequest", json=body)
    assert gateway.wait()["requestId"]  # it was sent all the same
    assert httpx.post(f"{gateway.url}X/getresponse").status_code == 404
