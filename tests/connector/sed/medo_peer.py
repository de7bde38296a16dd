"""A small SED of the tests' own behind the folders of МЭДО, built from the facts of sed.md section 2."""

import hashlib
import shutil
import xml.etree.ElementTree as ET  # what we wrote ourselves
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5
from xml.sax.saxutils import escape, quoteattr

from connector.appeal import key_uuid
from connector.sed.medo import MedoSed, MedoSettings, Participant
from connector.sed.testing import Received
from tests.connector.sed.sev_peer import FolderDelo

X = "{http://www.infpres.com/IEDMS}"
PEER = Participant(UUID("22222222-2222-4222-8222-222222222222"), "Администрация Примерска", "PRIMER~MEDO")


def settings_for(root, **changes):
    for name in ("ToSend", "in", "Sended", "Error"):
        (root / name).mkdir(exist_ok=True)
    facts = {
        "folder_out": root / "ToSend",
        "folder_in": root / "in",
        "folder_sent": root / "Sended",
        "folder_error": root / "Error",
        "folder_state": root / "state",
        "sender": Participant(UUID("11111111-1111-4111-8111-111111111111"), "Платформа"),
        "recipient": PEER,
        "settle": 0.0,
        "min_free": 1,
    }
    return MedoSettings(**{**facts, **changes})


def envelope(*files, subject="Уведомление", box="PRIMER~MEDO"):
    """What the mail service unloads: `.LTR` with the sender's box."""
    rows = "".join(f"{number}={name}\n" for number, name in enumerate(files))
    text = (
        f"[ПИСЬМО КП ПС СЗИ]\nТЕМА={subject}\nШИФРОВАНИЕ=0\nЭЦП=1\nДОСТАВЛЕНО=0\nПРОЧТЕНО=0\n"
        f"ДАТА=05.03.2024 12:00:00\n[АДРЕСАТЫ]\n0={box}\n[ФАЙЛЫ]\n{rows}"
    )
    return text.encode("windows-1251")


