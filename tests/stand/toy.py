"""A toy relay for tests of the stand: the same wire as sedlink's, one pass after another, no journal.

It may be told to misbehave, so that the reconciliation has something to find.
"""

import hashlib
import time
from datetime import datetime

from lxml import etree

from stand.running import Stand
from tests.stand.sev import NS, Letter
from tests.stand.wire import FINAL, open_client, reply_about

_UNKNOWN = "http://www.eos.ru/2010/sev"


class ToyRelay:
    """Relays between a stand's platform and its ДЕЛО until the stand is settled."""

    def __init__(self, stand, *, spoil=None):
        self.stand = stand
        self.spoil = spoil or (lambda what, message, value: value)  # (step, message, value) → value
        self.messages = {}  # uid of our document → message
        self.answered = set()
        self.read = set()
        self.tasks = {}

    def run(self, done=Stand.settled, seconds=120):
        """Pass until `done(stand)`; the seconds are for a relay that never comes to it."""
        until = time.monotonic() + seconds
        while not done(self.stand) and time.monotonic() < until:
            self.one_pass()
            time.sleep(0.02)

    def one_pass(self):
        """Take what is listed, hand it to the SED, tell what the SED reported."""
        for cabinet in self.stand.cabinets:
            with open_client(self.stand, cabinet) as client:
                self._take(client)
                self._tell(client, cabinet)

    def _take(self, client):
        for message in client.get("/appeal-service/edms", params={"size": 500}).json()["content"]:
            client.post(f"/appeal-service/edms/{message['id']}/mark-accepted")
            files = {}
            for number, url in enumerate(message["attachments"]):
                files[f"file_{number}.bin"] = client.get(url).content
            texts = [message["description"], message.get("rework", {}).get("comment", "")]
            texts += [one["description"] for one in message.get("questions", [])]
            letter = Letter(number=str(message["id"]), files=files, text=_escape("\n".join(texts)))
            letter = self.spoil("register", message, letter)
            if letter is None:
                continue
            self.messages[letter.uid] = message
            letter.put(self.stand.to_sed)
            if self.spoil("register twice", message, False):
                letter.put(self.stand.to_sed)

    def _tell(self, client, cabinet):
        found = []
        for path in self.stand.from_sed.glob("*.env"):
            inside = self.stand.from_sed / etree.parse(path).findtext("MessageDir")
            if path.name not in self.read:
                root = etree.parse(inside / "Report.xml").getroot()
                found.append((root.find("s:Header", NS).get("Time"), path.name, root, inside))
        for _time, name, root, inside in sorted(found, key=lambda one: one[0]):
            uid = root.find("s:Notification/s:InitialDoc", NS).get("UID")
            message = self.messages.get(uid)
            if message and message["opaId"] == cabinet.opa_id:
                self.read.add(name)
                self._report(client, message, uid, root, inside)

    def _report(self, client, message, uid, root, inside):
        for notice in root.find("s:Notification", NS):
            kind = etree.QName(notice).localname
            replies = getattr(self, f"_on_{kind.lower()}", lambda *_a: [])(client, message, uid, root, inside)
            for fields in replies:
                for body in self.spoil("reply", message, [fields]):
                    sent = client.post(
                        f"/appeal-service/edms/{message['id']}", json=reply_about(message, **body)
                    )
                    assert sent.status_code in (200, 400), sent.text

    def _on_registration(self, *_rest):
        return [{}]

    def _on_failure(self, *_rest):
        return [
            FINAL | {"appealAnswerType": "REJECTED", "statusText": "Отклонено модератором", "comment": "нет"}
        ]

    def _on_redirection(self, *_rest):
        words = {"statusText": "Направлено в подведомственную организацию", "comment": "туда"}
        return [FINAL | {"appealAnswerType": "FORWARDED"} | words]

    def _on_consideration(self, _client, _message, uid, root, _inside):
        deadline = root.findtext(".//s:Task/s:Control/s:Deadline", namespaces=NS)
        if self.tasks.setdefault(uid, deadline) == deadline:
            return [{"statusText": "Назначен исполнитель"}]
        moment = f"{datetime.fromisoformat(deadline):%Y-%m-%dT%H:%M:%SZ}"
        words = "Перенос срока обработки утвержден. Отправлен ответ Заявителю"
        return [{"appealAnswerType": "POSTPONED", "statusText": words, "postponedDate": moment}]

    def _on_answer(self, client, message, _uid, root, inside):
        fields = {one.get("Name"): one.text for one in root.iterfind(".//s:AdditionalField", NS)}
        if fields.get("Ответ в ПОС") not in ("1", "true"):
            return []
        ids = []
        for resource in root.findall(".//s:Resource", NS)[1:]:
            content = self.spoil("file", message, (inside / resource.get("UniqueName")).read_bytes())
            sent = client.post("/file-storage-service/filestorage", files={"file": ("answer.pdf", content)})
            ids.append(sent.json()["id"])
        solved = fields["Результат ПОС"] == "Решено"
        body = FINAL | {"answerText": "Ответ", "appealAnswerType": "SOLVED" if solved else "NOT_SOLVED"}
        return [body | ({"attachmentIds": ids} if ids else {})]


def digest(content):
    """sha256, lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def _escape(text):
    clean = "".join(one for one in text if one in "\t\n\r" or ord(one) >= 32)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
