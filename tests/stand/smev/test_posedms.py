"""The platform behind the bus: PosEdms over SMEV moves the same state, under the same checks and ledger."""

import hashlib
import tomllib
import uuid

import httpx
import pytest
from lxml import etree

from smev.envelope.words import FileReference, ProcessingStatus
from smev.gost import cms
from smev.gost.backends import provider
from stand.faults import Fault, FaultPlan
from stand.generator import make_cabinets, make_cases
from stand.ledger import utc_now
from stand.running import Stand
from stand.smev.posedms import NAMESPACE, schema
from stand.snippet import config_text, write_config
from stand.words import Case, Round
from tests.stand.smev.wire import Caller, streebog
from tests.stand.wire import open_client

N = f"{{{NAMESPACE}}}"


class Asker:
    """One cabinet over SMEV."""

    def __init__(self, stand):
        self.stand, self.cabinet = stand, stand.cabinets[0]
        self.caller = Caller(stand.smev.client, clock=stand.smev.bus.clock)

    def ask(self, operation, inside="", *, client_id=None, env="TEST", **more):
        """Ask; return the operation's element of the answer and the whole answer."""
        content = (
            f'<PosEdmsRequest xmlns="{NAMESPACE}" env="{env}"><{operation}Request>'
            f"<ClientId>{client_id or self.cabinet.client_id}</ClientId>{inside}"
            f"</{operation}Request></PosEdmsRequest>"
        )
        answer = self.caller.ask(content.encode(), **more)
        if isinstance(answer.body, ProcessingStatus):
            return answer.body, answer
        root = etree.fromstring(answer.body.xml)
        schema().assertValid(root)
        assert root[0].tag == f"{N}{operation}Response"
        return root[0], answer

    def result(self, *arguments, **more):
        told = self.ask(*arguments, **more)[0].find(f"{N}Status")
        return told.findtext(f"{N}OperationResult"), told.findtext(f"{N}Description") or ""

    def reply(self, message_id, **fields):
        told = {"Id": message_id, "OpaId": self.cabinet.opa_id, "Answer": "false", "NotifyApplicant": "true"}
        told |= {"Status": "В работе", "StatusText": "Обращение принято в работу"} | fields
        order = (
            "Id",
            "OpaId",
            "Answer",
            "NotifyApplicant",
            "Status",
            "StatusText",
            "AppealAnswerType",
            "AnswerText",
        )
        inside = "".join(f"<{name}>{told[name]}</{name}>" for name in order if name in told)
        inside += "".join(f"<AttachmentIds>{one}</AttachmentIds>" for one in fields.get("files", ()))
        return f"<Reply>{inside}</Reply>"


FINAL = {
    "Answer": "true",
    "Status": "Закрыто",
    "StatusText": "Обращение рассмотрено",
    "AppealAnswerType": "SOLVED",
}


@pytest.fixture
def stand(tmp_path):
    cabinets = make_cabinets(2, seed=3)
    cases = make_cases(12, cabinets, seed=3, now=utc_now())
    quiet = [Case(case.message, (Round(()),)) for case in cases]
    with Stand(tmp_path, cabinets=cabinets, cases=quiet, fsync=False, smev=True) as running:
        yield running


@pytest.fixture
def asker(stand):
    asker = Asker(stand)
    with asker.caller:
        yield asker


def test_the_list_over_smev_is_the_list_over_rest(stand, asker):
    told, _answer = asker.ask("AppealList", "<Page>0</Page><Size>100</Size>")
    with open_client(stand) as rest:
        wanted = rest.get("/appeal-service/edms", params={"size": 100}).json()
    assert int(told.findtext(f"{N}Count")) == wanted["totalElements"]
    for element, message in zip(told.iterfind(f"{N}Appeals"), wanted["content"], strict=True):
        assert int(element.findtext(f"{N}Id")) == message["id"]
        assert element.findtext(f"{N}Applicant/{N}Surname") == message["applicant"].get("surname")
        assert element.findtext(f"{N}FastTrack") == str(message["fastTrack"]).lower()
        ids = [one.text for one in element.iterfind(f"{N}Attachments/{N}FileId")]
        assert ids == [url.rpartition("/")[2] for url in message["attachments"]]


