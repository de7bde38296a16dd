"""Files: inside of the message by MTOM, through the store by FTP, both ways, checked by digest and CMS."""

import ftplib
import io
import uuid
from datetime import UTC, datetime

import pytest

from smev.envelope import read, write
from smev.envelope.words import Attachment, Content, FileReference, OutgoingRequest
from smev.gost import cms
from stand.faults import Fault
from stand.smev.files import plain_name
from tests.stand.smev.wire import echo, fault_of, package, parts_of, streebog

BODIES = {"a1": b"first", "a2": bytes(range(256)) * 100, "a3": b"\r\n--b\r\n\x00\r\n"}


def signed(caller, content):
    return cms.create(streebog(content), caller.signer, datetime.now(UTC))


def inline_request(caller, headers, contents):
    """Send a request with inline files; return the HTTP answer."""
    attachments = tuple(
        Attachment(name, "application/octet-stream", signed(caller, content))
        for name, content in headers.items()
    )
    sent = OutgoingRequest(caller.new_id(), Content(echo(), attachments=attachments))
    kind, body = package(caller.signed(write.send_request(caller.version, sent)), contents)
    return caller.post(b"", content_type=kind, body=body)


def test_inline_files_go_and_come_byte_for_byte(caller):
    assert inline_request(caller, BODIES, BODIES).status_code == 200
    caller.wait()  # leaves it handed out; look at the octets of the next one
    assert inline_request(caller, BODIES, BODIES).status_code == 200
    octets, parts = raw_package(caller)
    assert parts == BODIES
    assert {one.content_id for one in read(octets).body.attachments} == set(BODIES)


def raw_package(caller):
    while True:
        answer = caller.post(caller.signed(write.get_response(caller.version, caller.clock())))
        octets, parts = parts_of(answer)
        if b"ResponseMessage" in octets:
            return octets, parts


def test_headers_and_contents_must_go_together(caller):
    answer = inline_request(caller, {"a1": b"x", "a2": b"y"}, {"a1": b"x"})
    assert fault_of(answer) == "AttachmentContentMiscoordination"


def test_too_much_is_refused_with_the_sizes(caller):
    big = {"a1": b"x" * (5 * 1024 * 1024 + 1)}
    answer = inline_request(caller, big, big)
    assert fault_of(answer) == "AttachmentSizeLimitExceeded"
    assert "5242881" in answer.text


def test_a_cms_over_other_bytes_is_rejected_later(caller):
    assert inline_request(caller, {"a1": b"signed"}, {"a1": b"sent"}).status_code == 200
    assert caller.wait().body.category == "requestIsRejectedBySmev"


@pytest.mark.parametrize(
    "body", [b"", b"--b1\r\n", b"--b1--", b"--b1\r\n\r\nx\r\n--b1--", b"no boundary at all"]
)
def test_a_package_that_is_none_is_refused(caller, body):
    kind = 'multipart/related; type="application/xop+xml"; boundary="b1"'
    assert fault_of(caller.post(b"", content_type=kind, body=body or b" ")) == "InvalidContent"


def reference(caller, content, identifier, **wrong):
    value = wrong.get("digest", streebog(content))
    return FileReference(
        identifier,
        value,
        "application/octet-stream",
        wrong.get("cms", signed(caller, content)),
        "имя файла.bin",
    )


def test_a_file_in_the_store_goes_and_comes_with_a_login_of_its_own(bus, caller):
    content = bytes(range(256)) * 5000
    identifier = caller.upload(content)
    answer = caller.ask(echo(), files=(reference(caller, content, identifier),))
    [access], [file] = answer.access, answer.body.files
    assert (access.uuid, file.digest, file.file_name) == (identifier, streebog(content), "имя файла.bin")
    with pytest.raises(ftplib.error_perm):
        caller.download(access)  # acknowledged: the login is over


