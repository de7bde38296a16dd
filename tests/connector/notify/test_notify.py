"""Mails: their texts, and a real SMTP server that receives them."""

import datetime as dt
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.i18n import speaking
from config.secret import Secret
from connector.errors import AuthError, PermanentError, RetryableError
from connector.journal.records import DeadLetter, Stage
from connector.journal.reports import Alert, AlertKind
from connector.notify import Letter, Mailer, alert_letter, digest_letter
from tests.certificates import self_signed

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = dt.datetime(2026, 3, 1, 6, 0, tzinfo=dt.UTC)
CABINETS = {101: "Управа Образцово"}


@dataclass(frozen=True)
class Choice:
    host: str = "127.0.0.1"
    port: int = 0
    security: str = "none"
    user: str = ""
    password: Secret | None = None
    ca_file: Path | None = None
    sender: str = "sedlink@example.org"
    recipients: tuple[str, ...] = ("admin@example.org", "second@example.org")


def alert(**fields):
    values = {
        "channel": "platform:101",
        "kind": AlertKind.FAILING,
        "since": NOW,
        "until": None,
        "error_code": "auth",
        "sentence": "the platform refuses the password",
        "needs_person": True,
    }
    return Alert(**values | fields)


def dead(number, **fields):
    values = {
        "task_id": number,
        "opa_id": 101,
        "platform_id": str(1000 + number),
        "round": 1,
        "stage": Stage.REPLY,
        "error_code": "refused",
        "sentence": "postponedDate: is in the past",
        "attempts": 1,
        "parked_at": NOW - dt.timedelta(hours=number),
        "waiting_behind": 1,
    }
    return DeadLetter(**values | fields)


# ---- texts


def test_a_failure_names_the_cabinet_the_reason_and_what_to_do():
    with speaking("ru"):
        letter = alert_letter(alert(), cabinets=CABINETS, zone=MOSCOW)
    assert "Управа Образцово" in letter.subject
    for part in ("(101)", "01.03.2026 09:00", "auth", "sedlink config check"):
        assert part in letter.body
    with speaking("ru"):
        other = alert_letter(alert(needs_person=False), cabinets=CABINETS, zone=MOSCOW)
    assert "config check" not in other.body


def test_a_recovery_tells_from_when_to_when():
    well = alert(kind=AlertKind.RECOVERED, until=NOW + dt.timedelta(hours=2), channel="sed:delo")
    with speaking("en"):
        letter = alert_letter(well, cabinets=CABINETS, zone=MOSCOW)
    assert letter.subject == "sedlink: SED delo: works again"
    assert "from 01.03.2026 09:00 MSK to 01.03.2026 11:00 MSK" in letter.body


def test_the_digest_groups_by_cabinet_and_reason_and_is_bounded():
    assert digest_letter([], cabinets=CABINETS, now=NOW, zone=MOSCOW) is None
    letters = [dead(number) for number in range(200)]
    letters += [dead(number, opa_id=number, error_code=f"code{number}") for number in range(200)]
    with speaking("ru"):
        letter = digest_letter(letters, cabinets=CABINETS, now=NOW, zone=MOSCOW)
    assert "400" in letter.subject
    assert len(letter.body) < 30_000
    with speaking("en"):
        small = digest_letter(letters[:13], cabinets=CABINETS, now=NOW, zone=MOSCOW)
    assert "13, code refused" in small.body
    assert "The oldest waits since 28.02.2026 21:00 MSK" in small.body
    assert "(+3)" in small.body
    assert "Behind them wait: 13" in small.body


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_word_from_outside_makes_a_header_or_a_line(name, sentence):
    made = alert_letter(alert(sentence=sentence), cabinets={101: name}, zone=MOSCOW)
    lines = alert_letter(alert(sentence="x"), cabinets={101: "x"}, zone=MOSCOW).body.count("\n")
    assert made.body.count("\n") == lines
    assert "\n" not in made.subject
    assert made.subject.isprintable()
    Mailer(Choice())._message(made)


def test_nothing_personal_gets_into_a_mail():
    canaries = "Bearer abcdef0123456789 canary@example.org +7 916 123-45-67 112-233-445 95"
    with speaking("ru"):
        letters = [
            alert_letter(alert(sentence=canaries), cabinets=CABINETS, zone=MOSCOW),
            digest_letter([dead(1, sentence=canaries)], cabinets=CABINETS, now=NOW, zone=MOSCOW),
        ]
    for letter in letters:
        for canary in ("abcdef", "canary@", "123-45", "233-445"):
            assert canary not in letter.body


