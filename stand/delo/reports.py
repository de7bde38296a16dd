"""Builds the passports that ДЕЛО sends back: Reception, Failure and the accumulated Report.

What happened to a card is kept as facts; a report is written from one fact or, as the format allows
(«аккумулированный доклад»), from all of them.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from lxml import etree

from stand.delo.reading import NS, Incoming, find_all, tag
from stand.words import Decision, FileSpec, Official

_DEFAULT_NAMESPACE: Any = {None: NS}  # lxml's stubs forget that a default namespace has no prefix
SENT_MARK = "Ответ в ПОС"
RESULT_FIELD = "Результат ПОС"
_CARD, _ANSWER = "1", "2"  # DocumentID inside a passport


@dataclass(frozen=True, slots=True)
class Identity:
    """Who ДЕЛО is in the exchange."""

    index: str = "STAND-DELO"  # «индекс СЭВ»: Organization/@UID
    edms_uid: str = "5EDC0DE0000000000000000000000001"
    organisation: str = "Стенд ДЕЛО"
    address: str = "delo@example.org"
    version: str = "22.2.0"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to a card: what stands in the zones of a report."""

    notice: Callable[[], etree._Element]
    card: tuple[str, date, date | None]  # number, date, deadline as of now
    task: Callable[[], etree._Element] | None = None
    answer: Callable[[], etree._Element] | None = None
    files: tuple[FileSpec, ...] = ()


