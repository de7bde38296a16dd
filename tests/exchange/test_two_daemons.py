"""Two daemons on one journal share what comes round again and again: a peer is asked, a mail sent, once."""

from datetime import timedelta

import pytest

from config.load import load
from connector.errors import AuthError
from connector.journal.opening import upgrade_database
from connector.runtime import open_runtime
from connector.schedule import Job
from stand.running import Stand
from tests.exchange.setup import add_mail, write_configuration

PERIOD = timedelta(minutes=5)


@pytest.fixture
def stand(tmp_path):
    with Stand(tmp_path / "stand", messages=3, seed=4) as running:
        yield running


@pytest.fixture
def daemons(tmp_path, stand):
    path = write_configuration(tmp_path, stand)
    add_mail(path, stand)
    settings = load(path)
    upgrade_database(settings)
    pair = [open_runtime(settings) for _number in range(2)]
    yield pair
    for one in pair:
        one.close()


def test_a_cabinet_is_asked_once_a_period_whoever_asks(daemons, stand):
    first, second = daemons
    for opa_id in first.links.cabinets:
        intake = Job("intake", str(opa_id), PERIOD)
        first.run(intake)
        assert not second.run(intake)  # it has just been started and looks, but there is nothing new
        stand.offer_more(6)
        assert not first.run(intake)
        assert not second.run(intake)
        again = Job("intake", str(opa_id), timedelta(0))  # what a period later brings
        assert second.run(again)
        assert not first.run(again)


def test_one_mail_of_one_failure(daemons, stand):
    first, second = daemons
    first.journal.channel_failed("platform:7", AuthError("the password is not taken"))
    for one in daemons * 2:
        one.run(Job("letters", "mail", PERIOD))
    second.run(Job("letters", "mail", PERIOD))
    assert len(stand.mailbox) == 1
