"""Signers: keys in memory and external commands, and everything that can go wrong with a command."""

import sys
from datetime import UTC, datetime

import pytest

from smev.errors import InputError, SetupError, SigningError, UnsupportedError
from smev.gost import Scheme, issue, keyfile, pem, provider
from smev.gost.command import CommandSigner
from smev.gost.signer import CheckedSigner, KeySigner

DATES = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC))
SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from smev.gost import Scheme, digest, keyfile, provider
form, key, data, *output = sys.argv[1:]
key, gost = keyfile.load_private(Path(key).read_bytes()), provider("python")
value = gost.sign(key, digest(gost, key.scheme.digest, Path(data).read_bytes()))
import base64
written = {"raw": value, "reversed": value[::-1], "hex": value.hex().encode(),
           "base64": base64.encodebytes(value), "base64-reversed": base64.b64encode(value[::-1])}[form]
Path(output[0]).write_bytes(written) if output else sys.stdout.buffer.write(written)
"""


@pytest.fixture
def key_file(signer, tmp_path):
    path = tmp_path / "key.pem"
    path.write_bytes(pem.dump("PRIVATE KEY", keyfile.private_to_der(signer._key)))
    return path


@pytest.mark.parametrize("form", ["raw", "reversed", "hex", "base64", "base64-reversed"])
@pytest.mark.parametrize("output", [["{signature}"], []])
def test_a_command_signs_in_every_form(signer, pure, key_file, form, output):
    command = [sys.executable, "-c", SCRIPT, form, str(key_file), "{data}", *output]
    checked = CheckedSigner(CommandSigner(command, signer.certificate, form=form), pure)
    assert len(checked.sign(b"octets")) == 64


def test_openssl_as_the_command(openssl, signer, pure, key_file):
    command = ["openssl", "dgst", "-engine", "gost", "-md_gost12_256", "-sign", str(key_file), "-out",
               "{signature}", "{data}"]  # fmt: skip
    assert len(CheckedSigner(CommandSigner(command, signer.certificate), pure).sign(b"octets")) == 64


@pytest.mark.parametrize(
    ("command", "error", "code"),
    [
        (["no-such-program-here", "{data}"], SetupError, "command-absent"),
        ([sys.executable, "-c", "raise SystemExit('no token')", "{data}"], SigningError, "command-failed"),
        ([sys.executable, "-c", "print('not a signature')", "{data}"], SigningError, "command-answer"),
        ([sys.executable, "-c", "import time; time.sleep(60)", "{data}"], SigningError, "command-timeout"),
    ],
)
def test_what_goes_wrong_is_named(signer, command, error, code):
    with pytest.raises(error) as caught:
        CommandSigner(command, signer.certificate, timeout=1).sign(b"octets")
    assert caught.value.code == code
    if code == "command-failed":
        assert "no token" in str(caught.value)


def test_settings_that_cannot_work_are_refused_at_once(signer):
    with pytest.raises(SetupError) as caught:
        CommandSigner(["sign"], signer.certificate)
    assert caught.value.code == "command-template"
    with pytest.raises(SetupError) as caught:
        CommandSigner(["sign", "{data}"], signer.certificate, form="backwards")
    assert caught.value.code == "command-form"


def test_a_foreign_signature_does_not_leave(signer, make_signer, pure):
    class Mixed:
        certificate = signer.certificate
        sign = staticmethod(make_signer().sign)

    with pytest.raises(SigningError) as caught:
        CheckedSigner(Mixed(), pure).sign(b"octets")
    assert caught.value.code == "signature-foreign"


def test_key_and_certificate_must_belong_together(signer, fast):
    with pytest.raises(SetupError) as caught:
        KeySigner(issue.new_key(), signer.certificate, fast)
    assert caught.value.code == "key-mismatch"


def test_old_keys_and_authorities_do_not_sign(fast, make_signer):
    with pytest.raises(UnsupportedError) as caught:
        make_signer(Scheme.GOST2001)
    assert caught.value.code == "scheme-retired"
    key, name = issue.new_key(), issue.name(CN="Authority")
    held = issue.certify(key.public(), name, key, name, fast, dates=DATES, authority=True)
    with pytest.raises(InputError) as caught:
        KeySigner(key, held, fast)
    assert caught.value.code == "certificate-usage"


def test_backends_by_name():
    assert provider("python").name == "python"
    assert provider("auto").name in ("openssl", "python")
    with pytest.raises(SetupError) as caught:
        provider("gostlib")
    assert caught.value.code == "backend-unknown"


def test_a_machine_without_the_engine_is_told_so(monkeypatch):
    from smev.gost import libcrypto

    monkeypatch.setattr(libcrypto, "_NAMES", ("libnone.so",))
    monkeypatch.setattr("ctypes.util.find_library", lambda _name: None)
    with pytest.raises(SetupError) as caught:
        libcrypto.load()
    assert caught.value.code == "engine-absent"