class ReportWriter:
    """Writes the passports about one document."""

    def __init__(self, incoming: Incoming | None, identity: Identity) -> None:
        self._incoming = incoming
        self._me = identity

    def reception(self, now: datetime) -> bytes:
        """Return the notification that the message was received."""
        return self._passport("Reception", now, [el("Reception", _moment(now))])

    def failure(self, now: datetime, code: int, sentence: str) -> bytes:
        """Return the notification that registration was refused."""
        return self._passport("Failure", now, [el("Failure", sentence, Code=str(code))])

    def report(self, facts: Sequence[Fact], now: datetime) -> bytes:
        """Return a report on some facts; of those on one task the last one counts."""
        latest = facts[-1]
        tasks = [fact.task() for fact in facts if fact.task][-1:]
        order = ("Registration", "Forwarding", "Consideration", "Report", "Redirection", "Answer")
        notices = [fact.notice() for fact in facts]
        notices.sort(key=lambda one: order.index(etree.QName(one).localname))  # the schema's sequence
        documents = [self._card(latest)] + ([latest.answer()] if latest.answer else [])
        files = [file_name(position, spec) for position, spec in enumerate(latest.files, start=1)]
        return self._passport("Report", now, notices, documents=documents, tasks=tasks, files=files)

    # ---- facts

    def registration(self, card: tuple[str, date, date | None], at: datetime) -> Fact:
        """The card got its number."""
        return Fact(lambda: el("Registration", DocumentID=_CARD, SystemDate=_moment(at)), card)

    def consideration(self, card: tuple[str, date, date | None], step: Decision, at: datetime) -> Fact:
        """A resolution, or the same resolution with a later date."""
        return Fact(lambda: el("Consideration", TaskID="1"), card, lambda: self._task(step, at, done=False))

    def progress(self, card: tuple[str, date, date | None], step: Decision, at: datetime) -> Fact:
        """An executor's report."""
        return Fact(lambda: el("Report", TaskID="1"), card, lambda: self._task(step, at, done=True))

    def redirection(self, card: tuple[str, date, date | None], step: Decision, at: datetime) -> Fact:
        """The document was sent on to another organisation."""

        def notice() -> etree._Element:
            contact = el("Contact", el("Organization", el("ShortName", step.organisation)))
            return el("Redirection", contact, el("Date", _moment(at)), el("Type", "СЭВ"))

        return Fact(notice, card)

    def answer(
        self, card: tuple[str, date, date | None], step: Decision, number: str, at: datetime, *, mark: str
    ) -> Fact:
        """An answer document was sent; `mark` is the flag of the command: "1", "true", "0" or "" for none."""
        return Fact(
            lambda: el("Answer", el("Date", _moment(at)), el("Type", "ПОС"), DocumentID=_ANSWER),
            card,
            answer=lambda: self._answer(step, number, at.date(), mark),
            files=step.files,
        )

    # ---- pieces

    def _passport(
        self,
        kind: str,
        now: datetime,
        notices: Iterable[etree._Element],
        *,
        documents: Sequence[etree._Element] = (),
        tasks: Sequence[etree._Element] = (),
        files: Sequence[str] = (),
    ) -> bytes:
        root = el("Report", self._header(kind, files, now), el("Notification", self._initial(now), *notices))
        if documents:
            root.append(el("DocumentList", *documents))
        if tasks:
            root.append(el("TaskList", *tasks))
        root.append(el("Expansion"))
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def _header(self, kind: str, files: Sequence[str], now: datetime) -> etree._Element:
        recipient = el("Recipient", el("Contact", el("Organization", el("ShortName", "unknown"))))
        if self._incoming is not None:
            recipient = el("Recipient", *(deepcopy(one) for one in self._incoming.sender))
        resources = [
            el("Resource", UID=str(n), UniqueName=name) for n, name in enumerate(("Report.xml", *files))
        ]
        return el(
            "Header",
            el(
                "Sender",
                self._organisation(),
                el("EDMS", "ДЕЛО (стенд)", UID=self._me.edms_uid, Version=self._me.version),
            ),
            recipient,
            el("ResourceList", *resources),
            MessageID=uuid4().hex,
            Version="1.0",
            Time=_moment(now),
            MessageType=kind,
            ReturnID=self._incoming.return_id if self._incoming else "unknown",
            ResourceID="0",
        )

    def _initial(self, now: datetime) -> etree._Element:
        known = self._incoming
        if known is None:
            return el(
                "InitialDoc", el("Number", "unknown"), el("Date", now.date().isoformat()), UID="unknown"
            )
        return el("InitialDoc", el("Number", known.number), el("Date", known.date), UID=known.uid)

    def _card(self, fact: Fact) -> etree._Element:
        number, registered, deadline = fact.card
        info = el("RegistrationInfo", el("Number", number), el("Date", registered.isoformat()))
        card = el("Document", info,
            UID=self._incoming.uid if self._incoming else "",
            DocumentID=_CARD, Type="Incoming", MainDocument="false",
        )  # fmt: skip
        if deadline:
            card.append(el("Control", el("Deadline", deadline.isoformat()), State="UnderControl"))
        card.append(el("Group", "Обращения граждан"))
        return card

    def _task(self, step: Decision, at: datetime, *, done: bool) -> etree._Element:
        task = el("Task", UID=self._derived("task"), TaskID="1", Type="Resolution", Privacy="false")
        if step.manager:
            task.append(el("Author", self._contact(step.manager), el("SignDate", at.date().isoformat())))
        if step.text and not done:
            task.append(el("Text", step.text))
        for position, person in enumerate(step.executors):
            executor = el("Executor", self._contact(person), Responsible="true" if position == 0 else "false")
            if done and position == 0:
                executor.extend(
                    (el("Text", step.text), el("Date", _moment(at)), el("Status", "На исполнении"))
                )
            task.append(executor)
        if step.deadline:
            task.append(el("Control", el("Deadline", step.deadline.isoformat()), State="UnderControl"))
        task.append(el("Parent", DocumentID=_CARD))
        task.append(el("IsProject", "false"))
        return task

    def _answer(self, step: Decision, number: str, sent: date, mark: str) -> etree._Element:
        registration = (el("Number", number), el("Date", sent.isoformat()))
        document = el(
            "Document", el("RegistrationInfo", *registration), el("Group", "Ответы заявителям"),
            el("Annotation", step.text),
            UID=self._derived("answer"), DocumentID=_ANSWER, Type="Created", MainDocument="false",
        )  # fmt: skip
        for position, spec in enumerate(step.files, start=1):
            document.append(self._file(position, spec))
        if step.manager:
            author = el("Author", self._contact(step.manager))
            author.append(el("RegistrationInfo", *(deepcopy(one) for one in registration)))
            document.append(author)
        document.extend(el("Writer", self._contact(person)) for person in step.executors)
        if mark:
            document.append(el("AdditionalField", mark, Name=SENT_MARK, Type="Flag"))
            result = "Решено" if step.solved else "Не решено"
            document.append(el("AdditionalField", result, Name=RESULT_FIELD, Type="Text"))
        document.append(el("Link", el("LinkType", "В ответ на"), DocumentID=_CARD))
        return document

    def _file(self, position: int, spec: FileSpec) -> etree._Element:
        name = PurePath(spec.name)
        return el("File", el("Description", name.stem), el("Extension", name.suffix),
            UID=self._derived(f"file:{spec.sha256}:{position}"), ResourceID=str(position),
            Size=str(len(spec.content())),
        )  # fmt: skip

    def _contact(self, person: Official) -> etree._Element:
        contact = self._organisation()
        contact.append(el("OfficialPerson", el("FIO", person.full_name), el("Post", person.post)))
        for kind, value in (("t", person.phone), ("e", person.email)):
            if value:
                contact.append(el("Econtact", value, Type=kind))
        return contact

    def _organisation(self) -> etree._Element:
        return el("Contact", el("Organization", el("ShortName", self._me.organisation), UID=self._me.index))

    def _derived(self, what: str) -> str:
        uid = self._incoming.uid if self._incoming else ""
        return uuid5(NAMESPACE_URL, f"stand:{uid}:{what}").hex


def el(name: str, *children: etree._Element | str, **attributes: str) -> etree._Element:
    """Return an element of the exchange's namespace with attributes, a text or child elements."""
    element = etree.Element(tag(name), attributes, nsmap=_DEFAULT_NAMESPACE)
    for child in children:
        if isinstance(child, str):
            element.text = child
        else:
            element.append(child)
    return element


def file_name(position: int, spec: FileSpec) -> str:
    """Return the name under which a file of an answer travels: plain and unique."""
    return f"answer_{position}{PurePath(spec.name).suffix}"


def return_address(incoming: Incoming) -> str:
    """Return the sender's mail address for the envelope, "" when it has none."""
    contacts = find_all(incoming.sender, "Contact/Econtact")
    return next((one.text or "" for one in contacts if one.get("Type") in ("e", "s")), "")


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
