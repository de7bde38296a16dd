"""Detached CMS: made here and by OpenSSL, read as DER and BER, broken ones."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smev.errors import InputError, SmevError, UnsupportedError
from smev.gost import cms, der, digest, keyfile, pem
from smev.gost import der_write as write

CONTENT = b"attached bytes"


def made(signer, now, fast):
    scheme = signer.certificate.key.scheme
    return cms.create(digest(fast, scheme.digest, CONTENT), signer, now)


def as_ber(node):
    """Write the element again with indefinite lengths wherever BER allows one."""
    if not node.tag & 0x20 or (node.tag == der.CONTEXT_0 and node.raw[4:6] == b"\x30\x82"):
        return node.raw  # a primitive, or the certificates: those stay as their issuer signed them
    return bytes((node.tag, 0x80)) + b"".join(map(as_ber, node.children())) + b"\0\0"


@pytest.mark.parametrize("which", ["signer", "signer_512"])
@pytest.mark.parametrize("form", ["der", "ber"])
def test_what_is_made_is_read_and_holds(request, pure, fast, now, which, form):
    signer = request.getfixturevalue(which)
    data = made(signer, now, fast)
    data = as_ber(der.parse(data)) if form == "ber" else data
    [signature] = cms.load(data).signatures
    assert signature.certificate == signer.certificate
    assert signature.signing_time == now
    assert signature.message_digest == digest(pure, signature.digest, CONTENT)
    assert signature.verify(pure)


def test_openssl_reads_ours(openssl, signer, now, tmp_path):
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "signature").write_bytes(made(signer, now, openssl))
    run("cms", "-verify", "-inform", "DER", "-in", tmp_path / "signature", "-content", tmp_path / "content",
        "-noverify", "-binary")  # fmt: skip


@pytest.mark.parametrize("options", [[], ["-noattr"], ["-keyid"], ["-stream"]])
def test_we_read_openssls(openssl, pure, signer, tmp_path, options):
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "key.pem").write_bytes(pem.dump("PRIVATE KEY", keyfile.private_to_der(signer._key)))
    (tmp_path / "cert.pem").write_bytes(pem.dump("CERTIFICATE", signer.certificate.raw))
    run("cms", "-sign", "-binary", "-md", "md_gost12_256", "-inkey", tmp_path / "key.pem", "-signer",
        tmp_path / "cert.pem", "-in", tmp_path / "content", "-outform", "DER", "-out", tmp_path / "signed",
        *options)  # fmt: skip
    [signature] = cms.load((tmp_path / "signed").read_bytes()).signatures
    assert signature.verify(pure, digest(pure, signature.digest, CONTENT))
    if options == ["-noattr"]:
        assert signature.message_digest is None
        assert not signature.verify(pure, digest(pure, signature.digest, b"other"))
        assert not signature.verify(pure)


def run(*arguments):
    subprocess.run(
        ["openssl", arguments[0], "-engine", "gost", *arguments[1:]], check=True, capture_output=True
    )


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_damage_is_an_error_of_ours_or_does_not_hold(signer, fast, now, data):
    raw = bytearray(made(signer, now, fast))
    where = data.draw(st.integers(0, len(raw) - 1))
    raw[where] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read = cms.load(bytes(raw))
        results = [one.verify(fast) for one in read.signatures]
    except SmevError:
        return
    expected = digest(fast, read.signatures[0].digest, CONTENT) if read.signatures else b""
    changed = not read.signatures or read.signatures[0].certificate != signer.certificate
    assert (
        changed or not all(results) or read.signatures[0].message_digest != expected or harmless(where, raw)
    )


def harmless(where, raw):
    """Fields that nobody signs and nobody uses: versions, the list of digests, the type of the content."""
    fields = der.parse(bytes(raw)).fields()
    fields.take()
    inner = fields.take().fields(der.CONTEXT_0).take().fields()
    unsigned = [inner.take(), inner.take(), inner.take()]
    signer = next(inner.rest()[-1].children()).fields(der.SEQUENCE)
    unsigned.append(signer.take())
    return any(node.start <= where < node.end for node in unsigned)


@given(st.binary(max_size=300))
def test_noise_is_an_error_of_ours(noise):
    with pytest.raises(SmevError):
        cms.load(noise)


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [
        (b"\0" * 2_000_000, InputError, "cms-too-large"),
        (write.sequence(write.oid("1.2.840.113549.1.7.1")), UnsupportedError, "cms-kind"),
        (write.sequence(write.oid("1.2.840.113549.1.7.2")), InputError, "cms-malformed"),
    ],
)
def test_other_things_are_named(data, error, code):
    with pytest.raises(error) as caught:
        cms.load(data)
    assert caught.value.code == code
