"""Builds what the SED behind МЭДО sends: receipts, notifications, answers; with the defects of real ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import NAMESPACE_URL, uuid4, uuid5
from zoneinfo import ZoneInfo

from lxml import etree

from stand.medo.reading import NS, Incoming, tag
from stand.words import Decision, DecisionKind, FileSpec, Official

REASONS = (
    "Не подлежит регистрации",
    "Ошибка адресации",
    "Не указан корреспондент",
    "Отсутствует текст",
    "Нет подписи",
    "Приложение отсутствует",
)
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_ZONE = ZoneInfo("Europe/Moscow")
SENT_MARK = "Ответ в ПОС"
RESULT_FIELD = "Результат ПОС"
REDIRECTED = "Перенаправлено"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the SED is in the exchange."""

    uid: str = "5edc0de0-0000-4000-8000-000000000002"
    organisation: str = "Стенд МЭДО"
    box: str = "STAND~MEDO"


@dataclass(frozen=True, slots=True)
class Defects:
    """How a message departs from the letter of the format, as real ones do."""

    version: str = "2.6"
    utf8_as_1251: bool = False
    without_created: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A message: its XML under its file name, and its other files."""

    subject: str
    passport: str
    xml: bytes
    files: tuple[tuple[str, FileSpec], ...] = ()


class Writer:
    """Writes messages about one document."""

    def __init__(self, identity: Identity, incoming: Incoming | None = None) -> None:
        self._me = identity
        self._incoming = incoming

    def receipt(self, message_uid: str, now: datetime, defects: Defects, trouble: str = "") -> Letter:
        """Return the receipt for a message."""
        parts = [el("time", _moment(now)), el("accepted", "false" if trouble else "true")]
        if trouble:
            parts.append(el("comment", trouble))
        body = el("acknowledgment", *parts, uid=message_uid)
        return Letter("Квитанция", "acknowledgment.xml", self._message("Квитанция", [body], now, defects))

    def notice(self, decision: Decision, number: str, day: date, at: datetime, defects: Defects) -> Letter:
        """Return the notification that tells of a decision."""
        kind, element, inside, clause, comment = _notice_parts(decision, number, day)
        subject = f"Исх уведомление от {local(at):%d.%m.%Y %H:%M:%S}\nТип {kind}"
        return self._notification(kind, element, inside, clause, comment, subject, at, defects)

    def about_answer(
        self, decision: Decision, number: str, at: datetime, defects: Defects
    ) -> tuple[Letter, Letter]:
        """Return the notifications that go before an answer: prepared, sent."""
        signatory = el("signatory", *_person(decision.manager), el("signed", at.date().isoformat()))
        report = el("report", el("organization", self._me.organisation), _num(number, at.date()))
        told = (
            ("Доклад подготовлен", "reportPrepared", [signatory]),
            ("Доклад направлен", "reportSent", [report]),
        )
        prepared, sent = (
            self._notification(kind, element, inside, None, "", kind, at, defects)
            for kind, element, inside in told
        )
        return prepared, sent

    def _notification(
        self,
        kind: str,
        element: str,
        inside: Sequence[etree._Element],
        clause: etree._Element | None,
        comment: str,
        subject: str,
        at: datetime,
        defects: Defects,
    ) -> Letter:
        known = self._known()
        number = _num(known.number, date.fromisoformat(known.date))
        parts = [el("time", _moment(at)), el("foundation", el("organization", known.source or "—"), number)]
        parts += [clause] if clause is not None else []
        parts += [el("correspondent", el("organization", self._me.organisation)), *inside]
        body = el(
            "notification", el(element, *parts), *([el("comment", comment)] if comment else []),
            type=kind, uid=known.uid, id=known.local_id,
        )  # fmt: skip
        return Letter(subject, "notification.xml", self._message("Уведомление", [body], at, defects))

    def answer(self, decision: Decision, number: str, at: datetime, mark: str, defects: Defects) -> Letter:
        """Return the answer, a document linked to theirs. `mark` is "mark", "line" or "" for no command."""
        known = self._known()
        taken: set[str] = set()
        files = tuple(
            (_file_name(place, spec, taken), spec) for place, spec in enumerate(decision.files, start=1)
        )
        listed = [
            el("file", el("group", "Текст документа"), localName=name, localId=str(place))
            for place, (name, _spec) in enumerate(files)
        ]
        lines = [f"{RESULT_FIELD}: {'Решено' if decision.solved else 'Не решено'}"]
        lines += [f"{SENT_MARK}: 1"] if mark == "line" else []
        who = [el("organization", self._me.organisation), *_person(decision.manager)]
        signed = el("signed", at.date().isoformat())
        link = el("link", el("linkType", "В ответ на"), uid=known.uid, id=known.local_id)
        link.append(el("reference", _num(known.number, date.fromisoformat(known.date))))
        parts = [el("kind", "Письмо"), _num(number, at.date())]
        parts += [el("specialMark", SENT_MARK)] if mark == "mark" else []
        parts += [
            el("signatories", el("signatory", *who, signed)),
            el("addressees", el("addressee", el("person", known.author or "—"))),
            el("pages", "1"), el("annotation", decision.text), el("links", link),
        ]  # fmt: skip
        parts += [el("executor", *_person(one)) for one in decision.executors[:1]]
        uid = uuid5(NAMESPACE_URL, f"stand:{known.uid}:{number}")
        document = el("document", *parts, el("comment", "\n".join(lines)), uid=str(uid))
        body = [document, el("files", *listed)]
        return Letter("Ответ", "document.xml", self._message("Документ", body, at, defects), files)

    def _message(self, kind: str, body: Sequence[etree._Element], now: datetime, defects: Defects) -> bytes:
        header = el("header", type=kind, uid=str(uuid4()).upper())
        if not defects.without_created:
            header.set(tag("created"), _moment(now))
        header.append(el("source", el("organization", self._me.organisation), uid=self._me.uid))
        root = el("communication", header, *body, version=defects.version)
        if defects.utf8_as_1251:
            text = etree.tostring(root, encoding="unicode")
            return b"<?xml version='1.0' encoding='WINDOWS-1251'?>\n" + text.encode("utf-8")
        return cast("bytes", etree.tostring(root, xml_declaration=True, encoding="windows-1251"))

    def _known(self) -> Incoming:
        if self._incoming is None:
            raise ValueError("no document to tell about")
        return self._incoming


def _notice_parts(
    decision: Decision, number: str, day: date
) -> tuple[str, str, list[etree._Element], etree._Element | None, str]:
    """Return type, element, what is inside it, its clause and the comment of a decision's notification."""
    kind, course = decision.kind, [el("courseText", decision.text or "Исполняется")]
    clause = _clause(decision)
    if kind is DecisionKind.REGISTER:
        return "Зарегистрирован", "documentAccepted", [_num(number, day)], None, ""
    if kind is DecisionKind.REFUSE:
        reason = REASONS[decision.code % len(REASONS)]
        return "Отказано в регистрации", "documentRefused", [el("reason", reason)], None, decision.text
    if kind is DecisionKind.ASSIGN:
        executor = next(iter(decision.executors), None)
        roles = {"secretary": decision.manager, "manager": decision.manager, "executor": executor}
        people = [el(role, *_person(who)) for role, who in roles.items()]
        return "Назначен исполнитель", "executorAssigned", people, clause, ""
    if kind is DecisionKind.REDIRECT:
        whom = el("reference", el("organization", decision.organisation), _num(f"{number}-П", day))
        text = el("courseText", f"{REDIRECTED} по компетенции")
        return "Исполнение", "courseChanged", [text, whom], None, ""
    return "Исполнение", "courseChanged", course, clause if kind is DecisionKind.PROLONG else None, ""


