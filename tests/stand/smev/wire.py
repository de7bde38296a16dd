"""What the tests of the bus share: a client made of the library's own envelopes and signatures."""

import ftplib
import io
import random
import time
import uuid
from contextlib import contextmanager
from email.parser import BytesParser
from urllib.parse import urlsplit

import httpx
from lxml import etree

from smev.envelope import read, write
from smev.envelope.words import Content, Empty, OutgoingRequest, OutgoingResponse, Version
from smev.gost import certificate, keyfile
from smev.gost.algorithms import Digest
from smev.gost.backends import provider
from smev.gost.provider import digest
from smev.gost.signer import KeySigner
from smev.gost.trust import load_store
from smev.signature import Place
from smev.signature.sign import sign
from stand.smev.parcels import uuid_v1

ECHO = "urn:sedlink-stand:echo:1.0"


def echo(text="hello", answer="content"):
    """The echo's request."""
    return f'<e:EchoRequest xmlns:e="{ECHO}" answer="{answer}">{text}</e:EchoRequest>'.encode()


def streebog(content):
    """The GOST digest of bytes."""
    return digest(provider(), Digest.STREEBOG_256, content)


def eventually(look, good, seconds=60):
    """Look until what is found is good; the seconds are for a bus that never answers."""
    until = time.monotonic() + seconds
    while not good(found := look()):
        assert time.monotonic() < until, "no answer came"
        time.sleep(0.01)
    return found


class Caller:
    """One information system over SOAP."""

    def __init__(self, access, *, clock, version=Version.V1_2):
        self.access, self.clock, self.version = access, clock, version
        key = keyfile.load_private(access.files.key.read_bytes())
        [own] = certificate.load_file(access.files.certificate.read_bytes())
        self.signer = KeySigner(key, own, provider())
        self.store = load_store([access.files.authority])
        self.http = httpx.Client(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.http.close()

    def new_id(self):
        return uuid_v1(self.clock(), random.getrandbits(48), random.getrandbits(14))

    def post(self, envelope, *, version=None, content_type="text/xml; charset=utf-8", body=None):
        """Send octets as they are; return the HTTP answer."""
        address = self.access.soap[version or self.version]
        return self.http.post(address, content=body or envelope, headers={"Content-Type": content_type})

    def signed(self, envelope):
        if b"Header" not in envelope[:2000].partition(b"Body")[0]:
            envelope = envelope.replace(b"<s:Body>", b"<s:Header/><s:Body>")
        return sign(envelope, self.signer, Place.CALLER)

    def call(self, envelope):
        """Sign, send, return the library's reading of the answer (or raise its fault)."""
        return read(xml_of(self.post(self.signed(envelope))))

    def send(self, content, *, message_id=None, attachments=(), files=(), **more):
        """Send a request; return its MessageID."""
        message_id = message_id or self.new_id()
        inside = Content(content, attachments=attachments, files=files)
        self.call(write.send_request(self.version, OutgoingRequest(message_id, inside, **more)))
        return message_id

    def respond(self, to, body, *, message_id=None):
        message_id = message_id or self.new_id()
        self.call(write.send_response(self.version, OutgoingResponse(message_id, to, body)))
        return message_id

    def take(self, selector=None):
        """Take one answer, or Empty."""
        return self.call(write.get_response(self.version, self.clock(), selector))

    def raw_take(self):
        """Take answers until there is one; return its envelope as it came."""
        return eventually(
            lambda: xml_of(self.post(self.signed(write.get_response(self.version, self.clock())))),
            lambda octets: b"ResponseMessage" in octets,
        )

    def take_request(self, selector=None):
        return self.call(write.get_request(self.version, self.clock(), selector))

    def word(self):
        return self.call(write.get_status(self.version, self.clock()))

    def wait(self, take=None):
        """Take an answer, waiting for it."""
        return eventually(take or self.take, lambda found: not isinstance(found, Empty))

    def ack(self, message_id, *, accepted=True):
        return self.call(write.ack(self.version, message_id, accepted=accepted))

    def ask(self, content, **more):
        """Send, wait, acknowledge; return the answer."""
        sent = self.send(content, **more)
        found = self.wait()
        self.ack(found.message_id)
        assert found.original_id == sent or not found.original_id
        return found

    @contextmanager
    def ftp(self, user=None, password=None):
        address = urlsplit(self.access.ftp)
        with ftplib.FTP() as session:
            session.connect(address.hostname, address.port, timeout=5)
            session.login(user or self.access.ftp_user, password or self.access.ftp_password)
            session.voidcmd("TYPE I")
            yield session

    def upload(self, content, name="a.bin"):
        """Put a file into the store; return its uuid."""
        identifier = str(uuid.uuid4())
        with self.ftp() as session:
            session.mkd(identifier)
            session.cwd(identifier)
            session.storbinary(f"STOR {name}", io.BytesIO(content))
        return identifier

    def download(self, access):
        with self.ftp(access.user, access.password) as session:
            got = io.BytesIO()
            session.retrbinary(f"RETR {access.file_name}", got.write)
            return got.getvalue()


def xml_of(answer):
    """The envelope of an HTTP answer, whether it came alone or in a package."""
    return parts_of(answer)[0]


def parts_of(answer):
    """The envelope and the other parts by Content-ID, by the standard library's parser."""
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith("multipart/"):
        return answer.content, {}
    package = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + answer.content)
    root, *rest = package.get_payload()
    return root.get_payload(decode=True), {
        one["Content-ID"].strip("<>"): one.get_payload(decode=True) for one in rest
    }


def package(envelope, files):
    """An MTOM package as a client writes it: (Content-Type, body)."""
    lines = [
        b"--b1",
        b'Content-Type: application/xop+xml; type="text/xml"',
        b"Content-ID: <root>",
        b"",
        envelope,
    ]
    for name, content in files.items():
        lines += [b"--b1", b"Content-Type: application/octet-stream"]
        lines += [b"Content-Transfer-Encoding: binary", f"Content-ID: <{name}>".encode(), b"", content]
    lines += [b"--b1--", b""]
    kind = 'multipart/related; type="application/xop+xml"; start="<root>"; boundary="b1"'
    return kind, b"\r\n".join(lines)


def fault_of(answer):
    """The local name of the fault in an HTTP answer, and its inner kind if it has one."""
    root = etree.fromstring(answer.content)
    detail = next(root.iter("{*}detail", "detail"))
    inner = detail[0].findtext("{*}SignatureVerificationFault")
    return inner or etree.QName(detail[0]).localname
