"""Nothing secret or personal leaves through a log: canaries in every part of a record."""

import gc
import io
import json
import logging
import re
import subprocess
import sys
import threading
import warnings
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.secret import Secret
from connector import logs, masking
from connector.masking import mask, protect, release


@dataclass(frozen=True)
class Choice:
    level: str = "debug"
    format: str = "text"


@pytest.fixture
def log():
    """The process's logging sent to a text by `set_up`; put back afterwards."""
    with warnings.catch_warnings():  # what an earlier test left behind must not speak in this one's log
        warnings.simplefilter("ignore")
        gc.collect()
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, threading.excepthook)
    levels = {name: logging.getLogger(name).level for name in logs._QUIET}
    stream = io.StringIO()

    def start(**choice):
        logs.set_up(Choice(**choice), stream=stream)
        return logging.getLogger("connector.test"), stream

    yield start
    logging.captureWarnings(False)
    root.handlers[:], root.level = before[0], before[1]
    sys.excepthook, threading.excepthook = before[2], before[3]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


digits = st.text("0123456789", min_size=7, max_size=7)
phones = st.tuples(st.sampled_from(["+7", "8", "7"]), st.sampled_from([" ", "-", ""]), digits).map(
    lambda p: f"{p[0]}{p[1]}(916){p[1]}{p[2][:3]}{p[1]}{p[2][3:5]}{p[1]}{p[2][5:]}"
)
emails = st.builds(
    lambda user, host: f"{user}@{host}.example.org",
    st.text("abcdefghijklmnopqrstuvwxyzабвгд0123456789", min_size=3, max_size=20),
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=10),
)


def snils(number, dashed):
    text = f"{number:09}"
    total = sum(int(digit) * weight for digit, weight in zip(text, range(9, 0, -1), strict=True))
    control = f"{total % 101 % 100:02}"
    return f"{text[:3]}-{text[3:6]}-{text[6:]} {control}" if dashed else text + control


snilses = st.builds(snils, st.integers(1_001_999, 999_999_998), st.booleans())
tokens = st.text("abcdefABCDEF0123456789", min_size=16, max_size=40).map(lambda text: f"Bearer {text}")
passwords = st.tuples(
    st.sampled_from(["password=", "client_secret: ", '"access_token": "', "пароль = ", "refresh_token="]),
    st.text("abcXYZ012!$%", min_size=6, max_size=20),
).map("".join)
canaries = st.one_of(phones, emails, snilses, tokens, passwords)
words = st.text("абвгд абвгд.,:", max_size=15)


def secret_part(canary):
    """What of a canary must not be seen: all of it but the name beside which a password stands."""
    named = re.fullmatch(r'(?:Bearer |[\w"]+ ?[=:] ?"?)(.+)', canary)
    return named[1] if named else canary


@given(words, canaries, words)
def test_what_can_be_told_by_its_form_is_hidden(before, canary, after):
    assert secret_part(canary) not in mask(f"{before} {canary} {after}")


def test_a_password_that_is_a_word_of_ours_uncovers_no_other():
    protect(Secret("secret"))
    try:
        assert "000000" not in mask("client_secret: 000000")
    finally:
        release(Secret("secret"))


@given(st.text(max_size=200))
def test_what_is_masked_stays_as_it_is_when_masked_again(text):
    once = mask(mask(text))
    assert mask(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "message 1000119 of cabinet 9001, round 2, key pos:9001:1000119:2",
        "file 3f2504e0-4f89-11d3-9a0c-0305e82c3301 stored as 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "2026-01-31T09:30:00.123456Z POST https://pos.example.org:8443/appeal-service/edms/17 HTTP 503",
        "code 0003.0009.0097.0689 OKTMO 45382000000 ОГ-12/2026 30 days 127.0.0.1:51234",
        "the platform refuses its id or password (HTTP 401)",
        "opaId is 5, but the settings of cabinet Управа say 77",
    ],
)
def test_what_an_engineer_needs_stays(text):
    assert mask(text) == text


def tellable(value):
    """Whether a password can be told from the words of any log."""
    return bool(value.strip("* ")) and value.casefold() not in masking._OWN_WORDS