class MailService:
    """Takes messages out of our out-folder and unloads others into our in-folder."""

    def __init__(self, root, **changes):
        self.settings = settings_for(root, **changes)
        self.cards = {}  # document uid → list of {file name: sha256}
        self.messages = {}  # document uid → root
        self.receipts = {}  # message uid → accepted
        self.clock = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
        self.said = []

    def sed(self):
        return MedoSed(self.settings, clock=lambda: datetime(2024, 3, 2, 8, 0, tzinfo=UTC))

    # -- taking delivery

    def take(self):
        for path in sorted(self.settings.folder_out.glob("[!.]*/envelope.ini")):
            self.take_one(path.parent)

    def take_one(self, folder):
        sheet = (folder / "envelope.ini").read_bytes().decode("windows-1251")
        assert f"0={PEER.address}" in sheet
        assert len(sheet.split("ТЕМА=")[1].split("\r\n")[0]) <= 255
        listed = [line.partition("=")[2] for line in sheet.split("[ФАЙЛЫ]")[1].split("\r\n") if "=" in line]
        assert sorted([*listed, "envelope.ini"]) == sorted(path.name for path in folder.iterdir())
        root = ET.parse(folder / listed[0]).getroot()
        kind = root.find(f"{X}header").get(f"{X}type")
        if kind == "Документ":
            self._take_document(folder, root)
        else:
            told = root.find(f"{X}acknowledgment")
            self.receipts[told.get(f"{X}uid")] = told.findtext(f"{X}accepted")
        shutil.move(folder, self.settings.folder_sent / folder.name)

    def _take_document(self, folder, root):
        document = root.find(f"{X}document")
        files = {}
        for file in root.find(f"{X}files"):
            name = file.get(f"{X}localName")
            content = (folder / name).read_bytes()
            if file.findtext(f"{X}group") == "Текст приложения":
                files[name] = hashlib.sha256(content).hexdigest()
        uid = document.get(f"{X}uid")
        self.cards.setdefault(uid, []).append(files)
        self.messages[uid] = root

    def received(self, key):
        self.take()
        cards = self.cards.get(str(key_uuid(key)), [])
        return Received(len(cards), cards[-1] if cards else {})

    # -- telling

    def register(self, key, number, day):
        num = f"<xdms:num><xdms:number>{number}</xdms:number><xdms:date>{day}</xdms:date></xdms:num>"
        self.notify(key, "Зарегистрирован", "documentAccepted", num)

    def refuse(self, key, code, text):
        reason = "<xdms:reason>Не указан корреспондент</xdms:reason>"
        self.notify(key, "Отказано в регистрации", "documentRefused", reason, comment=text)
        return "3"

    def assign(self, key, executor, text, deadline):
        clause = (
            f"<xdms:clause><xdms:designation>п. 1</xdms:designation><xdms:text>{text}</xdms:text>"
            f"<xdms:deadline>{deadline}</xdms:deadline></xdms:clause>"
        )
        people = "".join(
            f"<xdms:{role}><xdms:person>{name}</xdms:person></xdms:{role}>"
            for role, name in (
                ("secretary", "Главный Г.Г."),
                ("manager", "Старший С.С."),
                ("executor", executor),
            )
        )
        self.notify(key, "Назначен исполнитель", "executorAssigned", people, clause=clause)

    def prolong(self, key, deadline):
        clause = f"<xdms:clause><xdms:deadline>{deadline}</xdms:deadline></xdms:clause>"
        text = "<xdms:courseText>Срок продлён</xdms:courseText>"
        self.notify(key, "Исполнение", "courseChanged", text, clause=clause)

    def redirect(self, key, organisation):
        text = (
            "<xdms:courseText>Перенаправлено по компетенции</xdms:courseText>"
            f"<xdms:reference><xdms:organization>{organisation}</xdms:organization>"
            "<xdms:num><xdms:number>П-1</xdms:number></xdms:num></xdms:reference>"
        )
        self.notify(key, "Исполнение", "courseChanged", text)

    def answer(self, key, text, files, *, commanded, solved, number):
        comment = f"Результат ПОС: {'Решено' if solved else 'Не решено'}" + "\nОтвет в ПОС: 1" * commanded
        who = "<xdms:organization>Администрация</xdms:organization><xdms:person>Главный Г.Г.</xdms:person>"
        body = (
            f'<xdms:document xdms:uid="{uuid5(UUID(int=0), key + number)}"><xdms:kind>Письмо</xdms:kind>'
            f"<xdms:num><xdms:number>{number}</xdms:number><xdms:date>2024-03-20</xdms:date></xdms:num>"
            f"<xdms:signatories><xdms:signatory>{who}<xdms:signed>2024-03-20</xdms:signed></xdms:signatory>"
            f"</xdms:signatories><xdms:addressees><xdms:addressee>{who}</xdms:addressee></xdms:addressees>"
            f"<xdms:pages>1</xdms:pages><xdms:annotation>{escape(text)}</xdms:annotation>"
            f'<xdms:links><xdms:link xdms:uid="{key_uuid(key)}"><xdms:linkType>В ответ на</xdms:linkType>'
            "<xdms:reference><xdms:num><xdms:number>1</xdms:number></xdms:num></xdms:reference></xdms:link>"
            f"</xdms:links><xdms:comment>{comment}</xdms:comment></xdms:document><xdms:files>"
            + "".join(
                f"<xdms:file xdms:localName={quoteattr(name)} xdms:localId='{index}'>"
                "<xdms:group>Текст документа</xdms:group></xdms:file>"
                for index, name in enumerate(files)
            )
            + "</xdms:files>"
        )
        self.send("Документ", body, "document.xml", files)

    def repeat(self):
        self.put(*self.said[-1])

    def notify(self, key, kind, element, inside, *, clause="", comment="", uid=None):
        self.clock += timedelta(minutes=1)
        note = f"<xdms:comment>{escape(comment)}</xdms:comment>" if comment else ""
        self.send(
            "Уведомление",
            f'<xdms:notification xdms:type="{kind}" xdms:uid="{uid or key_uuid(key)}"><xdms:{element}>'
            f"<xdms:time>{self.clock:%Y-%m-%dT%H:%M:%S}</xdms:time>{clause}{inside}</xdms:{element}>{note}"
            "</xdms:notification>",
            "notification.xml",
        )

    def acknowledge(self, message_uid, *, accepted=True, comment=""):
        note = f"<xdms:comment>{comment}</xdms:comment>" if comment else ""
        self.send(
            "Квитанция",
            f'<xdms:acknowledgment xdms:uid="{message_uid}"><xdms:time>2024-03-05T12:00:00</xdms:time>'
            f"<xdms:accepted>{str(accepted).lower()}</xdms:accepted>{note}</xdms:acknowledgment>",
            "acknowledgment.xml",
        )

    def send(self, kind, body, name, files=None):
        self.clock += timedelta(minutes=1)
        text = (
            "<?xml version='1.0' encoding='WINDOWS-1251'?>"
            f'<xdms:communication xmlns:xdms="{X[1:-1]}" xdms:version="1.0"><xdms:header xdms:type="{kind}" '
            f'xdms:uid="{uuid4()}" xdms:created="{self.clock:%Y-%m-%dT%H:%M:%S}">'
            f'<xdms:source xdms:uid="{PEER.uid}"><xdms:organization/></xdms:source></xdms:header>{body}'
            "</xdms:communication>"
        )
        self.put({name: text.encode("windows-1251"), **(files or {})})

    def put(self, files, *, sheet=None, name=None):
        self.said.append((files,))
        folder = self.settings.folder_in / (name or f"Уведомление {uuid4()}")
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        (folder / "letter.LTR").write_bytes(envelope(*files) if sheet is None else sheet)
        return folder

    # -- failing

    @contextmanager
    def lose_connection_after_commit(self):
        """The marker is durable, the rename that shows the envelope fails."""
        yield from failing_rename(lambda source: source.endswith(".ini.tmp"))

    @contextmanager
    def lose_connection_before_commit(self):
        yield from failing_rename(lambda source: not source.endswith(".ini.tmp"))


class Beside(MailService):
    """The same where the envelope lies beside the message's folder."""

    def take(self):
        for path in sorted(self.settings.folder_out.glob("[!.]*.ini")):
            sheet = path.read_bytes().decode("windows-1251").replace(f"{path.stem}\\", "")
            folder = path.with_suffix("")
            (folder / "envelope.ini").write_bytes(sheet.encode("windows-1251"))
            path.unlink()
            self.take_one(folder)

    lose_connection_after_commit = MailService.lose_connection_after_commit


failing_rename = FolderDelo._failing_rename
