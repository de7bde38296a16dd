"""MIME packages: what is written is read back, in any pieces; whatever else comes is refused by name."""

import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smev.client import mtom
from smev.client.faults import GarbageError

KIND = 'multipart/related; type="application/xop+xml"; boundary="B"; start="<root>"'
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def chopped(octets, size):
    return (octets[start : start + size] for start in range(0, len(octets), size))


def package(*parts, end=b"\r\n--B--\r\n"):
    return (
        b"".join(b"\r\n--B\r\n" + head + b"\r\n\r\n" + body for head, body in parts).removeprefix(b"\r\n")
        + end
    )


ROOT = (b"Content-ID: <root>\r\nContent-Type: application/xop+xml", b"<a/>")


@QUIET
@given(st.binary(max_size=400), st.lists(st.binary(max_size=400), max_size=4), st.integers(1, 97))
def test_written_and_read_back_in_any_pieces(tmp_path_factory, envelope, bodies, size):
    folder = tmp_path_factory.mktemp("mtom")
    parts = []
    for number, body in enumerate(bodies):
        path = folder / f"source-{number}"
        path.write_bytes(body)
        parts.append(mtom.Part(f"file-{number}", "application/octet-stream", path))
    written = mtom.write(envelope, parts)
    octets = b"".join(written.pieces)
    assert written.size == len(octets)
    read = mtom.read(written.content_type, chopped(octets, size), folder, limit=1 << 20)
    assert read.envelope == envelope
    assert [read.parts[f"file-{number}"].read_bytes() for number in range(len(bodies))] == bodies


@QUIET
@given(st.binary(max_size=300), st.integers(1, 50), st.text(max_size=60))
def test_any_octets_are_read_or_refused(tmp_path_factory, octets, size, kind):
    folder = tmp_path_factory.mktemp("mtom")
    for one in (KIND, kind, "multipart/related; boundary=B"):
        for body in (octets, package(ROOT) + octets, octets + package(ROOT), package(ROOT, (octets, octets))):
            try:
                mtom.read(one, chopped(body, size), folder, limit=1 << 20)
            except GarbageError:
                continue


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (package(ROOT, end=b""), "cut off"),
        (b"", "cut off"),
        (b"--B--", "without an envelope"),
        (package((b"Content-ID: <other>", b"x")), "without an envelope"),
        (package(ROOT, (b"Content-ID: <x>", b"1"), (b"Content-ID: <x>", b"2")), "one Content-ID"),
        (package(ROOT, (b"Content-Type: text/plain", b"1")), "without one"),
        (
            package(ROOT, (b"Content-ID: <x>\r\nContent-Transfer-Encoding: uuencode", b"1")),
            "encoding uuencode",
        ),
        (package(ROOT, (b"Content-ID: <x>\r\nContent-Transfer-Encoding: base64", b"!!")), "broken base64"),
        (package(ROOT, (b"Content-ID: <x>\r\nX: " + b"y" * 20_000, b"")), "too long"),
        (package(ROOT, *[(f"Content-ID: <{n}>".encode(), b"") for n in range(mtom.MAX_PARTS + 1)]), "parts"),
        (package(ROOT).replace(b"--B\r\n", b"--B octets\r\n"), "after a boundary"),
        (package((ROOT[0], b" " * (2 << 20))), "bytes"),
    ],
)
def test_what_is_no_package_is_named(tmp_path, octets, reason):
    with pytest.raises(GarbageError, match=reason):
        mtom.read(KIND, chopped(octets, 1000), tmp_path, limit=1 << 20)


def test_no_boundary(tmp_path):
    with pytest.raises(GarbageError, match="boundary"):
        mtom.read("multipart/related", [b"x"], tmp_path, limit=100)


def test_base64_parts_and_ids_in_any_spelling(tmp_path):
    octets = package(
        (b"content-id:<file 1>\r\nContent-Transfer-Encoding: BASE64", b"aGVs\r\nbG8="),
        ROOT,
    )
    read = mtom.read(KIND, chopped(octets, 7), tmp_path, limit=1 << 20)
    assert read.envelope == b"<a/>"
    assert read.parts["file 1"].read_bytes() == b"hello"
    assert mtom.content_id_of("cid:file%201") == "file 1"
    assert mtom.content_id_of("http://example.org/x") == ""


def test_memory_stays_flat(tmp_path):
    def pieces():
        yield b"--B\r\nContent-ID: <root>\r\n\r\n<a/>\r\n--B\r\nContent-ID: <big>\r\n\r\n"
        for _number in range(512):
            yield bytes(1 << 16)
        yield b"\r\n--B--"

    tracemalloc.start()
    try:
        read = mtom.read(KIND, pieces(), tmp_path, limit=1 << 30)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read.parts["big"].stat().st_size == 32 << 20
    assert peak < 2 << 20
