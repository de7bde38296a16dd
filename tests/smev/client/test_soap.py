"""The bus itself over SOAP: the conformance suite, and what differs between the versions."""

import pytest

from smev.client.faults import NotSentError
from smev.client.ftp import FileStore
from smev.client.words import Queue
from smev.errors import SetupError
from tests.smev.client.conftest import BusWorld
from tests.smev.transport_conformance import TransportConformance as Suite
from tests.smev.transport_conformance import said


class TestSoap(Suite):
    @pytest.fixture
    def world(self, stand, make_transport, clock):
        return BusWorld(stand, make_transport("1.2"), clock, "1.2")


class TestOtherVersions:
    """What the schemas of 1.1 and 1.3 write in another way; all else is the same code."""

    needs, request, take, attachment = Suite.needs, Suite.request, Suite.take, Suite.attachment
    test_a_request_is_answered = Suite.test_a_request_is_answered
    test_a_chain_and_a_deadline_arrive = Suite.test_a_chain_and_a_deadline_arrive
    test_an_interim_status = Suite.test_an_interim_status_and_then_the_answer
    test_a_late_rejection = Suite.test_a_late_rejection_is_an_ordinary_answer
    test_a_request_of_others_is_answered = Suite.test_a_request_of_others_is_answered
    test_only_what_is_selected = Suite.test_only_what_is_selected
    test_statistics_or_a_clear_no = Suite.test_statistics_or_a_clear_no
    test_files_come_back_as_they_were = Suite.test_files_come_back_as_they_were

    @pytest.fixture(params=["1.1", "1.3"])
    def world(self, request, stand, make_transport, clock):
        return BusWorld(stand, make_transport(request.param), clock, request.param)


def test_without_a_file_store_all_files_go_inside(stand, make_transport, clock, tmp_path):
    world = BusWorld(stand, make_transport(file_store=None), clock, "1.2")
    suite = Suite()
    octets = bytes(300_000)
    world.transport.send(suite.request(world, files=(suite.attachment(tmp_path, octets),)))
    answer = suite.take(world)
    world.transport.fetch(answer.files[0], tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == octets
    assert answer.files[0].spool is not None


def test_files_that_came_inside_go_with_the_acknowledgement(stand, make_transport, clock, tmp_path):
    transport = make_transport()
    world, suite = BusWorld(stand, transport, clock, "1.2"), Suite()
    transport.send(suite.request(world, files=(suite.attachment(tmp_path, b"bytes"),)))
    answer = suite.take(world)
    assert answer.files[0].spool.exists()
    transport.acknowledge(answer.handle)
    assert not answer.files[0].spool.exists()


def test_a_wrong_login_of_the_file_store_is_a_matter_of_settings(stand, make_transport, clock, tmp_path):
    wrong = FileStore(stand.client.ftp, password="wrong", timeout=2)
    world, suite = BusWorld(stand, make_transport(file_store=wrong), clock, "1.2"), Suite()
    request = suite.request(world, files=(suite.attachment(tmp_path, bytes(300_000)),))
    with pytest.raises(SetupError, match="refused"):
        world.transport.send(request)
    with pytest.raises(SetupError, match="refused"):
        wrong.check()


def test_a_file_store_that_is_away(make_transport, stand, clock, tmp_path):
    world, suite = (
        BusWorld(stand, make_transport(file_store=FileStore("ftp://127.0.0.1:9")), clock, "1.2"),
        Suite(),
    )
    with pytest.raises(NotSentError):
        world.transport.send(suite.request(world, files=(suite.attachment(tmp_path, bytes(300_000)),)))


def test_an_official_signs_content_that_has_an_id(stand, make_transport, clock, make_signer, fast):
    from smev.signature import Place, verify
    from tests.smev.client.conftest import identity_of

    personal = stand.bus.authority.issue("Official").signer()
    passed = []
    identity = identity_of(stand.client, fast, personal=personal)
    transport = make_transport(identity=identity, record=lambda *what: passed.append(what))
    world, suite = BusWorld(stand, transport, clock, "1.2"), Suite()
    content = b'<e:EchoRequest xmlns:e="urn:sedlink-stand:echo:1.0" Id="CONTENT">signed</e:EchoRequest>'
    transport.send(suite.request(world, content))
    assert said(suite.take(world, Queue.RESPONSES)) == "signed"
    reports = verify(passed[0][2], provider=fast, at=clock())
    assert {report.place: report.ok for report in reports} == {Place.CALLER: True, Place.PERSONAL: True}


def test_the_description_is_read(make_transport):
    found = make_transport("1.3").description()
    assert found.known_version
    assert found.version == "1.3"
    assert "StaleMessageId" in found.operations["SendRequest"]
    assert found.unknown_faults == ()
