"""The commands on files and standard input: output, exit codes, both languages."""

import base64
import json
import re

import pytest
from typer.testing import CliRunner

from config.i18n import speaking
from smev.commands import app
from smev.gost import Digest, digest, keyfile, pem
from smev.signature import sign
from smev.signature.octets import transformed

MESSAGE = (
    b'<t:AckRequest xmlns:t="urn://x-artefacts-smev-gov-ru/services/message-exchange/types/1.3" '
    b'xmlns:b="urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/1.3">'
    b'<b:AckTargetMessage Id="ACK" accepted="true">9d2c3a56-0000-11ee-8000-000000000002</b:AckTargetMessage>'
    b"</t:AckRequest>"
)


@pytest.fixture
def run():
    runner = CliRunner()

    def invoke(*arguments, stdin=b"", language="en"):
        with speaking(language):
            return runner.invoke(app, [str(argument) for argument in arguments], input=stdin)

    return invoke


@pytest.fixture
def folder(tmp_path, signer):
    (tmp_path / "plain.xml").write_bytes(MESSAGE)
    (tmp_path / "good.xml").write_bytes(sign(MESSAGE, signer))
    (tmp_path / "bad.xml").write_bytes(sign(MESSAGE, signer).replace(b"0000-11ee", b"1111-11ee"))
    (tmp_path / "broken.xml").write_bytes(b"<a")
    (tmp_path / "key.pem").write_bytes(pem.dump("PRIVATE KEY", keyfile.private_to_der(signer._key)))
    (tmp_path / "cert.pem").write_bytes(pem.dump("CERTIFICATE", signer.certificate.raw))
    return tmp_path


def test_a_good_message(run, folder):
    result = run("verify", folder / "good.xml")
    assert result.exit_code == 0
    for text in (
        "caller: ok",
        "AckTargetMessage #ACK",
        "CN=Test system",
        "gost2012-256",
        "2025-01-01 … 2035-01-01",
    ):
        assert text in result.stdout
    assert "DOES NOT HOLD" not in result.stdout


def test_every_file_is_checked_whatever_the_others_are(run, folder):
    names = ["good.xml", "bad.xml", "broken.xml", "plain.xml", "absent.xml"]
    result = run("verify", *(folder / name for name in names), "--json")
    assert result.exit_code == 1
    found = {entry["file"].rpartition("/")[2]: entry for entry in json.loads(result.stdout)}
    assert [found[name]["ok"] for name in names] == [True, False, False, False, False]
    [bad] = found["bad.xml"]["signatures"]
    assert (bad["digest_ok"], bad["signature_ok"]) == (False, True)
    assert found["broken.xml"]["error"]["code"] == "xml-refused"
    assert found["plain.xml"]["signatures"][0]["error"]["code"] == "signature-absent"
    assert found["absent.xml"]["error"]["code"] == "file-unreadable"


def test_standard_input_and_an_unsigned_answer(run, folder):
    assert run("verify", "-", stdin=(folder / "good.xml").read_bytes()).exit_code == 0
    empty = MESSAGE.split(b">")[0].replace(b"AckRequest", b"GetRequestResponse") + b"/>"
    result = run("verify", "-", stdin=empty)
    assert result.exit_code == 1
    assert "no signatures" in result.stdout


def test_the_store_and_the_moment(run, folder):
    good, store = folder / "good.xml", folder / "cert.pem"
    assert "is in the store" in run("verify", good, "--store", store, "--at", "2026-01-01").stdout
    late = run("verify", good, "--store", store, "--at", "2040-01-01")
    assert late.exit_code == 1
    assert "has expired" in late.stdout
    assert "not valid at this moment" in late.stdout
    assert run("verify", good, "--store", folder / "none").exit_code == 1


def test_what_is_wrong_is_said_in_russian(run, folder):
    result = run("verify", folder / "plain.xml", language="ru")
    assert re.search("[а-яё]", result.stdout)
    assert "DOES NOT HOLD" not in result.stdout


@pytest.mark.parametrize("backend", ["python", "openssl"])
def test_sign_and_verify(request, run, folder, backend):
    request.getfixturevalue("openssl" if backend == "openssl" else "pure")
    keys = ("--key", folder / "key.pem", "--cert", folder / "cert.pem", "--backend", backend)
    out = folder / "signed.xml"
    assert run("sign", folder / "plain.xml", *keys, "-o", out).exit_code == 0
    assert run("verify", out, "--backend", backend).exit_code == 0
    piped = run("sign", "-", *keys, stdin=MESSAGE)
    assert run("verify", "-", stdin=piped.stdout_bytes).exit_code == 0


def test_sign_by_a_command(openssl, run, folder):
    command = (
        f"openssl dgst -engine gost -md_gost12_256 -sign {folder / 'key.pem'} -out {{signature}} {{data}}"
    )
    result = run("sign", folder / "plain.xml", "--cert", folder / "cert.pem", "--command", command)
    assert run("verify", "-", stdin=result.stdout_bytes).exit_code == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 2),
        (("--key", "key.pem", "--command", "x"), 2),
        (("--key", "key.pem", "--place", "smev"), 2),
        (("--key", "key.pem", "--place", "personal"), 1),
        (("--key", "cert.pem"), 1),
        (("--key", "absent.pem"), 1),
        (("--command", "no-such-program {data}"), 1),
        (("--key", "key.pem", "--backend", "nothing"), 1),
        (("--key", "key.pem", "--output", "absent/folder/out.xml"), 1),
    ],
)
def test_exit_codes_of_sign(run, folder, monkeypatch, options, code):
    monkeypatch.chdir(folder)
    result = run("sign", "plain.xml", "--cert", "cert.pem", *options)
    assert result.exit_code == code
    assert result.stderr


def test_transform(run, folder, signer):
    whole = run("transform", folder / "good.xml")
    part = run("transform", "-", "--id", "ACK", stdin=(folder / "good.xml").read_bytes())
    assert whole.stdout_bytes == transformed((folder / "good.xml").read_bytes())
    assert part.stdout_bytes.startswith(b"<ns1:AckTargetMessage xmlns:ns1=")
    assert run("transform", folder / "good.xml", "--id", "NONE").exit_code == 1
    assert run("transform", folder / "broken.xml").exit_code == 1


@pytest.mark.parametrize("algorithm", list(Digest))
def test_digest(run, folder, pure, algorithm):
    value = digest(pure, algorithm, MESSAGE)
    path = folder / "plain.xml"
    assert (
        run("digest", path, "--algorithm", algorithm).stdout
        == f"{base64.b64encode(value).decode()}  {path}\n"
    )
    assert (
        run("digest", "-", "--algorithm", algorithm, "--hex", stdin=MESSAGE).stdout == f"{value.hex()}  -\n"
    )


def test_digest_as_json_and_wrong_calls(run, folder):
    result = run("digest", folder / "plain.xml", folder / "good.xml", "--json")
    assert len(json.loads(result.stdout)) == 2
    assert run("digest", folder / "absent").exit_code == 1
    assert run("digest", folder / "plain.xml", "--algorithm", "md5").exit_code == 2
    assert run("digest").exit_code == 2
