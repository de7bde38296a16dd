"""The section [smev]: every mistake has its name, paths are the file's, what cannot work is said at once."""

from datetime import timedelta
from pathlib import Path

import pytest

from smev.client import build
from smev.client.settings import from_table, read
from smev.errors import SetupError
from smev.gost import keyfile, pem

SIGNER = {"certificate": "own.pem", "key": "own-key.pem"}


def wrong(**table):
    with pytest.raises(SetupError) as failed:
        from_table(table, None)
    return str(failed.value)


def test_everything_at_once(tmp_path):
    (tmp_path / "smev.toml").write_text(
        '[smev]\nurl = "https://smev.example.org/1.3"\nversion = "1.3"\ninline_limit = "100KB"\n'
        'trust = ["smev.pem"]\nend_of_life = "2d"\ntimeouts = { read = "5m" }\n'
        '[smev.signer]\ncertificate = "own.pem"\ncommand = "sign {data}"\n',
        encoding="utf-8",
    )
    found = read(tmp_path / "smev.toml")
    assert found.version == "1.3"
    assert found.inline_limit == 102_400
    assert found.trust == (tmp_path / "smev.pem",)
    assert found.store == tmp_path / "smev"
    assert found.signer.certificate == tmp_path / "own.pem"
    assert found.end_of_life == timedelta(days=2)
    assert found.timeouts.read == timedelta(minutes=5)


def test_every_mistake_is_told():
    text = wrong(url=1, version="2.0", colour="red", timeouts={"read": "soon"}, signer=SIGNER)
    for name in ("smev.url", "smev.version", "smev.colour", "smev.timeouts.read", "write a time like 30s"):
        assert name in text


def test_what_does_not_go_together():
    for signer, said in (
        ({"certificate": "a"}, "set one of key, token, command"),
        ({"certificate": "a", "key": "b", "command": "c"}, "set one of key, token, command"),
        ({"key": "b"}, "certificate: must be set"),
        ({"token": "pkcs11:", "pin": "1234"}, "pin: does not stand here"),
    ):
        text = wrong(url="https://a.example.org", signer=signer)
        assert said in text
        assert "1234" not in text
    assert "[smev.signer]" in wrong(url="https://a.example.org")
    assert (
        from_table({"url": "https://a.example.org", "transport": "rsmev", "entrypoint": "e"}, Path()).signer
        is None
    )


def test_nothing_and_nonsense(tmp_path):
    with pytest.raises(SetupError, match="no table"):
        from_table({}, tmp_path)
    with pytest.raises(SetupError, match="cannot read"):
        read(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("[smev", encoding="utf-8")
    with pytest.raises(SetupError, match="cannot read"):
        read(tmp_path / "bad.toml")


def test_the_example_of_the_manual_is_good(tmp_path):
    manual = (Path(__file__).parents[3] / "docs/smev-client.md").read_text(encoding="utf-8")
    example = manual.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "smev.toml").write_text(example, encoding="utf-8")
    assert read(tmp_path / "smev.toml").version == "1.2"


@pytest.fixture
def table(tmp_path, signer):
    (tmp_path / "own-key.pem").write_bytes(pem.dump("PRIVATE KEY", keyfile.private_to_der(signer._key)))
    (tmp_path / "own.pem").write_bytes(pem.dump("CERTIFICATE", signer.certificate.raw))
    return {"url": "https://smev.example.org/1.2", "signer": SIGNER, "file_store": "ftp://smev.example.org"}


def test_a_transport_is_built(table, tmp_path):
    settings = from_table(table, tmp_path)
    made = build.transport(settings, lambda *_what: None, lambda: None)
    assert made.name == "soap"
    made.close()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "http://smev.example.org"}, "url-plain"),
        ({"url": "smev.example.org"}, "url-malformed"),
        ({"file_store": "smev.example.org"}, "ftp-malformed"),
        ({"ca_file": "absent.pem"}, "file-unreadable"),
        ({"trust": ["absent"]}, "store-unreadable"),
        ({"backend": "magic"}, "backend-unknown"),
        ({"signer": {**SIGNER, "key": "absent"}}, "file-unreadable"),
        ({"signer": {**SIGNER, "key": "own.pem"}}, "pem-other"),
    ],
)
def test_what_cannot_work_is_said_when_it_is_built(table, tmp_path, change, code):
    from smev.errors import SmevError

    with pytest.raises(SmevError) as failed:
        build.transport(from_table({**table, **change}, tmp_path), lambda *_what: None, lambda: None)
    assert failed.value.code == code