def test_receipt_status_and_answer_reach_the_ledger_once(stand, asker):
    message_id = stand.platform.items()[-1].message.id
    assert asker.result("AppealReply", asker.reply(message_id))[0] == "REFUSED"  # not accepted yet
    for _n in range(2):
        assert asker.result("AppealReceipt", f"<Id>{message_id}</Id>") == ("SUCCESS", "")
    assert asker.result("AppealReply", asker.reply(message_id)) == ("SUCCESS", "")
    assert asker.result("AppealReply", asker.reply(message_id, **FINAL, AnswerText="Да")) == ("SUCCESS", "")
    result, told = asker.result("AppealReply", asker.reply(message_id, **FINAL, AnswerText="Да"))
    assert (result, str(message_id) in told) == ("REFUSED", True)  # one final answer in a round
    history, _answer = asker.ask("AppealHistory", f"<Id>{message_id}</Id>")
    rows = [one.findtext(f"{N}Status") for one in history.iter(f"{N}History")]
    assert rows[-2:] == ["TAKE_TO_WORK", "SEND_RESPONSE"]
    count = stand.reconcile()
    assert (count.received, count.interim, count.answered) == (1, 1, 1)


def test_a_test_message_changes_nothing(stand, asker):
    message_id = stand.platform.items()[-1].message.id
    assert asker.result("AppealReceipt", f"<Id>{message_id}</Id>", test=True)[0] == "SUCCESS"
    assert stand.reconcile().received == 0


def test_what_is_wrong_is_refused_by_name(stand, asker):
    message_id = stand.platform.items()[-1].message.id
    asker.result("AppealReceipt", f"<Id>{message_id}</Id>")
    result, told = asker.result("AppealReply", asker.reply(message_id, StatusText="None"))
    assert (result, told.startswith("statusText:")) == ("REFUSED", True)
    assert asker.result("AppealHistory", "<Id>1</Id>")[0] == "NOT_FOUND"
    assert asker.result("AppealHistory", "<Id>x</Id>")[0] == "NOT_FOUND"
    foreign = next(
        one.message.id for one in stand.platform.items() if one.message.opa_id != asker.cabinet.opa_id
    )
    assert asker.result("AppealReceipt", f"<Id>{foreign}</Id>")[0] == "NOT_FOUND"
    assert asker.result("AppealList", client_id="nobody")[0] == "ACCESS_DENIED"
    assert asker.result("AppealList", env="PROD")[0] == "REFUSED"


def test_a_file_of_a_message_comes_through_the_store_signed(stand, asker):
    file_id, spec = next(
        (key, one)
        for item in stand.platform.items()
        for key, one in item.message.files
        if item.message.opa_id == asker.cabinet.opa_id and one.size
    )
    content = f"<ClientId>{asker.cabinet.client_id}</ClientId><FileId>{file_id}</FileId><FileId>none</FileId>"
    asker.caller.send(
        f'<PosEdmsRequest xmlns="{NAMESPACE}" env="TEST"><FileDownloadRequest>{content}</FileDownloadRequest>'
        "</PosEdmsRequest>".encode()
    )
    answer = asker.caller.wait()
    root = etree.fromstring(answer.body.xml)
    schema().assertValid(root)
    results = [one.text for one in root.iter(f"{N}OperationResult")]
    assert results == ["SUCCESS", "SUCCESS", "NOT_FOUND"]
    [access], [header] = answer.access, answer.body.files
    assert root.findtext(f".//{N}AttachmentUuid") == access.uuid
    body = asker.caller.download(access)
    assert hashlib.sha256(body).hexdigest() == spec.sha256
    assert streebog(body) == header.digest
    [signature] = cms.load(header.signature).signatures
    assert signature.message_digest == header.digest
    assert signature.verify(provider())