def _clause(decision: Decision) -> etree._Element:
    parts = [el("designation", "п. 1")]
    parts += [el("text", decision.text)] if decision.text else []
    parts += [el("deadline", decision.deadline.isoformat())] if decision.deadline else []
    return el("clause", *parts)


def _person(person: Official | None) -> list[etree._Element]:
    if person is None:
        return [el("person", "Не назначен")]
    contacts = ", ".join(filter(None, (person.phone, person.email)))
    parts = [el("person", person.full_name), el("post", person.post)]
    return parts + ([el("contactInfo", contacts)] if contacts else [])


def _num(number: str, day: date) -> etree._Element:
    return el("num", el("number", number), el("date", day.isoformat()))


def _file_name(place: int, spec: FileSpec, taken: set[str]) -> str:
    """Return the name that a person gave a file, as far as the mail service can carry it."""
    name = _UNSAFE.sub("_", spec.name.encode("windows-1251", errors="replace").decode("windows-1251"))
    name = f"{place}_{name}" if name.casefold() in taken else name
    taken.add(name.casefold())
    return name


def el(name: str, *children: etree._Element | str, **attributes: str) -> etree._Element:
    """Return an element with qualified attributes and a text or child elements."""
    element = etree.Element(tag(name), nsmap={"xdms": NS})
    for key, value in attributes.items():
        element.set(tag(key), value)
    for child in children:
        if isinstance(child, str):
            element.text = child
        else:
            element.append(child)
    return element


def local(at: datetime) -> datetime:
    """Return a moment as the SED's clock on the wall shows it: real messages carry no zone."""
    return at.astimezone(_ZONE).replace(tzinfo=None)


def _moment(at: datetime) -> str:
    return local(at).isoformat(timespec="seconds")
