"""The stand's 1С as the peer of the conformance suite, over real HTTP: its clerks are told what to decide."""

import ssl
from contextlib import contextmanager
from datetime import timedelta

from werkzeug.wrappers import Request

from config.secret import Secret
from connector.sed.dms1c import Dms1cSed, Dms1cSettings
from connector.sed.testing import Received
from stand.dms1c.clerk import Dms1c
from stand.dms1c.engine import digest
from stand.dms1c.infobase import INCOMING
from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger
from stand.server import HttpServer
from tests.connector.sed.stand_peer import AnyPlan, Clerk


@contextmanager
def answering(answer, *, tls=None):
    """A server of one answer; yields its address and the requests."""
    asked = []

    def app(environ, start_response):
        request = Request(environ)
        asked.append((request.method, dict(request.headers), request.get_data()))
        return answer(request)(environ, start_response)

    server = HttpServer(app)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    server.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.port}/ws/dm.1cws", asked
    finally:
        server.stop()


def adapter(url, **changes):
    facts = {"url": url, "user": "u", "password": Secret("secret"), "attempts": 1, "wsdl": "own"}
    return Dms1cSed(Dms1cSettings(**{**facts, **changes}))


class Switch(FaultPlan):
    """Faults at a word: what is armed strikes the next request of a kind, and no other."""

    def __init__(self):
        super().__init__()
        self.armed = []  # (kind of request, fault)

    def pick(self, key, candidates):
        for place, (kind, fault) in enumerate(self.armed):
            if kind in key and fault in candidates:
                del self.armed[place]
                return fault
        return None


class StandDms1c(Clerk):
    def __init__(self, *, most=1000, **changes):
        self.ledger, self.faults = Ledger(), Switch()
        self.server = Dms1c(plans=AnyPlan(), ledger=self.ledger, faults=self.faults, most=most)
        self.changes = changes

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_error):
        self.server.stop()

    def settings(self, **changes):
        facts = {
            "url": self.server.url,
            "user": self.server.app.user,
            "password": Secret(self.server.app.password),
            "read_timeout": 5.0,
        }
        return Dms1cSettings(**{**facts, **self.changes, **changes})

    def sed(self, **changes):
        return Dms1cSed(self.settings(**changes))

    def stranger(self):
        return self.sed(password=Secret("not the password"))

    def received(self, key):
        ours = [one for one in self.server.base.all(INCOMING) if one.external and one.external[1] == key]
        assert [one.detail for one in self.ledger.entries() if one.what == "sed_rejected"] == []
        files = {}
        for one in ours[-1:]:
            for file in self.server.base.files(one.id):
                extension = file.fields["extension"]
                name = f"{file.name}.{extension}" if extension else file.name
                assert name not in files
                files[name] = digest(file.content)
        return Received(len(ours), files)

    def _decide(self, key, decision):
        self.server.decide(key, decision)

    def register_late(self, key, number, day):
        self.register(key, number, day)
        self.server.document(key).moments["modificationDate"] -= timedelta(seconds=120)

    def repeat(self):
        self.server.repeat()

    @contextmanager
    def lose_connection_after_commit(self):
        self.faults.armed = [("DMCreateRequest", Fault.CUT_AFTER)]
        yield

    @contextmanager
    def lose_connection_before_commit(self):
        self.faults.armed = [("DMCreateRequest", Fault.CUT_BEFORE)]
        yield
