"""Keys in files: every form of the private number, round trips, OpenSSL's own files, and what is refused."""

import subprocess
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smev.errors import InputError, SmevError, UnsupportedError
from smev.gost import PrivateKey, Scheme, der, keyfile, pem
from smev.gost import der_write as write
from smev.gost.curves import CURVE_BY_OID

CURVES = [
    (scheme, oid)
    for oid, curve in CURVE_BY_OID.items()
    for scheme in Scheme
    if scheme.size == curve.size and not (scheme is Scheme.GOST2001 and oid.startswith("1.2.643.7."))
]
KEY = PrivateKey(Scheme.GOST2012_256, "1.2.643.2.2.36.0", 0x1234567890ABCDEF << 190)


@given(which=st.sampled_from(CURVES), data=st.data())
def test_keys_survive_being_written(which, data):
    scheme, oid = which
    key = PrivateKey(scheme, oid, data.draw(st.integers(1, CURVE_BY_OID[oid].q - 1)))
    assert keyfile.load_private(keyfile.private_to_der(key)) == key


@pytest.mark.parametrize(("scheme", "oid"), CURVES)
def test_public_keys_survive_being_written(scheme, oid):
    public = PrivateKey(scheme, oid, 3).public()
    assert keyfile.public_from_der(der.parse(keyfile.public_to_der(public))) == public


def with_number(content):
    """A PKCS#8 file of KEY with the private number written another way."""
    fields = der.parse(keyfile.private_to_der(KEY)).fields()
    version, algorithm = fields.take().raw, fields.take().raw
    return write.sequence(version, algorithm, write.octets(content))


def test_every_form_of_the_private_number_is_read():
    bare = KEY.d.to_bytes(32, "little")
    mask = 0xABCDEF << 100
    masked = KEY.d * pow(mask, -1, KEY.curve.q) % KEY.curve.q
    split = masked.to_bytes(32, "little") + mask.to_bytes(32, "little")
    for content in (bare, write.octets(bare), write.integer(KEY.d), split, write.octets(split)):
        assert keyfile.load_private(with_number(content)) == KEY


def test_pem_and_der_are_the_same():
    der_form = keyfile.private_to_der(KEY)
    assert keyfile.load_private(b"Bag Attributes\n" + pem.dump("PRIVATE KEY", der_form)) == KEY


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [
        (
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
            UnsupportedError,
            "key-encrypted",
        ),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", InputError, "pem-other"),
        (b"-----BEGIN PRIVATE KEY-----\nAAA\n-----END PRIVATE KEY-----", InputError, "pem-malformed"),
        (b"-----BEGIN PRIVATE KEY-----", InputError, "pem-other"),
        (b"", InputError, "asn1-malformed"),
        (with_number(b"\x01" * 7), InputError, "asn1-malformed"),
        (with_number(b""), InputError, "key-malformed"),
        (with_number(b"\0" * 32), InputError, "key-malformed"),
        (with_number(b"\xff" * 32), InputError, "key-malformed"),
    ],
)
def test_broken_keys_are_named(data, error, code):
    with pytest.raises(error) as caught:
        keyfile.load_private(data)
    assert caught.value.code == code


def test_other_kinds_of_keys_are_named():
    rsa = write.sequence(write.sequence(write.oid("1.2.840.113549.1.1.1"), write.null()), write.bits(b"\0"))
    with pytest.raises(UnsupportedError) as caught:
        keyfile.public_from_der(der.parse(rsa))
    assert caught.value.code == "key-algorithm"


@pytest.mark.parametrize("where", range(0, 60, 3))
def test_a_damaged_key_file_is_an_error_of_ours_or_another_key(where):
    data = bytearray(keyfile.private_to_der(KEY))
    data[where] ^= 0x55
    with suppress(SmevError):
        unread = 28 <= where < 38 or where < 5  # the name of the digest, the version
        assert keyfile.load_private(bytes(data)) != KEY or unread


@pytest.mark.parametrize(
    ("algorithm", "parameters"),
    [
        ("gost2012_256", "A"),
        ("gost2012_256", "TCA"),
        ("gost2012_512", "A"),
        ("gost2012_512", "C"),
        ("gost2001", "XA"),
    ],
)
def test_openssl_writes_the_same_keys(openssl, tmp_path, algorithm, parameters):
    private, public = tmp_path / "key.pem", tmp_path / "public.pem"
    run("genpkey", "-algorithm", algorithm, "-pkeyopt", f"paramset:{parameters}", "-out", private)
    run("pkey", "-in", private, "-pubout", "-out", public)
    ours = keyfile.public_to_der(keyfile.load_private(private.read_bytes()).public())
    assert pem.load(public.read_bytes(), "PUBLIC KEY") == [ours]


def run(*arguments):
    subprocess.run(
        ["openssl", arguments[0], "-engine", "gost", *arguments[1:]], check=True, capture_output=True
    )
