"""Certificates: what is read out of them, the store's verdicts, and broken ones."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smev.errors import InputError, SetupError, SmevError
from smev.gost import Scheme, certificate, issue, pem
from smev.gost.trust import MAX_CHAIN, TrustStore, load_store

DATES = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def chain(fast):
    """A root, an authority under it, a signer under that."""
    return make_chain(fast)


def make_chain(provider, levels=2, dates=DATES):
    key, name = issue.new_key(), issue.name(CN="Root", O="example.org")
    made = [issue.certify(key.public(), name, key, name, provider, dates=DATES, authority=True)]
    for level in range(levels):
        last = level == levels - 1
        next_key, subject = issue.new_key(), issue.name(CN=f"Level {level}", INN="0000000000")
        made.append(
            issue.certify(
                next_key.public(), subject, key, name, provider,
                dates=dates if last else DATES, authority=not last, serial=level + 2,
            )
        )  # fmt: skip
        key, name = next_key, subject
    return made


def test_what_a_certificate_says(chain):
    root, middle, leaf = chain
    assert (root.authority, root.signs, root.self_issued) == (True, False, True)
    assert (leaf.authority, leaf.signs, leaf.self_issued) == (False, True, False)
    assert leaf.subject == "CN=Level 1, INN=0000000000"
    assert leaf.issuer == middle.subject
    assert (leaf.not_before, leaf.not_after) == DATES
    assert leaf.serial == 3


def test_dates_past_2050_are_read(fast):
    key, name = issue.new_key(Scheme.GOST2012_512), issue.name(CN="Far")
    dates = (datetime(1999, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))
    assert issue.certify(key.public(), name, key, name, fast, dates=dates).not_after == dates[1]


def test_names_do_not_break_lines_and_hide_in_reprs(fast):
    key, name = issue.new_key(), issue.name(CN="a,b\nc\u202e")
    held = issue.certify(key.public(), name, key, name, fast, dates=DATES)
    assert held.subject == "CN=a\\,b\\0Ac\\202E"
    assert "a,b" not in repr(held)
    assert repr(held.raw) not in repr(held)


@pytest.mark.parametrize("backend", ["pure", "openssl"])
def test_issuers_signatures_are_checked(request, chain, backend):
    provider = request.getfixturevalue(backend)
    root, middle, leaf = chain
    assert leaf.signed_by(middle, provider)
    assert root.signed_by(root, provider)
    assert not leaf.signed_by(root, provider)


def verdict(store, signer, fast, others=(), at=NOW):
    return TrustStore(store).check(signer, others, at, fast).code


def test_verdicts_of_the_store(chain, fast):
    root, middle, leaf = chain
    assert verdict([leaf], leaf, fast) == "pinned"
    assert verdict([middle], leaf, fast) == "chain"
    assert verdict([root], leaf, fast, [middle, leaf]) == "chain"
    assert verdict([root], leaf, fast) == "unknown-issuer"
    assert verdict([], leaf, fast, [middle, root]) == "unknown-issuer"
    assert verdict([leaf], leaf, fast, at=DATES[1] + timedelta(1)) == "expired"
    assert verdict([leaf], leaf, fast, at=DATES[0] - timedelta(1)) == "not-yet-valid"
    assert verdict([root], root, fast) == "not-for-signing"


def test_an_authority_of_the_same_name_does_not_help(chain, fast):
    _root, _middle, leaf = chain
    stranger = make_chain(fast)[1]
    assert verdict([stranger], leaf, fast) == "forged"


def test_a_signer_cannot_issue(fast):
    """A certificate without the right to sign certificates is no link of a chain."""
    key, name = issue.new_key(), issue.name(CN="Not an authority")
    plain = issue.certify(key.public(), name, key, name, fast, dates=DATES)
    other, subject = issue.new_key(), issue.name(CN="Child")
    child = issue.certify(other.public(), subject, key, name, fast, dates=DATES)
    assert verdict([plain], child, fast) == "unknown-issuer"


def test_an_authority_past_its_dates(fast):
    key, name = issue.new_key(), issue.name(CN="Old root")
    past = (DATES[0] - timedelta(3650), DATES[0])
    root = issue.certify(key.public(), name, key, name, fast, dates=past, authority=True)
    other, subject = issue.new_key(), issue.name(CN="Child")
    child = issue.certify(other.public(), subject, key, name, fast, dates=DATES)
    assert verdict([root], child, fast) == "issuer-expired"


def test_chains_longer_than_the_bound_end(fast):
    long = make_chain(fast, levels=MAX_CHAIN + 2)
    assert verdict([long[0]], long[-1], fast, long[1:-1]) == "unknown-issuer"
    short = make_chain(fast, levels=4)
    assert verdict([short[0]], short[-1], fast, short[1:-1]) == "chain"


def test_stores_are_files_and_folders(chain, fast, tmp_path):
    root, middle, leaf = chain
    (tmp_path / "bundle.pem").write_bytes(
        b"comment\n" + pem.dump("CERTIFICATE", root.raw) + pem.dump("CERTIFICATE", middle.raw)
    )
    (tmp_path / "leaf.cer").write_bytes(leaf.raw)
    (tmp_path / "readme.txt").write_text("not a certificate")
    assert len(load_store([tmp_path])) == 3
    assert len(load_store([tmp_path / "leaf.cer"])) == 1


@pytest.mark.parametrize(
    ("name", "content", "error", "code"),
    [
        ("empty", None, SetupError, "store-empty"),
        ("absent.pem", None, SetupError, "store-unreadable"),
        ("broken.pem", b"\x30\x80", InputError, "store-broken"),
        ("key.pem", pem.dump("PRIVATE KEY", b"1"), InputError, "store-broken"),
    ],
)
def test_stores_that_cannot_be_used_are_named(tmp_path, name, content, error, code):
    path = tmp_path / name
    if name == "empty":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(error) as caught:
        load_store([path])
    assert caught.value.code == code
    assert name in str(caught.value)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_certificates_are_errors_of_ours_or_do_not_verify(chain, fast, data):
    root, middle, leaf = chain
    raw = bytearray(leaf.raw)
    where = data.draw(st.integers(0, len(raw) - 1))
    raw[where] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read = certificate.load(bytes(raw))
    except SmevError:
        return
    assert not read.signed_by(middle, fast)
    assert not TrustStore([root, leaf]).check(read, [middle], NOW, fast).trusted


@given(st.binary(max_size=200))
def test_noise_is_an_error_of_ours(noise):
    with pytest.raises(SmevError):
        certificate.load(noise)


def test_huge_certificates_are_not_even_parsed():
    with pytest.raises(InputError) as caught:
        certificate.load(b"\x30" * 100_000)
    assert caught.value.code == "certificate-too-large"
