"""How a clerk's decision is written into the infobase: numbers, tasks, properties, answer documents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import PurePath

from stand.desk import Assignment
from stand.dms1c.infobase import FILE, INCOMING, OUTGOING, PROCESS, TASK, Infobase, Stored
from stand.faults import FaultPlan
from stand.words import Decision, DecisionKind, Official

_STATES = {
    DecisionKind.REGISTER: "Зарегистрирован",
    DecisionKind.ASSIGN: "На исполнении",
    DecisionKind.ANSWER: "Закрыт",
}


@dataclass(slots=True)
class Card:
    """A card that was taken: its document and what the clerks do with it."""

    document: Stored
    assignment: Assignment
    number: str
    drafts: list[Stored] = field(default_factory=list)


class Clerk:
    """Writes decisions. The caller holds the infobase's lock."""

    def __init__(self, base: Infobase, faults: FaultPlan) -> None:
        self._base = base
        self._faults = faults

    def write(self, card: Card, decision: Decision) -> None:
        """Write a decision about a card."""
        writers = {
            DecisionKind.REGISTER: self._register,
            DecisionKind.ASSIGN: self._assign,
            DecisionKind.PROGRESS: self._progress,
            DecisionKind.PROLONG: self._prolong,
            DecisionKind.REDIRECT: self._redirect,
            DecisionKind.REFUSE: self._refuse,
            DecisionKind.DRAFT: self._answer,
            DecisionKind.ANSWER: self._answer,
        }
        writers[decision.kind](card, decision)
        state = _STATES.get(decision.kind)
        if state:
            status = self._base.named("DMDocumentStatus", state)
            card.document.references["status"] = (status.kind, status.id)
        self._base.touch(card.document)

    def _register(self, card: Card, decision: Decision) -> None:
        card.document.fields["regNumber"] = card.number
        card.document.moments["regDate"] = _naive(decision.at) or self._base.now()

    def _assign(self, card: Card, decision: Decision) -> None:
        """One order to several people: a process, and a task for each."""
        target = (INCOMING, card.document.id)
        process = self._base.add(Stored(PROCESS, name="Исполнение", references={"target": target}))
        for person in decision.executors or (Official("Отдел", "", "", ""),):
            task = Stored(TASK, name="Исполнить", fields={"description": decision.text, "executed": "false"})
            task.references = {
                "target": target,
                "parentBusinessProcess": (PROCESS, process.id),
                "performer": self._user(person),
            }
            if decision.manager:
                task.references["author"] = self._user(decision.manager)
            task.moments["beginDate"] = self._base.now()
            if decision.deadline:
                task.moments["dueDate"] = datetime.combine(decision.deadline, time(23, 59, 59))
            self._base.add(task)

    def _progress(self, card: Card, decision: Decision) -> None:
        if not any(True for _task in self._open_tasks(card)):
            self._assign(card, decision)
        task = next(self._open_tasks(card))
        task.fields |= {"executed": "true", "executionComment": decision.text}
        task.moments["endDate"] = self._base.now()
        self._base.touch(task)

    def _prolong(self, card: Card, decision: Decision) -> None:
        if decision.deadline is None:
            return
        moment = datetime.combine(decision.deadline, time(23, 59, 59))
        card.document.properties["Продлено ПОС до"] = moment
        for task in self._open_tasks(card):
            task.moments["dueDate"] = moment
            self._base.touch(task)

    def _redirect(self, card: Card, decision: Decision) -> None:
        card.document.properties["Перенаправлено ПОС"] = decision.organisation

    def _refuse(self, card: Card, decision: Decision) -> None:
        card.document.properties |= {"Отказ ПОС": decision.text, "Код отказа ПОС": str(decision.code)}

    def _answer(self, card: Card, decision: Decision) -> None:
        """Make an answer document, or command the draft that is there; files before the command."""
        number = decision.number or f"{card.number}/исх"
        commanded = decision.kind is DecisionKind.ANSWER
        reuse = commanded and card.drafts and self._faults.chance("draft", number) < 0.5
        answer = card.drafts[-1] if reuse else self._base.add(Stored(OUTGOING, name=f"Ответ {number}"))
        for file in self._base.files(answer.id):
            file.owner = ""
        for spec in decision.files:
            name, content = PurePath(spec.name), spec.content()
            file = Stored(FILE, name=name.stem, owner=answer.id, content=content)
            file.fields = {"extension": name.suffix.removeprefix("."), "size": str(len(content))}
            self._base.add(file)
        answer.fields = {"regNumber": number, "summary": f"О рассмотрении обращения {card.number}"}
        answer.moments["regDate"] = _naive(decision.at) or self._base.now()
        answer.properties = {
            "Обращение ПОС": (INCOMING, card.document.id),
            "Текст ответа ПОС": decision.text,
            "Ответ в ПОС": commanded,
            "Результат ПОС": ("Решено" if decision.solved else "Не решено") if commanded else "",
        }
        if decision.manager:
            answer.references["author"] = self._user(decision.manager)
        self._base.touch(answer)
        if not commanded:
            card.drafts.append(answer)

    def _open_tasks(self, card: Card) -> Iterator[Stored]:
        for task in self._base.all(TASK):
            if task.references["target"][1] == card.document.id and task.fields["executed"] == "false":
                yield task

    def _user(self, person: Official) -> tuple[str, str]:
        user = self._base.named("DMUser", person.full_name)
        return user.kind, user.id


def _naive(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None, microsecond=0) if at else None
