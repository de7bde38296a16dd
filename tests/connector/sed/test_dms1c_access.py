"""How 1С is reached: credentials, NTLM, TLS, its own description of itself, wrong settings."""

import base64

import pytest
from werkzeug.wrappers import Response

from config.secret import Secret
from connector.errors import AuthError, PermanentError, RetryableError
from connector.sed.dms1c import Dms1cSettings, build
from connector.sed.dms1c.schema import EXTERNAL, Schema
from connector.sed.dms1c.wire import Wire
from stand.dms1c.xmlform import answer as answered
from stand.dms1c.xmlform import el, wsdl
from tests.certificates import self_signed
from tests.connector.sed.dms1c_peer import StandDms1c, adapter, answering

FILE = "3f0f6a52-93c5-4f51-8b3c-0d7bb0a4d999"


@pytest.fixture
def peer():
    with StandDms1c() as peer:
        yield peer


@pytest.mark.parametrize("user", ["Обмен ПОС", "exchange"])
def test_names_and_passwords_of_any_letters(user):
    with StandDms1c() as peer:
        peer.server.app.user, peer.server.app.password = user, "Пароль№1:äö"
        assert peer.sed().check().ok


def test_only_a_trusted_certificate_gets_the_password(tmp_path):
    good, authority = self_signed(tmp_path, "good", "127.0.0.1")
    _other, stranger = self_signed(tmp_path, "other", "127.0.0.1")
    with answering(lambda _request: Response("", 401), tls=good) as (url, asked):
        for trusted in ({}, {"ca_file": stranger}):
            with pytest.raises(RetryableError, match="ca_file"):
                adapter(url, **trusted).find("pos:1:1:1")
        assert asked == []
        with pytest.raises(AuthError):
            adapter(url, ca_file=authority).find("pos:1:1:1")
        assert asked


def test_a_redirect_is_not_followed():
    def elsewhere(_request):
        return Response("", 307, headers={"Location": "http://127.0.0.1:9/"})

    with answering(elsewhere) as (url, asked), pytest.raises(RetryableError, match="307"):
        adapter(url).find("pos:1:1:1")
    assert len(asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
    ],
)
def test_garbage_is_no_answer(body):
    with answering(lambda _request: Response(body, content_type="text/xml")) as (url, _asked):
        sed = adapter(url)
        with pytest.raises(RetryableError):
            sed.find("pos:1:1:1")
        with (
            pytest.raises((RetryableError, PermanentError)),
            sed.open_file(FILE),
        ):
            pytest.fail("it opened something")


