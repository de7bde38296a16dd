"""A sender of the СЭВ folder for tests: writes a DocInfo message, reads what ДЕЛО of the stand sent back."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

NS = {"s": "http://www.eos.ru/2010/sev"}
INDEX = "STAND-DELO"
SUBSCRIBED = ("Reception", "Registration", "Forwarding", "Consideration", "Report", "Redirection", "Answer")


@dataclass
class Letter:
    """A message to ДЕЛО; a test changes one thing of it."""

    number: str = "9001-1000001"
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)
    text: str = "Яма на дороге"
    author: str = "<Author><PrivatePerson><FIO>Тестов Тест</FIO></PrivatePerson></Author>"
    files: dict = field(default_factory=dict)
    index: str = INDEX
    field: str = '<AdditionalField Name="Сообщение ПОС №" Type="Text">{number}</AdditionalField>'
    rubric: str = ""
    subscribed: tuple = SUBSCRIBED
    size_error: int = 0
    message_dir: str = ""

    def passport(self):
        """DocInfo.xml."""
        files = list(enumerate(self.files.items(), start=1))
        resources = "".join(f'<Resource UID="{n}" UniqueName="{name}"/>' for n, (name, _c) in files)
        parts = "".join(
            f'<File UID="{self.uid}{n}" ResourceID="{n}" Size="{len(content) + self.size_error}">'
            f"<Description>{name}</Description><Extension>{Path(name).suffix}</Extension></File>"
            for n, (name, content) in files
        )
        events = "".join(
            f'<{name} Include="{"true" if name in self.subscribed else "false"}"/>' for name in SUBSCRIBED
        )
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<DocInfo xmlns="{NS["s"]}">
<Header MessageID="{uuid.uuid4().hex}" Version="1.0" Time="2025-01-01T10:00:00" MessageType="MainDoc"
 ReturnID="{self.uid}" ResourceID="0">
<Sender><Contact><Organization UID="POS"><ShortName>ПОС</ShortName></Organization>
<Econtact Type="e">link@example.org</Econtact></Contact><EDMS UID="1F" Version="1">sedlink</EDMS></Sender>
<Recipient><Contact><Organization UID="{self.index}"><ShortName>Стенд</ShortName></Organization></Contact>
</Recipient>
<ResourceList><Resource UID="0" UniqueName="DocInfo.xml"/>{resources}</ResourceList></Header>
<DocumentList><Document UID="{self.uid}" DocumentID="1" Type="Incoming" MainDocument="true">
<RegistrationInfo><Number>{self.number}</Number><Date>2025-01-01</Date></RegistrationInfo>
<Annotation>{self.text}</Annotation>{self.rubric}{parts}{self.author}{self.field.format(number=self.number)}
</Document></DocumentList>
<Subscriptions StopDayCount="60">{events}</Subscriptions></DocInfo>"""

    def put(self, folder):
        """Write the message into the folder, envelope last."""
        name = str(uuid.uuid4())
        (folder / name).mkdir(parents=True)
        for file_name, content in self.files.items():
            (folder / name / file_name).write_bytes(content)
        (folder / name / "DocInfo.xml").write_text(self.passport(), encoding="utf-8")
        shown = self.message_dir or name
        envelope = f"<Envelop><Address>delo@example.org</Address><MessageDir>{shown}</MessageDir></Envelop>"
        (folder / f".{name}.tmp").write_text(envelope, encoding="utf-8")
        (folder / f".{name}.tmp").rename(folder / f"{name}.env")
        return self


def reports(folder):
    """What came back: (message type, root of Report.xml, folder), in the order of writing."""
    found = []
    for path in sorted(folder.glob("*.env"), key=lambda one: one.stat().st_mtime_ns):
        inside = folder / etree.parse(path).findtext("MessageDir")
        root = etree.parse(inside / "Report.xml").getroot()
        found.append((root.find("s:Header", NS).get("MessageType"), root, inside))
    return found


def notices(folder):
    """The kinds of notices that came back, in order: Reception, Failure, Registration, …"""
    return [
        etree.QName(one).localname
        for _kind, root, _inside in reports(folder)
        for one in root.find("s:Notification", NS)
        if etree.QName(one).localname != "InitialDoc"
    ]
