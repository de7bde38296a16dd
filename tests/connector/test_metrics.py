"""Metrics and the operator's port, over real HTTP on loopback."""

import datetime as dt
import socket
import threading
from urllib.parse import quote

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.secret import Secret
from connector.health import HealthServer
from connector.journal.records import ChannelState, QueueDepth, Stage
from connector.journal.reports import Counts
from connector.lifecycle import State
from connector.metrics import Numbers, render
from connector.pace import Pace
from connector.peer import Finding, Health

NOW = dt.datetime(2026, 3, 1, 6, 0, tzinfo=dt.UTC)
FIVE_MINUTES_AGO = NOW - dt.timedelta(minutes=5)


def numbers():
    return Numbers(
        at=NOW,
        queues=[
            QueueDepth(
                101, "platform:101", waiting=3, in_work=1, parked=2, oldest=NOW - dt.timedelta(minutes=5)
            ),
            QueueDepth(102, "sed:delo", waiting=0, in_work=0, parked=0, oldest=None),
        ],
        channels=[
            ChannelState("platform:101", 4, NOW, "auth", "x", NOW, None, True),
            ChannelState("sed:delo", 0, None, "", "", None, NOW, False),
        ],
        counts=Counts(
            received=10,
            by_state={State.ANSWERED: 7, State.RECEIVED: 3},
            accepted=8,
            answered=7,
            sent={"solved": 5},
            parked={Stage.REPLY: 2},
            dropped=1,
            waiting=3,
            orphans=0,
        ),
    )


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_number_of_the_journal_is_a_metric():
    found = samples(render(numbers).decode())
    cabinet = (("cabinet", "101"), ("channel", "platform:101"))
    assert found["sedlink_queue_items", *cabinet, ("state", "waiting")] == 3
    assert found["sedlink_queue_items", *cabinet, ("state", "parked")] == 2
    assert found["sedlink_queue_oldest_age_seconds", *cabinet] == 300
    assert ("sedlink_queue_oldest_age_seconds", ("cabinet", "102"), ("channel", "sed:delo")) not in found
    assert found["sedlink_channel_failing", ("channel", "platform:101")] == 1
    assert found["sedlink_channel_needs_person", ("channel", "platform:101")] == 1
    assert found["sedlink_channel_last_success_timestamp_seconds", ("channel", "sed:delo")] == NOW.timestamp()
    assert found["sedlink_rounds", ("state", "answered")] == 7
    assert found["sedlink_replies_sent", ("kind", "solved")] == 5
    assert found["sedlink_tasks_parked", ("stage", "reply")] == 2
    assert found["sedlink_rounds_received",] == 10
    assert found["sedlink_journal_readable",] == 1


def test_a_journal_that_cannot_be_read_is_a_number_too(caplog):
    def broken():
        raise OSError("database is away")

    assert samples(render(broken).decode())["sedlink_journal_readable",] == 0
    assert "database is away" in caplog.text


@pytest.fixture
def serve():
    running = []

    def start(*, ready=lambda: Health(()), metrics=lambda: render(numbers)):
        server = HealthServer("127.0.0.1", 0, ready=ready, metrics=metrics)
        running.append(server)
        server.start()
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server in running:
        server.stop()


def test_three_addresses_and_no_other(serve):
    url = serve(ready=lambda: Health((Finding("journal", True, "fine"),)))
    assert httpx.get(f"{url}/healthz").text == "ok\n"
    ready = httpx.get(f"{url}/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    metrics = httpx.get(f"{url}/metrics?x=1")
    assert metrics.headers["Content-Type"].startswith("text/plain; version=")
    assert samples(metrics.text)["sedlink_rounds_received",] == 10
    assert httpx.head(f"{url}/metrics").text == ""
    assert httpx.get(f"{url}/etc/passwd").status_code == 404
    assert httpx.post(f"{url}/healthz").status_code == 501


def test_not_ready_says_why_without_secrets(serve):
    findings = (Finding("journal", False, "cannot connect to postgresql://sedlink:pass-word@db"),)
    answer = httpx.get(f"{serve(ready=lambda: Health(findings))}/readyz")
    assert answer.status_code == 503
    assert "cannot connect" in answer.text
    assert "pass-word" not in answer.text


def test_what_fails_inside_is_not_shown(serve, caplog):
    def broken():
        raise RuntimeError("secret inside")

    url = serve(ready=broken, metrics=broken)
    assert httpx.get(f"{url}/readyz").status_code == 503
    answer = httpx.get(f"{url}/metrics")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert httpx.get(f"{url}/healthz").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.0.2.1", "example.org", "::"])
def test_an_address_that_others_reach_must_be_asked_for(host):
    with pytest.raises(ValueError, match="loopback"):
        HealthServer(host, 0, ready=lambda: Health(()), metrics=lambda: b"")


def asked(port, *, page="metrics", token="", host=""):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(f"http://127.0.0.1:{port}/{page}", headers=headers | ({"Host": host} if host else {}))


def test_beyond_loopback_only_with_the_token():
    server = HealthServer(
        "0.0.0.0",
        0,
        ready=lambda: Health(()),
        metrics=lambda: b"x 1\n",
        token=Secret("t0ken-of-the-operator"),
    )
    server.start()
    try:
        assert asked(server.port, token="t0ken-of-the-operator", host="metrics.example.org").text == "x 1\n"
        for wrong in ("", "t0ken", "t0ken-of-the-operator2", "токен"):
            told = asked(server.port, token=quote(wrong))
            assert (told.status_code, told.headers["WWW-Authenticate"]) == (401, 'Bearer realm="sedlink"')
        assert asked(server.port, page="readyz").status_code == 401
        assert asked(server.port, page="no-such-page").status_code == 401  # which pages there are is not told
        assert asked(server.port, page="healthz").text == "ok\n"
    finally:
        server.stop()


def test_a_page_of_another_site_reads_nothing_through_a_name_that_leads_here(serve):
    port = int(serve().rpartition(":")[2])
    assert asked(port, host="evil.example.org").status_code == 421
    assert asked(port, host=f"localhost:{port}").status_code == 200
    assert asked(port, host="[::1]").status_code == 200


def test_a_flood_is_turned_away_and_the_port_recovers():
    now = [100.0]
    server = HealthServer(
        "127.0.0.1",
        0,
        ready=lambda: Health(()),
        metrics=lambda: b"",
        pace=Pace(2.0, monotonic=lambda: now[0]),
    )
    server.start()
    try:
        codes = [asked(server.port).status_code for _try in range(9)]
        assert codes == [200] * 6 + [429] * 3
        now[0] += 0.5
        assert asked(server.port).status_code == 200
        assert asked(server.port).headers["Retry-After"] == "1"
    finally:
        server.stop()


def test_silent_connections_do_not_take_all_threads(serve):
    port = int(serve().rpartition(":")[2])
    before = threading.active_count()
    held = [socket.create_connection(("127.0.0.1", port)) for _one in range(100)]
    try:
        closed = [one for one in held[-50:] if one.recv(1) == b""]
        assert len(closed) == 50
        assert threading.active_count() - before <= 33
    finally:
        for one in held:
            one.close()