def test_ntlm_by_a_real_handshake(tmp_path, monkeypatch):
    spnego = pytest.importorskip("spnego")
    pytest.importorskip("requests_ntlm")
    (tmp_path / "users").write_text("DOMAIN:exchange:right\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "users"))
    contexts, known = {}, set()

    def answer(request):
        peer = request.environ["REMOTE_PORT"]
        told = request.headers.get("Authorization", "")
        if peer not in known and not told.startswith("NTLM "):
            return Response("", 401, headers={"WWW-Authenticate": "NTLM"})
        if told.startswith("NTLM "):
            context = contexts.setdefault(
                peer, spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
            )
            try:
                token = context.step(base64.b64decode(told[5:]))
            except spnego.exceptions.SpnegoError:
                return Response("", 401)
            if not context.complete:
                return Response(
                    "", 401, headers={"WWW-Authenticate": f"NTLM {base64.b64encode(token).decode()}"}
                )
            known.add(peer)
        return Response(
            answered("DMGetObjectListResponse", [el("tooManyObjects", "false")]), content_type="text/xml"
        )

    with answering(answer) as (url, _asked):
        assert (
            adapter(url, auth="ntlm", user="DOMAIN\\exchange", password=Secret("right")).find("pos:1:1:1")
            is None
        )
        with pytest.raises(AuthError):
            adapter(url, auth="ntlm", user="DOMAIN\\exchange", password=Secret("wrong")).find("pos:1:1:1")


# -- the service's own WSDL


def test_its_wsdl_is_used_when_it_answers_and_ours_when_it_does_not(peer):
    def sentences(sed):
        return [one.sentence for one in sed.check().findings if one.what == "wsdl"]

    assert sentences(peer.sed(wsdl="auto")) == ["the service's own WSDL is used"]
    assert sentences(peer.sed(wsdl="own")) == ["our minimal WSDL is used"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace(b"DMAddFileRequest", b"DMOtherRequest"),
        lambda text: text[: len(text) // 2],
        lambda text: b"<!DOCTYPE definitions [<!ENTITY a 'b'>]>" + text.partition(b"?>")[2],
        lambda text: text.replace(
            b"<types>",
            b'<import namespace="http://other" location="http://other.example.org/a.wsdl"/><types>',
        ),
        lambda _text: b"",
    ],
)
def test_a_wsdl_that_is_of_no_use_is_not_used_and_leads_nowhere(spoil):
    asked = []

    def fetch(url, call):
        asked.append(url)
        if "other" in url:
            return Wire(Dms1cSettings(url="http://127.0.0.1/a", user="u", password=Secret("p"))).get(
                url, call
            )
        return spoil(wsdl())

    schema = Schema("auto", "http://127.0.0.1/ws/dm.1cws", fetch)
    assert schema.make("DMObjectID", id="1", type="DMFile").id == "1"
    assert not schema.is_servers
    assert schema.why_own


def test_names_that_nobody_published_are_found_by_the_fields_that_hold_them():
    text = wsdl().replace(b"DMExternalObject", b"Reference").replace(b"DMObjectListQuery", b"Selection")
    schema = Schema("auto", "http://127.0.0.1/ws/dm.1cws", lambda _url, _call: text)
    assert schema.part(EXTERNAL, id="1", type="t").id == "1"
    assert schema.is_servers


@pytest.mark.parametrize("choice", ["auto", "server"])
def test_a_server_that_is_away_is_asked_for_its_wsdl_again(choice):
    answers = [RetryableError("away"), AuthError("who"), wsdl()]

    def fetch(_url, _call):
        told = answers.pop(0)
        if isinstance(told, Exception):
            raise told
        return told

    schema = Schema(choice, "http://127.0.0.1/ws/dm.1cws", fetch)
    for error in (RetryableError, AuthError):
        with pytest.raises(error):
            schema.make("DMObjectID", id="1", type="DMFile")
    schema.make("DMObjectID", id="1", type="DMFile")
    assert schema.is_servers


# -- settings


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"url": "http://1c.example.org/ws/dm.1cws"}, "url: http"),
        ({"url": "https://u:p@1c.example.org/ws"}, "url: credentials"),
        ({"url": "1c.example.org"}, "url"),
        ({"user": " "}, "user"),
        ({"password": "plain"}, "password"),
        ({"card_properties": {"А": "files", "Б": "нет"}}, "card_properties"),
        ({"card_properties": {"А": "number"}}, "card_properties"),
        ({"question_properties": {"А": "status"}}, "question_properties"),
        ({"next_question": "{name}"}, "next_question"),
        ({"look_back": 0}, "look_back"),
        ({"list_limit": 100, "list_limit_most": 10}, "list_limit_most"),
        ({"zone": "Нет/Такого"}, "zone"),
        ({"ca_file": "nothing.pem"}, "ca_file"),
        ({"folders": "x"}, "folders"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, monkeypatch, settings, named):
    monkeypatch.setenv("DM_PASSWORD", "x")
    section = {"url": "https://1c.example.org/ws/dm.1cws", "user": "u", "password": "env:DM_PASSWORD"}
    assert build(section, tmp_path)
    with pytest.raises(ValueError, match=named):
        build({**section, **settings}, tmp_path)
