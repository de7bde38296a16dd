"""Signing by a token over PKCS#11: a token of our own in C that knows GOST, and SoftHSM, which does not."""

import shutil
import subprocess
from pathlib import Path

import pytest

from smev.client import build
from smev.client.settings import KeySettings
from smev.errors import SetupError, SigningError
from smev.gost.signer import CheckedSigner
from smev.gost.token import TokenSigner
from smev.gost.token_uri import TokenKey, parse

pkcs11 = pytest.importorskip("pkcs11", reason="the extra pkcs11 is not installed")
SOURCE = Path(__file__).with_name("token_module.c")
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")


@pytest.fixture(scope="session")
def module(tmp_path_factory):
    """The token's library, compiled; skips by name where there is no compiler or no OpenSSL to build with."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here for the token of the tests")
    built = tmp_path_factory.mktemp("token") / "token.so"
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-lcrypto"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the token of the tests does not compile here: {done.stderr[-300:]}")
    return built


class Token:
    """What the token holds; a change is seen when the library starts anew."""

    def __init__(self, module, path):
        self.module, self.path = module, path
        self.uri = f"pkcs11:token=test%20token?module-path={module}"

    def holds(self, *rows, arrangement=0, pin="1234"):
        lines = [pin, str(arrangement)]
        for label, identifier, signer, certified in rows:
            key, curve = signer._key, signer._key.curve
            numbers = (curve.p, curve.a, curve.b, curve.q, curve.x, curve.y, key.d)
            der = signer.certificate.raw.hex() if certified else "-"
            lines += [label, identifier, str(curve.size), *(f"{one:x}" for one in numbers), der]
        self.path.write_text("\n".join(lines))

    def tries(self):
        return int(self.path.with_name("token.tries").read_text())

    def pull_out(self):
        self.path.with_name("token.out").touch()

    def put_back(self):
        self.path.with_name("token.out").unlink()

    def signer(self, provider, *, uri="", pin="1234", **more):
        return TokenSigner(parse(uri or self.uri), lambda: pin, provider, **more)


@pytest.fixture
def token(module, tmp_path, monkeypatch):
    path = tmp_path / "token"
    monkeypatch.setenv("SEDLINK_TEST_TOKEN", str(path))
    yield Token(module, path)
    pkcs11.unload(str(module))


@pytest.mark.parametrize("arrangement", [0, 1, 2])
@pytest.mark.parametrize("size", [256, 512])
def test_a_token_signs_whatever_way_it_writes_signatures(token, pure, signer, signer_512, size, arrangement):
    one = signer if size == 256 else signer_512
    token.holds(("key", "0102", one, True), arrangement=arrangement)
    checked = CheckedSigner(token.signer(pure), pure)
    assert checked.certificate == one.certificate
    for octets in (b"", b"octets"):
        assert len(checked.sign(octets)) == size // 4


def test_a_key_is_chosen_by_its_name_or_number(token, pure, signer, make_signer):
    other = make_signer()
    token.holds(("mine", "01", signer, True), ("other", "a0ff", other, True))
    assert token.signer(pure, uri=f"pkcs11:object=other?module-path={token.module}").certificate == (
        other.certificate
    )
    by_id = f"pkcs11:serial=0001;id=%01?module-path={token.module}"
    assert token.signer(pure, uri=by_id).certificate == signer.certificate
    with pytest.raises(SetupError) as caught:
        token.signer(pure)
    assert caught.value.fields == {
        "count": 2, "key": "*", "found": "object=mine;id=01; object=other;id=a0ff"
    }  # fmt: skip


def test_the_certificate_of_a_file_stands_for_the_tokens_own(token, pure, signer, make_signer):
    token.holds(("key", "01", signer, False))
    with pytest.raises(SetupError, match="0 certificates"):
        token.signer(pure)
    assert token.signer(pure, certificate=signer.certificate).sign(b"octets")
    foreign = token.signer(pure, certificate=make_signer().certificate)
    with pytest.raises(SigningError) as caught:
        foreign.sign(b"octets")
    assert caught.value.code == "signature-foreign"


def test_a_wrong_pin_is_tried_once_and_the_last_try_is_left_to_a_person(token, pure, signer):
    token.holds(("key", "01", signer, True))
    for tries in (1, 2):
        with pytest.raises(SetupError) as caught:
            token.signer(pure, pin="4321")
        assert (caught.value.code, token.tries()) == ("token-pin", tries)
    with pytest.raises(SetupError) as caught:
        token.signer(pure)  # the right one, but nobody can know
    assert (caught.value.code, token.tries()) == ("token-pin-last", 2)


def test_a_token_that_was_pulled_out_is_found_again(token, pure, signer):
    token.holds(("key", "01", signer, True))
    pins = ["1234"]
    held = TokenSigner(parse(token.uri), lambda: pins[-1], pure)
    assert held.sign(b"octets")
    token.pull_out()
    with pytest.raises(SetupError) as caught:
        held.sign(b"octets")
    assert caught.value.code == "token-choice"
    token.put_back()
    assert held.sign(b"octets")
    token.pull_out()
    with pytest.raises(SetupError):
        held.sign(b"octets")
    token.put_back()
    pins.append("4321")
    for _attempt in range(3):  # a PIN that the token does not take is tried once
        with pytest.raises(SetupError) as caught:
            held.sign(b"octets")
        assert (caught.value.code, token.tries()) == ("token-pin", 1)


def test_two_keys_of_one_token_sign_side_by_side(token, pure, signer, signer_512):
    token.holds(("a", "01", signer, True), ("b", "02", signer_512, True))
    first, second = (
        CheckedSigner(token.signer(pure, uri=f"pkcs11:object={name}?module-path={token.module}"), pure)
        for name in "ab"
    )
    assert [len(one.sign(b"octets")) for one in (first, second, first)] == [64, 128, 64]


def test_settings_name_the_token_and_where_its_pin_is(token, pure, signer):
    token.holds(("key", "01", signer, True))
    keys = KeySettings(token=token.uri, pin="env:PIN_OF_THE_TESTS")
    made = build.signer(keys, pure, {"env:PIN_OF_THE_TESTS": "1234"}.__getitem__)
    assert len(made.sign(b"octets")) == 64
    with pytest.raises(SetupError, match="PIN_OF_THE_TESTS"):
        build.signer(keys, pure)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("pkcs11:token=a", "module-path"),
        ("pkcs11:token=a?module-path=/m.so&pin-value=1234", "pin-value"),
        ("pkcs11:token=a;pin-source=file:/p?module-path=/m.so", "pin-source"),
        ("pkcs11:slot=1?module-path=/m.so", "slot"),
        ("pkcs11:type=public?module-path=/m.so", "type"),
        ("pkcs11:token?module-path=/m.so", "token"),
    ],
)
def test_an_address_that_is_wrong_says_where(uri, said):
    with pytest.raises(SetupError, match=said) as caught:
        parse(uri)
    assert "1234" not in str(caught.value)


def test_an_address_is_read_as_the_standard_writes_it():
    found = parse("pkcs11:token=%D0%A1%D0%AD%D0%94;object=a%3Bb;id=%00%ff;type=private?module-path=/l%20b.so")
    assert found == TokenKey(Path("/l b.so"), token="СЭД", label="a;b", id=b"\x00\xff")


def test_a_module_that_is_none_is_named(pure, tmp_path):
    with pytest.raises(SetupError) as caught:
        TokenSigner(TokenKey(tmp_path / "none.so"), None, pure)
    assert caught.value.code == "token-module"


# ---- SoftHSM: somebody else's token, without GOST in Debian's build


@pytest.fixture
def softhsm(tmp_path, monkeypatch):
    tool = shutil.which("softhsm2-util")
    if tool is None or not SOFTHSM.exists():
        pytest.skip("SoftHSM is absent here (Debian: softhsm2)")
    (tmp_path / "tokens").mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    command = [tool, "--init-token", "--free", "--label", "soft", "--so-pin", "12345678", "--pin", "1234"]
    subprocess.run(command, check=True, capture_output=True)
    yield TokenKey(SOFTHSM, token="soft")
    pkcs11.unload(str(SOFTHSM))


def test_softhsm_lets_us_in_and_has_no_gost_key(softhsm, pure):
    with pytest.raises(SetupError) as caught:
        TokenSigner(softhsm, lambda: "1234", pure)
    assert (caught.value.code, caught.value.fields["count"]) == ("token-key", 0)


def test_softhsm_refuses_a_wrong_pin_and_names_its_tokens(softhsm, pure):
    with pytest.raises(SetupError) as caught:
        TokenSigner(softhsm, lambda: "9999", pure)
    assert caught.value.code == "token-pin"
    with pytest.raises(SetupError) as caught:
        TokenSigner(TokenKey(SOFTHSM, token="hard"), lambda: "1234", pure)
    assert caught.value.fields == {"count": 0, "token": "hard", "found": "soft"}
