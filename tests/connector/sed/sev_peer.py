"""A small ДЕЛО of the tests' own on the other side of the СЭВ folder, built from the facts of sed.md."""

import hashlib
import os
import shutil
import xml.etree.ElementTree as ET  # what we wrote ourselves
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from xml.sax.saxutils import escape, quoteattr

import pytest

from connector.appeal import key_uuid
from connector.sed.sev import Organisation, SevSed, SevSettings
from connector.sed.testing import Received

NS = "{http://www.eos.ru/2010/sev}"


def settings_for(root, **changes):
    for name in ("out", "in"):
        (root / name).mkdir(exist_ok=True)
    facts = {
        "folder_out": root / "out",
        "folder_in": root / "in",
        "folder_state": root / "state",
        "sender": Organisation("0100000001", "Платформа"),
        "recipient": Organisation("0100000002", "Администрация Примерска"),
        "settle": 0.0,
        "min_free": 1,
    }
    return SevSettings(**{**facts, **changes})


class FolderDelo:
    """Takes messages out of our out-folder and writes reports into our in-folder."""

    def __init__(self, root, **changes):
        self.settings = settings_for(root, **changes)
        self.cards = {}  # document uid → list of {file name: sha256}
        self.passports = {}
        self.clock = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
        self.said = []

    def sed(self):
        return SevSed(self.settings, clock=lambda: datetime(2024, 3, 2, 8, 0, tzinfo=UTC))

    # -- taking delivery

    def take(self):
        for envelope in sorted(self.settings.folder_out.glob("[!.]*.env")):
            self.take_one(envelope)

    def take_one(self, envelope):
        folder = envelope.with_name(ET.parse(envelope).findtext("MessageDir"))
        root = ET.parse(folder / "DocInfo.xml").getroot()
        document = root.find(f"{NS}DocumentList/{NS}Document")
        resources = {one.get("UID"): one.get("UniqueName") for one in root.iter(f"{NS}Resource")}
        files = {}
        for file in document.iter(f"{NS}File"):
            content = (folder / resources[file.get("ResourceID")]).read_bytes()
            assert len(content) == int(file.get("Size"))
            name = file.findtext(f"{NS}Description") + file.findtext(f"{NS}Extension")
            while name in files:
                name += "'"
            files[name] = hashlib.sha256(content).hexdigest()
        uid = str(UUID(document.get("UID")))
        self.cards.setdefault(uid, []).append(files)
        self.passports[uid] = root
        shutil.rmtree(folder)
        envelope.unlink()

    def received(self, key):
        self.take()
        cards = self.cards.get(str(key_uuid(key)), [])
        return Received(len(cards), cards[-1] if cards else {})

    # -- telling

    def register(self, key, number, day):
        card = self._card(key, number, day)
        self.report(
            key, '<Registration DocumentID="7" SystemDate="2024-03-04T10:00:00.1234567"/>', documents=card
        )

    def refuse(self, key, code, text):
        self.report(key, f"<Failure Code={quoteattr(code)}>{escape(text)}</Failure>", kind="Failure")

    def assign(self, key, executor, text, deadline):
        who = f"<OfficialPerson><FIO>{escape(executor)}</FIO></OfficialPerson>"
        contact = f"<Contact>{organisation()}{who}</Contact>"
        task = (
            '<Task TaskID="3" UID="f00d" Type="Resolution" Privacy="false">'
            f'<Text>{escape(text)}</Text><Executor Responsible="true">{contact}</Executor>'
            f'<Control State="UnderControl"><Deadline>{deadline}</Deadline></Control>'
            "<IsProject>false</IsProject></Task>"
        )
        self.report(key, '<Consideration TaskID="3"/>', tasks=task)

    def prolong(self, key, deadline):
        control = f'<Control State="UnderControl"><Deadline>{deadline}</Deadline></Control>'
        card = self._card(key, "Т-1", "2024-03-04", control)
        self.report(
            key, '<Registration DocumentID="7" SystemDate="2024-03-04T10:00:00.1234567"/>', documents=card
        )

    def redirect(self, key, name):
        contact = f"<Contact>{organisation(name)}</Contact>"
        self.report(
            key, f"<Redirection>{contact}<Date>2024-03-05T10:00:00</Date><Type>Почта</Type></Redirection>"
        )

    def answer(self, key, text, files, *, commanded, solved, number):
        listed, parts = {"Report.xml": None}, []
        for index, (name, content) in enumerate(files.items(), start=1):
            unique = f"file{index}.bin"
            listed[unique] = content
            stem, dot, suffix = name.rpartition(".")
            parts.append(
                f'<File UID="f{index}" ResourceID="{index}" Size="{len(content)}">'
                f"<Description>{escape(stem)}</Description><Extension>{dot}{suffix}</Extension></File>"
            )
        document = (
            '<Document UID="aa" DocumentID="9" Type="Created" MainDocument="false">'
            f"<RegistrationInfo><Number>{number}</Number><Date>2024-03-20</Date></RegistrationInfo>"
            f"<Annotation>{escape(text)}</Annotation>{''.join(parts)}"
            f'<AdditionalField Name="Ответ в ПОС" Type="Flag">{int(commanded)}</AdditionalField>'
            f'<AdditionalField Name="Результат ПОС" Type="Text">{"Решено" if solved else "Не решено"}'
            "</AdditionalField></Document>"
        )
        self.report(
            key,
            '<Answer DocumentID="9"><Date>2024-03-20T12:00:00</Date><Type>СЭВ</Type></Answer>',
            documents=document,
            files=listed,
        )

    def repeat(self):
        self.put(*self.said[-1])

    def report(self, key, notification, *, documents="", tasks="", files=None, kind="Report"):
        uid = key_uuid(key).hex
        self.clock += timedelta(minutes=1)
        resources = "".join(
            f'<Resource UID="{index}" UniqueName={quoteattr(name)}/>'
            for index, name in enumerate(files or {"Report.xml": None})
        )
        passport = (
            '<?xml version="1.0" encoding="UTF-8"?><Report xmlns="http://www.eos.ru/2010/sev">'
            f'<Header MessageID="{uuid4().hex}" Version="1.0" Time="{self.clock.isoformat()}" '
            f'MessageType="{kind}" ReturnID="{uid}" ResourceID="0">'
            f'<Sender><Contact>{organisation()}</Contact><EDMS UID="1"/></Sender>'
            f"<Recipient><Contact>{organisation()}</Contact></Recipient><ResourceList>{resources}</ResourceList>"
            f'</Header><Notification><InitialDoc UID="{uid}"><Number>1</Number>'
            "<Date>2024-03-01</Date></InitialDoc>"
            f"{notification}</Notification>"
            + (f"<DocumentList>{documents}</DocumentList>" if documents else "")
            + (f"<TaskList>{tasks}</TaskList>" if tasks else "")
            + "</Report>"
        )
        self.put(passport.encode(), files or {})

    def put(self, passport, files, *, name=None, passport_name="Report.xml"):
        self.said.append((passport, files))
        uid = name or str(uuid4())
        folder = self.settings.folder_in / uid
        folder.mkdir()
        (folder / passport_name).write_bytes(passport)
        for file, content in files.items():
            if content is not None:
                (folder / file).write_bytes(content)
        self.envelope(uid)
        return uid

    def envelope(self, uid, folder=None):
        (self.settings.folder_in / f"{uid}.env").write_text(
            f"<Envelop><MessageDir>{escape(folder or uid)}</MessageDir><Body/></Envelop>", encoding="utf-8"
        )

    def _card(self, key, number, day, control=""):
        return (
            f'<Document UID="{key_uuid(key).hex}" DocumentID="7" Type="Incoming" MainDocument="false">'
            f"<RegistrationInfo><Number>{escape(number)}</Number><Date>{day}</Date></RegistrationInfo>"
            f"{control}</Document>"
        )

    # -- failing

    @contextmanager
    def lose_connection_after_commit(self):
        """The marker is durable, the rename that shows the envelope fails."""
        yield from self._failing_rename(lambda source: source.endswith(".env.tmp"))

    @contextmanager
    def lose_connection_before_commit(self):
        yield from self._failing_rename(lambda source: not source.endswith(".env.tmp"))

    @staticmethod
    def _failing_rename(hit):
        real = os.rename

        def failing(source, target, **options):
            if hit(str(source)):
                raise OSError(5, "Input/output error")
            real(source, target, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "rename", failing)
            yield


def organisation(name="Администрация Примерска"):
    return f'<Organization UID="0100000002"><ShortName>{escape(name)}</ShortName></Organization>'
