"""The file store: stores that can do less than they should, names that are not paths, peers that are none."""

import socket
import threading

import pytest

from smev.client.faults import BrokenFileError, NotSentError
from smev.client.ftp import FileStore, safe_name
from smev.client.words import IncomingFile
from smev.errors import SetupError
from stand.smev.ftp import FTPHandler, FTPServer, IOLoop

OCTETS = bytes(range(256)) * 2000


@pytest.fixture
def store(tmp_path):
    """Return a maker of stores on a server that does not know some commands."""
    from pyftpdlib.authorizers import DummyAuthorizer

    ending, threads = threading.Event(), []

    def make(*unknown, **more):
        authorizer = DummyAuthorizer()
        home = tmp_path / "home"
        home.mkdir()
        authorizer.add_user("sender", "smev", str(home), perm="elradfmw")
        commands = {name: one for name, one in FTPHandler.proto_cmds.items() if name not in unknown}
        handler = type("Handler", (FTPHandler,), {"authorizer": authorizer, "proto_cmds": commands})
        loop = IOLoop()
        server = FTPServer(("127.0.0.1", 0), handler, ioloop=loop)

        def run():
            while not ending.is_set():
                loop.loop(timeout=0.02, blocking=False)
            server.close_all()

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return FileStore(f"ftp://127.0.0.1:{server.address[1]}", user="sender", timeout=2, **more), home

    yield make
    ending.set()
    for thread in threads:
        thread.join()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(OCTETS)
    return path


def incoming(location="/скан.pdf", **more):
    return IncomingFile(id="u1", name="скан.pdf", location=location, user="sender", password="smev", **more)


@pytest.mark.parametrize("unknown", [(), ("APPE",), ("SIZE",), ("APPE", "SIZE"), ("MKD",)])
@pytest.mark.parametrize("there", [b"", OCTETS[:1000], OCTETS, OCTETS + b"more"])
def test_an_upload_ends_whole_whatever_the_store_can_do(store, source, unknown, there):
    made, home = store(*unknown)
    (home / "u1").mkdir()
    if there:
        (home / "u1" / "скан.pdf").write_bytes(there)
    made.upload("u1", "скан.pdf", source)
    assert (home / "u1" / "скан.pdf").read_bytes() == OCTETS


@pytest.mark.parametrize("unknown", [(), ("REST",)])
@pytest.mark.parametrize("place", ["скан.pdf", "u1/скан.pdf"])
def test_a_download_ends_whole_whatever_the_store_can_do(store, tmp_path, unknown, place):
    made, home = store(*unknown)
    (home / "u1").mkdir()
    (home / place).write_bytes(OCTETS)
    part = tmp_path / "part"
    part.write_bytes(OCTETS[:1000])
    made.download(incoming(), part)
    assert part.read_bytes() == OCTETS


def test_what_is_not_there_or_too_large(store, tmp_path):
    made, home = store(max_file=1000)
    with pytest.raises(BrokenFileError, match="refused"):
        made.download(incoming(), tmp_path / "part")
    (home / "скан.pdf").write_bytes(OCTETS)
    with pytest.raises(BrokenFileError, match="more than 1000"):
        made.download(incoming(), tmp_path / "part")


def test_names_are_not_commands(store, tmp_path):
    made, _home = store()
    with pytest.raises(BrokenFileError, match="control"):
        made.download(incoming("a\r\nDELE b"), tmp_path / "part")
    assert safe_name("../../etc/passwd") == "_.._etc_passwd"
    assert safe_name("a\r\nDELE b") == "a__DELE b"
    assert safe_name("...") == "file"


@pytest.mark.parametrize(
    "greeting", [b"220 \xcf\xf0\xe8\xe2\xe5\xf2\r\n", b"421 busy\r\n", b"nonsense\r\n", b"", b"x" * 20_000]
)
def test_a_peer_that_is_no_store(greeting):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        line, _address = listener.accept()
        with line:
            line.sendall(greeting)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with pytest.raises(NotSentError):
            FileStore(f"ftp://127.0.0.1:{listener.getsockname()[1]}", timeout=1).check()
    finally:
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    "url", ["", "smev.example.org", "http://a.example.org", "ftp://", "ftp://u@a.example.org", "ftp://[::1"]
)
def test_an_address_that_cannot_work(url):
    with pytest.raises(SetupError):
        FileStore(url)
