"""Files, and what the platform says to what we send: refusals, garbage, waits; real HTTP on loopback."""

import datetime as dt
import io

import pytest

from connector.appeal import Attachment, Person
from connector.errors import OutcomeUnknownError, PermanentError, RetryableError
from connector.platform.rest import default_profile
from tests.connector.platform.conformance import stored
from tests.connector.platform.loopback import (
    CABINET,
    LIST,
    Script,
    connected,
    fetched,
    listed,
    message,
    page,
    profile_with,
    reply,
    respond,
)

# ---- files


def test_a_login_page_is_not_a_file(script):
    script.answer("GET", "/f", 200, b"<html>login</html>", {"Content-Type": "text/html; charset=utf-8"})
    with (
        connected(script) as platform,
        pytest.raises(RetryableError),
        platform.download(Attachment("f", "/f")),
    ):
        pass


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_larger_than_the_limit_is_refused(script, announced):
    def send(request):
        respond(
            request, 200, {} if announced else {"Content-Length": None, "Connection": "close"}, b"x" * 5000
        )
        request.close_connection = not announced

    script.on("GET", "/f", send)
    changed = profile_with("limits", file_bytes=1000)
    with connected(script, profile=changed) as platform, pytest.raises(PermanentError) as refused:
        fetched(platform, "/f")
    assert refused.value.code == "file-too-large"


def test_a_file_that_is_gone_concerns_its_message_alone(script):
    script.answer("GET", "/f", 404, {"messages": ["Файл удалён"]})
    with connected(script) as platform, pytest.raises(PermanentError, match="Файл удалён"):
        fetched(platform, "/f")


# ---- answers to what we send


def test_success_false_is_no_success(script):
    script.answer("POST", LIST, 200, {"success": False, "messages": ["comment: слишком короткий"]})
    with connected(script) as platform, pytest.raises(PermanentError, match="слишком короткий") as refused:
        platform.send(reply(), ())
    assert refused.value.field == "comment"


@pytest.mark.parametrize(
    "body", [b"", b" \n", {"success": True, "messages": ["Принято"]}, {"id": 5}, b"true"]
)
def test_a_success_in_any_dress(script, body):
    script.answer("POST", LIST, 200, body)
    with connected(script) as platform:
        platform.send(reply(), ())
        platform.accept("1")


@pytest.mark.parametrize("body", [b"<html></html>", b'{"id":', b"OK"])
def test_garbage_after_a_reply_leaves_the_outcome_unknown(script, body):
    script.answer("POST", LIST, 200, body)
    with connected(script) as platform:
        with pytest.raises(OutcomeUnknownError):
            platform.send(reply(), ())
        with pytest.raises(RetryableError):
            platform.accept("1")


def test_a_complaint_is_bounded_and_echoes_nobody(script):
    echo = "managerInfo: Канареев Кенар, +7 000 111-22-33, canary@example.org, " + "я" * 5000
    script.answer("POST", LIST, 422, {"messages": [echo, "второе\nсообщение"]})
    person = Person("Канареев", "Кенар", "", "canary@example.org", "8 (000) 111")
    with connected(script) as platform, pytest.raises(PermanentError) as refused:
        platform.send(reply(executor=person), ())
    sentence = refused.value.sentence
    assert len(sentence) < 600
    assert refused.value.field == "managerInfo"
    for canary in ("Канареев", "Кенар", "111-22-33", "canary@", "\n"):
        assert canary not in sentence


@pytest.mark.parametrize(
    ("status", "kind"), [(500, OutcomeUnknownError), (502, OutcomeUnknownError), (503, RetryableError)]
)
def test_a_server_error_after_a_reply(script, status, kind):
    script.answer("POST", LIST, status, b"<html>", {"Retry-After": "7"})
    with connected(script) as platform:
        with pytest.raises(kind) as sent:
            platform.send(reply(), ())
        assert sent.value.sentence.count(CABINET.name) == 1
        with pytest.raises(RetryableError) as failed:
            platform.accept("1")
    assert failed.value.after == 7


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [("12", 12, 12), ("999999999", 86400, 86400), ("soon", None, None), ("-5", None, None), ("", None, None)],
)
def test_retry_after_is_read_and_bounded(script, header, low, high):
    script.answer("GET", LIST, 429, b"", {"Retry-After": header})
    with connected(script) as platform, pytest.raises(RetryableError) as failed:
        listed(platform)
    assert failed.value.after == low if low is None else low <= failed.value.after <= high


def test_retry_after_as_a_date(script):
    from email.utils import format_datetime

    at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100)
    script.answer("GET", LIST, 503, b"", {"Retry-After": format_datetime(at, usegmt=True)})
    with connected(script) as platform, pytest.raises(RetryableError) as failed:
        listed(platform)
    assert 90 <= failed.value.after <= 101


def test_an_upload_answer_without_an_id_is_of_unknown_outcome(script):
    for body in ({}, {"id": ""}, {"id": None}, [], b"<html>"):
        script.answer("POST", "/file-storage-service", 200, body)
        with connected(script) as platform, pytest.raises(OutcomeUnknownError):
            platform.upload(stored(b"x"), io.BytesIO(b"x"))


def test_a_reply_longer_than_the_platform_takes_is_refused_here(script):
    changed = profile_with("limits", reply_chars=10)
    with connected(script, profile=changed) as platform, pytest.raises(PermanentError) as refused:
        platform.send(reply(text="я" * 11), ())
    assert refused.value.field == "answerText"
    assert not script.asked


def test_a_history_that_cannot_be_read_tells_nothing(script):
    history = default_profile().paths.history.format(id=1)
    with connected(script) as platform:
        for body, kind in ((b"<html>", RetryableError), ({"rows": []}, PermanentError), ([], PermanentError)):
            script.answer("GET", history, 200, body)
            with pytest.raises(kind):
                platform.count_sent(reply())


def test_without_a_history_nobody_can_look(script):
    changed = profile_with("paths", history="")
    with connected(script, profile=changed) as platform:
        assert platform.count_sent(reply()) is None
    assert not script.asked


def test_a_closed_port_is_retried_and_nothing_was_sent():
    with connected(Script()) as platform:
        pass
    with connected(Script(), base_url=platform._base_url) as gone:
        with pytest.raises(RetryableError, match="base_url"):
            gone.send(reply(), ())
        assert not gone.check().ok


def test_a_foreign_opa_id_and_a_check_that_says_so(script):
    script.answer("GET", LIST, 200, page(message(opaId=78)))
    with connected(script) as platform:
        [found] = listed(platform)
        assert found.appeal is None
        assert "opaId" in found.problem
        health = platform.check()
    assert [finding.ok for finding in health.findings] == [True, True, False]