@given(st.text(min_size=4, max_size=30).filter(tellable), words)
def test_a_registered_secret_is_hidden_however_it_is_spelled(value, around):
    from base64 import b64encode
    from urllib.parse import quote

    secret = Secret(value)
    protect(secret)
    try:
        raw = value.encode("utf-8", "replace")
        for spelled in (value, quote(raw, safe=""), json.dumps(value), repr(value), b64encode(raw).decode()):
            hidden = mask(f"{around}«{spelled}»{around}")
            assert "****" in hidden
            assert f"«{spelled}»" not in hidden
    finally:
        release(secret)


def test_a_secret_too_short_to_be_told_apart_hides_no_words():
    protect(Secret("a"), Secret(""))
    assert mask("a banana") == "a banana"


def fail(cause, text):
    raise RuntimeError(text) from ValueError(cause)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(canary=canaries, form=st.sampled_from(["text", "json"]))
def test_no_part_of_a_record_shows_a_canary(log, canary, form):
    logger, stream = log(format=form)
    stream.seek(0)
    stream.truncate()
    secret = Secret("correct-horse-battery")
    protect(secret)
    logger.info("in the message %s and %s", canary, secret.reveal())
    logger.warning("in a mapping %(who)s", {"who": canary})
    logger.info("arguments that do not fit %d", canary)
    logger.info(f"in extra fields {canary}", extra={"who": canary, "seen": {"deep": [canary]}})  # noqa: G004
    try:
        fail(canary, f"{canary} {secret.reveal()}")
    except RuntimeError:
        logger.exception("in an exception", stack_info=True)
    written = stream.getvalue()
    assert secret_part(canary) not in written
    assert "correct-horse-battery" not in written
    assert "RuntimeError" in written
    assert "ValueError" in written
    release(secret)


def test_json_lines_are_one_object_each(log):
    logger, stream = log(format="json")
    logger.info("first\nline", extra={"cabinet": 101})
    try:
        fail("no disk", "x")
    except RuntimeError:
        logger.exception("second")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["message"], first["level"], first["cabinet"]) == ("first\nline", "info", 101)
    assert "no disk" in second["exception"]
    assert second["at"].endswith("Z")


def test_a_message_cannot_forge_a_line_or_move_the_cursor(log):
    logger, stream = log()
    logger.info("one\n2026-01-01T00:00:00Z ERROR forged \x1b[2J")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_libraries_are_quiet_and_warnings_are_logged(log):
    import warnings

    logger, stream = log(level="info")
    logging.getLogger("httpx").info("HTTP Request: GET https://pos.example.org")
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    logger.debug("not asked for")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("something is deprecated", stacklevel=1)
    assert "HTTP Request" not in stream.getvalue()
    assert "SELECT" not in stream.getvalue()
    assert "not asked for" not in stream.getvalue()
    assert "something is deprecated" in stream.getvalue()


def test_systemds_journal_gets_priorities_instead_of_times():
    made = logging.makeLogRecord({"msg": "x", "levelno": logging.ERROR, "levelname": "ERROR", "name": "n"})
    made.exc_text = "Traceback\nlines"
    text = logs.PlainFormatter(journal=True).format(made)
    assert text.splitlines() == ["<3>ERROR n: x", "<3>Traceback", "<3>lines"]


UNCAUGHT = """
import logging, sys, threading
from types import SimpleNamespace
from config.secret import Secret
from connector import logs
from connector.masking import protect
protect(Secret("correct-horse-battery"))
logs.set_up(SimpleNamespace(level="info", format="text"))
def fail():
    raise RuntimeError("canary@example.org correct-horse-battery")
thread = threading.Thread(target=fail, name="worker-1")
thread.start()
thread.join()
fail()
"""


def test_an_exception_that_nobody_caught_is_masked_too():
    command = [sys.executable, "-c", UNCAUGHT]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=180)
    assert ended.returncode == 1
    assert ended.stderr.count("RuntimeError: **** ****") == 2
    assert "worker-1" in ended.stderr
    assert "canary@" not in ended.stderr
    assert "correct-horse" not in ended.stderr.replace('protect(Secret("correct-horse-battery"))', "")
