"""The REST client against hostile, lying and broken servers; real HTTP on loopback."""

import datetime as dt
import gzip
import io
import ipaddress
import threading
import time

import pytest

from config.secret import Secret
from connector.appeal import Attachment, Person, ReplyKind
from connector.errors import AuthError, OutcomeUnknownError, PermanentError, RetryableError
from connector.platform.rest import default_profile, translate
from tests.connector.platform.conformance import make_reply, stored
from tests.connector.platform.loopback import CABINET, Script, connected, message, page, respond

LIST = "/appeal-service/edms"


@pytest.fixture
def script():
    return Script()


def profile_with(table, **changes):
    part = getattr(default_profile(), table).model_copy(update=changes)
    return default_profile().model_copy(update={table: part})


def listed(platform):
    return [one for page in platform.pages() for one in page.messages]


def fetched(platform, url):
    with platform.download(Attachment("f", url)) as download:
        return b"".join(download.body), download.name


def reply(platform_id="1", **fields):
    read = translate.read_value(message(), "{}", CABINET, default_profile().message)
    return make_reply(read.appeal, fields.pop("kind", ReplyKind.SOLVED), platform_id=platform_id, **fields)


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
        with pytest.raises(kind):
            platform.send(reply(), ())
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


# ---- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1: its own authority."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def write(name, address):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = folder / f"{name}.pem"
        path.write_bytes(private + made.public_bytes(pem))
        authority = folder / f"{name}-ca.pem"
        authority.write_bytes(made.public_bytes(pem))
        return path, authority

    folder = tmp_path_factory.mktemp("tls")
    return {"good": write("good", "127.0.0.1"), "other": write("other", "127.0.0.2")}


def test_a_certificate_of_our_own_authority_is_trusted(script, certificate):
    script.answer("GET", LIST, 200, page(message()))
    path, authority = certificate["good"]
    with connected(script, tls=path, ca_file=authority) as platform:
        assert len(listed(platform)) == 1


@pytest.mark.parametrize(("served", "trusted"), [("good", None), ("good", "other"), ("other", "other")])
def test_an_unknown_authority_or_a_wrong_host_gets_no_password(script, certificate, served, trusted):
    authority = certificate[trusted][1] if trusted else None
    path = certificate[served][0]
    trusting = connected(script, tls=path, ca_file=authority)
    with trusting as platform, pytest.raises(RetryableError, match="ca_file"):
        listed(platform)
    assert not script.asked


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "http://pos.example.org"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "pos.example.org"},
        {"base_url": "https://user:word@pos.example.org"},
        {"base_url": "https://pos.example.org:port"},
        {"base_url": "https://pos.example.org/?a=b"},
        {"client_id": ""},
        {"file_hosts": ("files.example.org/path",)},
        {"file_hosts": ("http://files.example.org",)},
    ],
)
def test_settings_that_cannot_work_are_refused_when_built(script, settings):
    with pytest.raises(ValueError, match=next(iter(settings))), connected(script, **settings):
        pass


def test_a_ca_file_that_is_none_is_named(script, tmp_path):
    path = tmp_path / "ca.pem"
    for content in (None, "no certificate"):
        if content:
            path.write_text(content)
        with pytest.raises(ValueError, match=r"ca\.pem"), connected(script, ca_file=path):
            pass