def test_an_uploaded_file_goes_with_an_answer(stand, asker):
    message_id = stand.platform.items()[-1].message.id
    asker.result("AppealReceipt", f"<Id>{message_id}</Id>")
    identifier = asker.caller.upload(b"answer", "ответ.pdf")
    row = f"<File><Name>ответ.pdf</Name><AttachmentUuid>{identifier}</AttachmentUuid></File>"
    sent = (FileReference(identifier, streebog(b"answer"), "application/pdf"),)
    told, _answer = asker.ask("FileUpload", row, files=sent)
    assert told.findtext(f"{N}File/{N}Size") == "6"
    file_id = told.findtext(f"{N}File/{N}Id")
    answer = asker.reply(message_id, **FINAL, files=[file_id])
    assert asker.result("AppealReply", answer) == ("SUCCESS", "")
    [entry] = [one for one in stand.ledger.entries() if one.what == "replied"]
    assert entry.detail["files"] == [hashlib.sha256(b"answer").hexdigest()]
    absent = f"<File><Name>x</Name><AttachmentUuid>{uuid.uuid4()}</AttachmentUuid></File>"
    assert asker.result("FileUpload", absent)[0] == "REFUSED"


def test_dictionaries_come_in_pages(stand, asker):
    told, _answer = asker.ask("RegionList")
    assert told.findtext(f"{N}Regions/{N}Id")
    region = f"<RegionId>{asker.cabinet.region_id}</RegionId>"
    pages = [asker.ask("SubsubjectList", f"{region}<Page>{n}</Page><Size>10</Size>")[0] for n in range(2)]
    ids = [one.findtext(f"{N}Id") for page in pages for one in page.iterfind(f"{N}Subsubjects")]
    assert len(set(ids)) == len(ids) == int(pages[0].findtext(f"{N}Count"))
    assert asker.result("SubjectList", "<RegionId>1</RegionId>")[0] == "NOT_FOUND"
    assert asker.result("SubjectList", f"{region}<Size>99999</Size>")[0] == "REFUSED"


def test_the_platform_is_unavailable_and_then_it_is_not(tmp_path):
    plan = FaultPlan([Fault.TOO_MANY], probability=1.0, max_in_row=1)
    with Stand(tmp_path, cabinets=1, messages=1, faults=plan, fsync=False, smev=True) as stand:
        stand.smev.troubles.plan = FaultPlan()  # the platform's own trouble only
        asker = Asker(stand)
        with asker.caller:
            assert asker.result("RegionList")[0] == "UNAVAILABLE"
            assert asker.result("RegionList")[0] == "SUCCESS"


def test_content_that_does_not_fit_the_schema_never_reaches_the_platform(stand, asker):
    from smev.envelope.faults import BusError

    with pytest.raises(BusError) as error:
        asker.ask("AppealReceipt")
    assert error.value.name == "InvalidContent"


def test_the_configuration_names_the_way_to_the_bus(stand, tmp_path):
    text = config_text(stand, tmp_path)
    told = tomllib.loads(text)
    assert told["smev"]["url"] == stand.smev.client.soap["1.2"]
    assert {one["platform"] for one in told["cabinet"]} == {"smev"}
    assert "secret" not in told["cabinet"][0]
    key = write_config(stand, tmp_path).parent / told["smev"]["signer"]["key"]
    assert key.stat().st_mode & 0o777 == 0o600


def test_troubles_are_asked_for_by_hand(stand, asker):
    headers = {"Authorization": f"Bearer {stand.admin_token}"}
    body = {"operation": "SendRequest", "trouble": "AccessDenied"}
    assert httpx.post(f"{stand.base_url}/stand/smev/trouble", json=body, headers=headers).status_code == 200
    from smev.envelope.faults import BusError

    with pytest.raises(BusError, match="AccessDenied"):
        asker.ask("RegionList")
    body["trouble"] = "nonsense"
    assert httpx.post(f"{stand.base_url}/stand/smev/trouble", json=body, headers=headers).status_code == 400
    assert httpx.get(f"{stand.base_url}/stand/smev", headers=headers).json()["all"] == 0