def test_a_recipient_takes_the_file_and_nothing_else(bus, caller):
    first, second = caller.upload(b"one" * 999), caller.upload(b"two" * 999)
    files = (reference(caller, b"one" * 999, first), reference(caller, b"two" * 999, second))
    caller.send(echo(), files=files)
    one, two = caller.wait().access
    assert (caller.download(one), caller.download(two)) == (b"one" * 999, b"two" * 999)
    assert one.user != two.user
    with caller.ftp(one.user, one.password) as session:
        for command in ("STOR x", "DELE /", "MKD x"):
            with pytest.raises(ftplib.error_perm):
                session.voidcmd(command)
        for path in (f"../{two.user}{two.file_name}", f"/../{two.user}{two.file_name}", "../../../keys"):
            with pytest.raises(ftplib.error_perm):
                session.retrbinary(f"RETR {path}", io.BytesIO().write)


def test_a_sender_cannot_read_and_a_stranger_cannot_enter(caller):
    identifier = caller.upload(b"secret")
    with caller.ftp() as session, pytest.raises(ftplib.error_perm):
        session.retrbinary(f"RETR {identifier}/a.bin", io.BytesIO().write)
    for user, password in (("anonymous", "guest"), ("nobody", "smev")):
        with pytest.raises(ftplib.error_perm), caller.ftp(user, password):
            pass


def test_a_broken_upload_goes_on_where_it_broke(bus, caller):
    content, identifier = bytes(range(256)) * 2000, str(uuid.uuid4())
    bus.troubles.ask("FTP", Fault.FTP_CUT)
    with caller.ftp() as session:
        session.mkd(identifier)
        session.cwd(identifier)
        with pytest.raises((EOFError, OSError)):
            session.storbinary("STOR a.bin", io.BytesIO(content))
    with caller.ftp() as session:
        session.cwd(identifier)
        there = session.size("a.bin")
        assert 0 < there < len(content)
        session.storbinary("APPE a.bin", io.BytesIO(content[there:]))
    assert caller.ask(echo(), files=(reference(caller, content, identifier),)).body.files


@pytest.mark.parametrize(
    "wrong", [{"digest": b"0" * 32}, {"cms": b"\x30\x03\x02\x01\x01"}, {"missing": True}]
)
def test_a_file_that_is_not_what_its_header_says_is_rejected_later(caller, wrong):
    identifier = str(uuid.uuid4()) if "missing" in wrong else caller.upload(b"content")
    answer = caller.ask(echo(), files=(reference(caller, b"content", identifier, **wrong),))
    assert (answer.body.category, answer.body.fault_code) == (
        "requestIsRejectedBySmev",
        "AttachmentContentMiscoordination",
    )


def test_a_cms_of_other_bytes_in_the_store_is_rejected_later(caller):
    identifier = caller.upload(b"content")
    answer = caller.ask(
        echo(), files=(reference(caller, b"content", identifier, cms=signed(caller, b"other")),)
    )
    assert "CMS" in answer.body.details


@pytest.mark.parametrize(
    ("trouble", "told"), [(Fault.FTP_ERROR, ftplib.error_temp), (Fault.FTP_CUT, (EOFError, OSError))]
)
def test_the_store_fails_once_and_then_gives_the_file(bus, caller, trouble, told):
    content = b"content" * 30_000
    caller.send(echo(), files=(reference(caller, content, caller.upload(content)),))
    [access] = caller.wait().access
    bus.troubles.ask("FTP", trouble)
    with pytest.raises(told):
        caller.download(access)
    assert caller.download(access) == content


def test_the_store_gives_other_bytes_once(bus, caller):
    content = b"content" * 1000
    caller.send(echo(), files=(reference(caller, content, caller.upload(content)),))
    answer = caller.wait()
    bus.troubles.ask("FTP", Fault.FTP_SPOILT)
    assert streebog(caller.download(answer.access[0])) != answer.body.files[0].digest
    assert streebog(caller.download(answer.access[0])) == answer.body.files[0].digest


@pytest.mark.parametrize(
    "name", ["../../x.pdf", "a\x00b.pdf", "д" * 300 + ".pdf", "x" * 300, "...", "a." + "b" * 300]
)
def test_any_name_becomes_one_that_a_disk_takes(tmp_path, name):
    plain = plain_name(name)
    (tmp_path / plain).touch()
    assert plain.endswith(".pdf") == name.endswith(".pdf")


@pytest.mark.parametrize("identifier", ["../../keys", "..", "", "/etc", "a" * 36])
def test_no_uuid_leads_out_of_the_store(bus, identifier):
    assert bus.files.find(identifier) is None
