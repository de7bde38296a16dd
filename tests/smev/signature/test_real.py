"""Real signed messages of SMEV: all signatures hold, and a changed byte anywhere is found."""

import re

import pytest

from smev.canonical import canonicalize, parse
from smev.errors import SmevError
from smev.gost.trust import TrustStore
from smev.signature import Place, verify


@pytest.fixture(scope="session")
def real(shared_data):
    folder = shared_data / "smev" / "real"
    if not folder.is_dir():
        pytest.skip("real SMEV messages (../shared/data/smev/real) are absent")
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.xml"))}


@pytest.mark.parametrize("backend", ["pure", "openssl"])
def test_every_signature_of_every_message_holds(request, real, backend):
    provider = request.getfixturevalue(backend)
    bad = [
        (name, report)
        for name, message in real.items()
        for report in verify(message, provider=provider)
        if not (report.ok and report.digest_ok and report.signature_ok)
    ]
    assert not bad
    assert len(real) >= 13


def test_places_and_algorithms_are_as_the_bus_uses_them(real, fast):
    reports = [report for message in real.values() for report in verify(message, provider=fast)]
    assert {report.place for report in reports} >= {Place.CALLER, Place.SENDER, Place.SMEV, Place.ATTACHMENT}
    assert {report.algorithm for report in reports} >= {"gost2001", "gost2012-256"}
    assert all(report.signer for report in reports)


def test_one_changed_byte_is_found(real, fast):
    """Each certificate is pinned: what the bus does not sign of it, the store knows."""
    reports = [report for message in real.values() for report in verify(message, provider=fast)]
    store = TrustStore({report.certificate for report in reports})
    unnoticed = []
    for name, message in real.items():
        plain = canonicalize(parse(message))
        for where in range(*span(message), 41):
            changed = bytearray(message)
            changed[where] ^= 1 << (where % 6)
            if holds(bytes(changed), store, fast) and squeezed(bytes(changed)) != re.sub(
                rb">\s+<", b"><", plain
            ):
                unnoticed.append((name, where, message[where - 40 : where + 20]))
    assert not unnoticed


def span(message):
    """Return the borders of the operation's contents: from its first child to its end."""
    first = re.search(rb"<[\w:]*(Request|Response)\b[^>]*>", message)
    return first.end(), message.rindex(b"</", 0, message.rindex(b"Signature>") + 60)


def squeezed(message):
    return re.sub(rb">\s+<", b"><", canonicalize(parse(message)))


def holds(message, store, provider):
    try:
        reports = verify(message, provider=provider)
    except SmevError:
        return False
    pinned = all(report.certificate in store._all for report in reports if report.certificate)
    return bool(reports) and pinned and all(report.ok for report in reports)