# ---- sending


class Box:
    """An SMTP handler that keeps what it was given, and refuses what it is told to refuse."""

    def __init__(self):
        self.mails = []
        self.data_answer = "250 OK"
        self.rcpt_answer = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if self.rcpt_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data_answer.startswith("250"):
            self.mails.append((session.ssl is not None, envelope))
        return self.data_answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("tls"), "mail", "127.0.0.1")


def _free_port():
    """aiosmtpd's controller wants to be told its port."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


@pytest.fixture
def box():
    return Box()


@pytest.fixture
def serve(box):
    """Start an SMTP server on a free port of loopback."""
    controller = pytest.importorskip("aiosmtpd.controller")
    smtp = pytest.importorskip("aiosmtpd.smtp")
    running = []

    def authenticate(_server, _session, _envelope, _mechanism, data):
        return smtp.AuthResult(success=data.password == b"right-password", handled=False)

    def start(tls=None, **options):
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls[0])
        options = {"authenticator": authenticate, "require_starttls": False} | options
        made = controller.Controller(
            box, hostname="127.0.0.1", port=_free_port(), tls_context=context, **options
        )
        made.start()
        running.append(made)
        return made.port

    yield start
    for one in running:
        one.stop()


LETTER = Letter("sedlink: кабинет не работает", "Кабинет не работает.\n.\nПричина: пароль\n")


def test_a_letter_arrives_whole():
    mailbox = pytest.importorskip("stand.mailbox").Mailbox()
    mailbox.start()
    try:
        Mailer(Choice(port=mailbox.port), clock=lambda: NOW).send(LETTER)
    finally:
        mailbox.stop()
    [mail] = mailbox.mails
    assert mail.recipients == ("admin@example.org", "second@example.org")
    assert mail.subject == LETTER.subject
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Date"] == "Sun, 01 Mar 2026 06:00:00 +0000"
    assert mail.message["Message-ID"].endswith("@example.org>")
    assert mail.text.replace("\r\n", "\n") == LETTER.body


def test_starttls_is_verified_and_the_account_is_used(serve, box, certificate):
    port = serve(certificate, auth_required=True)
    settings = {"port": port, "security": "starttls", "user": "sedlink"}
    right, wrong = Secret("right-password"), Secret("wrong-password")
    Mailer(Choice(**settings, password=right, ca_file=certificate[1])).send(LETTER)
    assert [encrypted for encrypted, _envelope in box.mails] == [True]
    with pytest.raises(AuthError) as refused:
        Mailer(Choice(**settings, password=wrong, ca_file=certificate[1])).send(LETTER)
    assert "wrong-password" not in refused.value.sentence
    with pytest.raises(AuthError, match="ca_file"):
        Mailer(Choice(**settings, password=right)).send(LETTER)
    assert len(box.mails) == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_is_none_is_named(tmp_path, content, serve, certificate):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(AuthError, match=r"ca\.pem"):
        Mailer(Choice(port=serve(certificate), security="starttls", ca_file=path)).send(LETTER)


def test_without_starttls_on_the_server_nothing_is_sent(serve, box):
    with pytest.raises(AuthError):
        Mailer(Choice(port=serve(), security="starttls")).send(LETTER)
    assert not box.mails


def test_a_password_is_never_sent_in_clear():
    choice = Choice(host="mail.example.org", port=25, user="u", password=Secret("right-password"))
    with pytest.raises(AuthError, match="starttls"):
        Mailer(choice).send(LETTER)


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"data_answer": "554 no"}, PermanentError),
        ({"data_answer": "451 later"}, RetryableError),
        ({"rcpt_answer": "550 unknown"}, PermanentError),
        ({"rcpt_answer": "450 busy"}, RetryableError),
    ],
)
def test_a_refusal_says_whether_to_try_again(serve, box, answers, kind):
    port = serve()
    vars(box).update(answers)
    with pytest.raises(kind):
        Mailer(Choice(port=port)).send(LETTER)


def test_a_server_that_is_away_is_tried_again():
    with pytest.raises(RetryableError, match="127"):
        Mailer(Choice(port=1), timeout=2).send(LETTER)


@pytest.mark.parametrize(
    "fields", [{"sender": "a@example.org\nBcc: evil@example.org"}, {"recipients": ("a@example.org\r\nX: y",)}]
)
def test_an_address_cannot_bring_a_header(fields):
    with pytest.raises(PermanentError, match="recipients"):
        Mailer(Choice(port=1, **fields)).send(LETTER)
