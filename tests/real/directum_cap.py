"""Directum's shape on a real OData v4 engine (SAP CAP) as the peer of the conformance suite.

The clerk acts over OData too. A proxy of ours stands before the engine: it can break a connection.
"""

import base64
import hashlib
import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from werkzeug.wrappers import Request, Response

from connector.sed.directum import DirectumSed
from connector.sed.testing import Received
from stand.directum.clerk import APPLICATIONS, PASSWORD, USER
from stand.server import CutError, HttpServer
from tests.connector.sed.directum_peer import QUESTIONS, settings_for

ZONE = ZoneInfo("Europe/Moscow")
DOCUMENTS = ("IRequests", "IOutgoingRequestLetters", "IAddendums")


class Engine:
    """The engine as a process of its own, on a free port of the loopback."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = ["node", "node_modules/@sap/cds/bin/serve.js", "all"]
        self._process = subprocess.Popen(
            command, cwd=home, env={**os.environ, "PORT": str(self.port)}, stdout=subprocess.DEVNULL
        )
        self.url = f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        for _look in range(240):
            try:
                if httpx.get(f"{self.url}/Integration/odata/$metadata", auth=(USER, PASSWORD)).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.25)
        raise AssertionError("the engine does not answer")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class CapDirectum:
    """The peer: rows are made and changed over OData, by a person's client."""

    def __init__(self, engine: Engine, **changes) -> None:
        self._http = httpx.Client(
            base_url=f"{engine.url}/Integration/odata/", auth=(USER, PASSWORD), timeout=60
        )
        self._engine = engine
        self.cut = None
        self.proxy = HttpServer(self._forward)
        self.proxy.start()
        self.settings = settings_for(f"{self.proxy.base_url}/Integration/odata", **changes)
        self.opened = []
        self._clean()

    def stop(self) -> None:
        for sed in self.opened:
            sed.close()
        self.proxy.stop()
        self._http.close()

    def _forward(self, environ, start_response):
        request = Request(environ)
        call = f"{request.method} {request.path.rpartition('odata/')[2]}"
        when = self.cut(call) if self.cut else None
        if when == "before":
            raise CutError
        query = request.query_string.decode()
        address = f"{self._engine.url}{request.path}" + (f"?{query}" if query else "")
        wanted = ("authorization", "content-type", "accept", "prefer", "return")
        headers = {name: value for name, value in request.headers.items() if name.lower() in wanted}
        answer = self._http.request(
            request.method, address, content=request.get_data(), headers=headers, auth=None
        )
        if when == "after":
            raise CutError
        kept = {name: answer.headers[name] for name in ("content-type", "location") if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)(environ, start_response)

    def _clean(self) -> None:
        for name in DOCUMENTS:
            for row in self.rows(name):
                self._call("DELETE", f"{name}({row['Id']})")
        known = {row["FullCode"] for row in self.rows("IQuestions")}
        for code, name in QUESTIONS.items():
            if code not in known:
                self.create("IQuestions", {"FullCode": code, "Name": name})
        extensions = {row["Extension"] for row in self.rows("IAssociatedApplications")}
        for extension in APPLICATIONS:
            if extension not in extensions:
                self.create("IAssociatedApplications", {"Name": extension, "Extension": extension})
        if not self.rows("IDocumentRegisters"):
            self.create("IDocumentRegisters", {"Name": "Обращения ПОС"})

    # ---- the clerk's client

    def rows(self, name, where="Id gt 0", expand=""):
        options = f"?$filter={where}&$orderby=Id" + (f"&$expand={expand}" if expand else "")
        return self._call("GET", name + options.replace(" ", "%20"))["value"]

    def create(self, path, body):
        return self._call("POST", path, body)["Id"]

    def change(self, path, body):
        self._call("PATCH", path, body)

    def _call(self, method, path, body=None):
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content else {}

    # ---- the Peer

    def sed(self):
        return self.with_settings()

    def stranger(self):
        return self.with_settings(user="nobody")

    def with_settings(self, **changes):
        self.opened.append(DirectumSed(replace(self.settings, **changes)))
        return self.opened[-1]

    def cards_of(self, key):
        return self.rows("IRequests", f"PosKey eq '{key}' and LifeCycleState eq 'Active'")

    def received(self, key):
        cards = self.cards_of(key)
        files = {}
        where = f"LeadingDocument/Id eq {cards[-1]['Id']}" if cards else ""
        for row in self.rows("IAddendums", where, "Versions") if cards else []:
            [version] = row["Versions"]
            told = self._call("GET", f"IAddendums({row['Id']})/Versions({version['Id']})/Body")["Value"]
            body = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))
            files[row["Name"] + "'" * (row["Name"] in files)] = hashlib.sha256(body).hexdigest()
        return Received(len(cards), files)

    def tell(self, key, **body):
        [card] = self.cards_of(key)
        self.change(f"IRequests({card['Id']})", body)
        self._last = f"IRequests({card['Id']})"

    def register(self, key, number, day):
        register = self.rows("IDocumentRegisters")[0]["Id"]
        self.tell(
            key, RegistrationNumber=number, RegistrationDate=moment(day), ExecutionState="OnReview",
            DocumentRegister={"Id": register},
        )  # fmt: skip

    def refuse(self, key, code, text):
        self.tell(key, ExecutionState="Aborted", PosRefusalCode=code, PosRefusalText=text)

    def assign(self, key, executor, text, deadline):
        employee = self.create("IEmployees", {"Name": executor})
        self.tell(key, Assignee={"Id": employee}, ExecutionState="OnExecution")

    def prolong(self, key, deadline):
        self.tell(key, Deadline=moment(deadline))

    def redirect(self, key, organisation):
        self.tell(key, TransferredTo={"Id": self.create("ICompanies", {"Name": organisation})})

    def answer(self, key, text, files, *, commanded, solved, number):
        names = list(files)
        told = {
            "Name": names[0].rpartition(".")[0] if names else "Ответ", "Subject": text, "PosSend": commanded,
            "RegistrationNumber": number, "RegistrationDate": moment(datetime.now(UTC).date()),
        }  # fmt: skip
        letter = self.create("IOutgoingRequestLetters", told)
        for place, (name, body) in enumerate(files.items()):
            path = f"IOutgoingRequestLetters({letter})"
            if place:
                added = self.create("IAddendums", {"Name": name, "LeadingDocument": {"Id": letter}})
                path = f"IAddendums({added})"
            self._body(path, name, body)
        [card] = self.cards_of(key)
        for one in self.rows("IRequests", f"Id eq {card['Id']}", "Questions")[0]["Questions"]:
            result = "ActionsTaken" if solved else "NotSupported"
            self.change(f"IRequests({card['Id']})/Questions({one['Id']})", {"ReviewResult": result})
        self.tell(key, AnswerLetter={"Id": letter})

    def _body(self, path, name, body):
        extension = name.rpartition(".")[2]
        [application] = self.rows("IAssociatedApplications", f"Extension eq '{extension}'")
        told = {"Number": 1, "AssociatedApplication": {"Id": application["Id"]}}
        version = self.create(f"{path}/Versions", told)
        self._call("POST", f"{path}/Versions({version})/Body", {"Value": base64.b64encode(body).decode()})

    def repeat(self):
        self.change(self._last, {"Note": str(time.monotonic())})

    # ---- failing

    @contextmanager
    def cutting(self, hit, when):
        self.cut = lambda call: when if hit(call) else None
        try:
            yield
        finally:
            self.cut = None

    def lose_connection_after_commit(self):
        return self.cutting(lambda call: call.startswith("PATCH IRequests("), "after")

    def lose_connection_before_commit(self):
        return self.cutting(lambda call: call.startswith("PATCH IRequests("), "before")


def moment(day):
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
