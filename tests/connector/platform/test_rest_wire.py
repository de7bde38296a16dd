"""The REST client against lists that lie, odd tokens, foreign hosts; real HTTP on loopback."""

import gzip
import threading
import time

import pytest

from config.secret import Secret
from connector.appeal import Attachment
from connector.errors import AuthError, PermanentError, RetryableError
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
)

# ---- lists that lie


def served_by_page(script, rows, *, size=None, marks=None):
    """Serve `rows()` cut into pages, with whatever marks a liar puts on them."""

    def answer(request):
        from urllib.parse import parse_qs, urlsplit

        query = {name: int(values[0]) for name, values in parse_qs(urlsplit(request.path).query).items()}
        step = size or query["size"]
        part = rows()[query["page"] * step :][:step]
        return 200, {}, page(*part, **(marks or {}))

    script.on("GET", LIST, answer)


@pytest.mark.parametrize("marks", [{"last": True, "totalPages": 1}, {"last": False, "totalPages": 999}, {}])
def test_the_marks_of_a_page_are_not_believed(script, marks):
    served_by_page(script, lambda: [message(id=number) for number in range(1, 8)], size=3, marks=marks)
    with connected(script) as platform:
        assert [one.platform_id for one in listed(platform)] == [str(n) for n in range(1, 8)]


def test_a_server_that_ignores_the_page_number_gives_its_list_once(script):
    script.answer("GET", LIST, 200, page(message(id=1), message(id=2)))
    with connected(script) as platform:
        assert len(listed(platform)) == 2
    assert script.count("GET", LIST) == 2


def test_what_moves_forward_while_the_list_is_read_is_read_again(script):
    rows = [message(id=number) for number in range(1, 11)]

    def shrinking():
        current = tuple(rows)
        if len(rows) > 5:
            del rows[:2]  # somebody else accepts while we read
        return current

    served_by_page(script, shrinking, size=3)
    expected = {str(number) for number in range(6, 11)}  # those that never left the list
    with connected(script) as platform:
        assert expected <= {one.platform_id for one in listed(platform)}


def test_a_list_without_end_is_a_fault_of_the_platform(script):
    numbers = iter(range(1, 10**9))
    script.on("GET", LIST, lambda _request: (200, {}, page(message(id=next(numbers)))))
    changed = profile_with("paging", max_pages=20)
    with connected(script, profile=changed) as platform, pytest.raises(RetryableError, match="20"):
        listed(platform)


def test_one_broken_message_does_not_hide_its_page(script):
    broken = [message(id=2, createdAt="yesterday"), None, "text", message(id=3, applicant=None), [], {}]
    script.answer("GET", LIST, 200, page(message(id=1), *broken, message(id=4)))
    with connected(script) as platform:
        found = listed(platform)
    assert [one.platform_id for one in found if one.appeal] == ["1", "4"]
    problems = [one for one in found if not one.appeal]
    assert len(problems) == 6
    assert len({one.platform_id for one in problems}) == 6
    assert "createdAt" in problems[0].problem
    assert problems[0].platform_id == "2"
    assert all(one.problem for one in problems)


def test_the_raw_text_of_a_message_is_exactly_what_came(script):
    odd = '{ "id":1,  "description":"\\u042f\\ud800 \x07", "createdAt":"2026-01-01T00:00:00Z", "x": 1.10,\n'
    odd += ' "x":2, "applicant":{"surname":"А"}, "opaId":77}'
    script.answer("GET", LIST, 200, f'{{"last":true ,"content" : [ {odd} ] }}'.encode())
    with connected(script) as platform:
        [found] = listed(platform)
        assert found.raw == odd
        assert found.appeal.text == "Я\ufffd \x07"
        assert platform.read(found.raw) == found


@pytest.mark.parametrize(
    ("body", "came"),
    [
        (b"<html><body>works</body></html>", "HTML"),
        (b"", "empty"),
        (b'{"content": [{"id": 1}', "JSON"),
        (b'{"items": []}', "content"),
        (b"[" * 100_000, "JSON"),
        (b'{"content": ' + b"9" * 5000 + b"}", "JSON"),
        (b"\xff\xfe\x00", "JSON"),
    ],
)
def test_garbage_instead_of_a_list_is_named(script, body, came):
    script.answer("GET", LIST, 200, body, {"Content-Type": "text/html"})
    with connected(script) as platform, pytest.raises(RetryableError) as failed:
        listed(platform)
    assert came.lower() in failed.value.sentence.lower()
    assert CABINET.name in failed.value.sentence


def test_an_answer_larger_than_the_limit_is_not_taken_into_memory(script):
    changed = profile_with("limits", json_bytes=100_000)
    bomb = gzip.compress(b" " * 50_000_000)
    script.answer("GET", LIST, 200, bomb, {"Content-Encoding": "gzip"})
    with connected(script, profile=changed) as platform, pytest.raises(RetryableError, match="100000"):
        listed(platform)


