"""From the octets of an answer to a message: real ones are understood, only what is signed is believed."""

from datetime import UTC, datetime

import pytest

from smev.client.faults import GarbageError
from smev.client.mtom import Package
from smev.client.taken import taken
from smev.client.understand import inline_contents, understand
from smev.client.words import Queue
from smev.envelope.words import Accepted, Content, Empty, Received
from smev.gost.trust import TrustStore
from smev.signature import Place, sign
from tests.smev.test_fuzz import ANSWER, NOW, B, T

REAL = ("18-GetResponseResponse-1.1.xml", "25-GetResponseResponse-1.1.xml", "29-GetResponseResponse-1.2.xml")


@pytest.mark.parametrize("name", REAL)
def test_real_answers_are_understood(shared_data, fast, name):
    octets = (shared_data / "smev" / "real" / name).read_bytes()
    understood = understand(octets, fast, None, datetime(2026, 6, 1, tzinfo=UTC))
    assert understood.problem is None
    message = understood.answer
    assert isinstance(message, Received)
    incoming = taken(Queue.RESPONSES, message, Package(octets), None)
    assert incoming.message_id
    assert incoming.original_id
    assert isinstance(message.body, Content)


@pytest.mark.parametrize("name", ["01-SendRequestResponse-1.1.xml", "24-SendRequestResponse-1.2.xml"])
def test_real_receipts_are_understood(shared_data, fast, name):
    octets = (shared_data / "smev" / "real" / name).read_bytes()
    understood = understand(octets, fast, None, datetime(2026, 6, 1, tzinfo=UTC))
    assert isinstance(understood.answer, Accepted)
    assert understood.problem is None


@pytest.fixture(scope="module")
def answer(signer, fast):
    return sign(ANSWER.encode(), signer, Place.SMEV, provider=fast)


def test_one_changed_octet_is_a_problem(answer, fast):
    assert understand(answer, fast, None, NOW).problem is None
    spoilt = understand(answer.replace(b">1</c:A>", b">2</c:A>"), fast, None, NOW)
    assert spoilt.problem.code == "bus-signature"
    unsigned = understand(ANSWER.encode(), fast, None, NOW)
    assert unsigned.problem.code == "signature-absent"


def test_a_signer_who_is_not_trusted_is_a_problem(answer, fast, make_signer):
    stranger = TrustStore([make_signer(common="Other").certificate])
    problem = understand(answer, fast, stranger, NOW).problem
    assert problem.fields["reason"] == "unknown-issuer"


def test_only_declared_files_count(answer, fast):
    """An attachment that no signed header names, or an xop:Include elsewhere, is no file."""
    extra = (
        b"<b:AttachmentContent><b:Id>f2</b:Id><b:Content><x:Include href='cid:f2' "
        b"xmlns:x='http://www.w3.org/2004/08/xop/include'/></b:Content></b:AttachmentContent>"
    )
    octets = answer.replace(b"</b:AttachmentContentList>", extra + b"</b:AttachmentContentList>")
    assert inline_contents(octets) == {"f1": b"hello", "f2": "f2"}
    understood = understand(octets, fast, None, NOW)
    assert understood.problem is None  # the contents are beside the signed part
    incoming = taken(Queue.RESPONSES, understood.answer, Package(octets), None)
    assert [(file.id, file.data) for file in incoming.files] == [("f1", b"hello")]


def test_two_contents_of_one_file_are_garbage(answer):
    content = b"<b:AttachmentContent><b:Id>f1</b:Id><b:Content>aGVsbG8=</b:Content></b:AttachmentContent>"
    with pytest.raises(GarbageError, match="an Id of its own"):
        inline_contents(answer.replace(b"<b:AttachmentContentList>", b"<b:AttachmentContentList>" + content))


def test_an_empty_queue_needs_no_signature(fast):
    envelope = (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<t:GetResponseResponse xmlns:t="{T}" xmlns:b="{B}"/></s:Body></s:Envelope>'
    )
    assert isinstance(understand(envelope.encode(), fast, None, NOW).answer, Empty)


@pytest.mark.parametrize("octets", [b"", b"<html/>", b"<a", b"<a xmlns='urn:a'/>"])
def test_garbage_is_garbage(fast, octets):
    with pytest.raises(GarbageError) as failed:
        understand(octets, fast, None, NOW)
    assert failed.value.answer == octets