def test_a_broken_compression_is_retried(script):
    script.answer("GET", LIST, 200, b"not gzip at all", {"Content-Encoding": "gzip"})
    with connected(script) as platform, pytest.raises(RetryableError):
        listed(platform)


def test_a_peer_that_drips_meets_the_bound_of_the_whole_answer(script):
    stop = threading.Event()

    def drip(request):
        request.send_response(200)
        request.send_header("Content-Length", "100000")
        request.end_headers()
        while not stop.wait(0.02):
            request.wfile.write(b" ")
            request.wfile.flush()

    script.on("GET", LIST, drip)
    started = time.monotonic()
    with connected(script, answer_timeout=0.3) as platform, pytest.raises(RetryableError):
        listed(platform)
    stop.set()
    assert time.monotonic() - started < 5


# ---- credentials


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, {"error": "invalid_grant", "error_description": "Bad credentials"}), (401, b""), (403, b"<html>")],
)
def test_a_refused_password_is_not_hammered(script, status, body):
    script.answer("POST", "/user-service/oauth/token", status, body)
    with connected(script) as platform:
        for _attempt in range(5):
            with pytest.raises(AuthError) as refused:
                listed(platform)
    assert script.count("POST", "/user-service/oauth/token") == 1
    assert CABINET.name in refused.value.sentence
    assert "client_id" in refused.value.sentence
    assert "cabinet-password" not in refused.value.sentence


@pytest.mark.parametrize("body", [b"<html>", b"[]", {"access_token": None}, {"access_token": "a\nb"}, {}])
def test_a_token_answer_without_a_token_is_a_fault_of_the_platform(script, body):
    script.answer("POST", "/user-service/oauth/token", 200, body)
    with connected(script) as platform, pytest.raises(RetryableError):
        listed(platform)


def test_the_token_call_is_as_the_platform_wants_it(script):
    script.answer("GET", LIST, 200, page())
    with connected(script) as platform:
        listed(platform)
    _method, _path, headers, body = script.asked[0]
    assert headers["Authorization"] == "Basic c2VkOm9hdXRoLXBhc3N3b3Jk"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert body == b"grant_type=password&scope=any&username=lko-77&password=cabinet-password"
    assert script.asked[1][2]["Authorization"] == "Bearer t0ken-of-the-test"


def test_a_token_is_renewed_before_it_expires(script):
    script.answer("POST", "/user-service/oauth/token", 200, {"access_token": "short", "expires_in": 0.05})
    script.answer("GET", LIST, 200, page())
    with connected(script) as platform:
        listed(platform)
        time.sleep(0.06)
        listed(platform)
    assert script.count("POST", "/user-service/oauth/token") == 2


# ---- where the token must not go


def test_an_attachment_of_another_host_is_not_asked_for(script):
    other = Script()
    other.answer("GET", "/", 200, b"stolen")
    with connected(script) as platform, connected(other, secret=Secret("x" * 8)) as elsewhere:
        origin = elsewhere._base_url
        for url in (
            f"{origin}/f1",
            "http://169.254.169.254/f1",
            "file:///etc/passwd",
            f"http://127.0.0.1@{origin.removeprefix('http://')}/f1",
            "http://[::1/f1",
            "http://127.0.0.1:99999/f1",
        ):
            with pytest.raises(PermanentError), platform.download(Attachment("f1", url)):
                pass
    assert not other.asked


def test_an_attachment_of_a_configured_host_is_taken(script):
    files = Script()
    files.answer("GET", "/f1", 200, b"content", {"Content-Disposition": 'attachment; filename="a.txt"'})
    with connected(files) as elsewhere:
        host = elsewhere._base_url.removeprefix("http://")
        with connected(script, file_hosts=(host,)) as platform:
            assert fetched(platform, f"http://{host}/f1") == (b"content", "a.txt")


def test_a_redirect_to_another_host_is_not_followed(script):
    other = Script()
    with connected(script) as platform, connected(other) as elsewhere:
        script.answer("GET", LIST, 302, b"", {"Location": elsewhere._base_url + LIST})
        with pytest.raises(RetryableError, match="base_url"):
            listed(platform)
    assert not other.asked


def test_a_redirect_on_the_same_host_is_followed_with_the_token_but_not_in_circles(script):
    script.answer("GET", LIST, 307, b"", {"Location": "/new"})
    script.answer("GET", "/new", 200, page(message()))
    with connected(script) as platform:
        assert len(listed(platform)) == 1
        assert script.asked[-1][2]["Authorization"] == "Bearer t0ken-of-the-test"
        script.answer("GET", "/new", 302, b"", {"Location": LIST})
        with pytest.raises(RetryableError):
            listed(platform)


def test_a_redirect_of_a_reply_is_not_followed(script):
    script.answer("POST", LIST, 302, b"", {"Location": "/login"})
    with connected(script) as platform, pytest.raises(RetryableError):
        platform.send(reply(), ())
    assert script.count("GET", "/login") == 0
