"""What must be true of a record before it goes, by the rules of protocols: sstu. Pure."""

import re
from collections.abc import Iterator
from itertools import pairwise

from exporter.sstu.model import REGISTERED, RESPONDED, WITH_ANSWER, Fault, Question, Record, Status

MOST_BASE64 = 10_000_000  # characters; the text must be shorter
_CODE = re.compile(r"\d{4}(?:\.\d{4}){0,4}")


def faults(record: Record) -> list[Fault]:
    """Return everything that is wrong, the appeal's own first."""
    found = list(_own(record))
    for place, question in enumerate(record.questions, start=1):
        found += _of_question(record, question, f"questions[{place}].")
    return found


def _own(record: Record) -> Iterator[Fault]:
    if record.department is None:
        yield Fault("no-department", "departmentId")
    if not record.number:
        yield Fault("no-number", "number")
    if not record.name:
        yield Fault("no-name", "name")
    if not record.direct and record.created is None:
        yield Fault("no-created", "createDate")
    if record.electronic and record.direct:
        yield Fault("direct-by-medo", "format")
    if not record.questions:
        yield Fault("no-questions", "questions")


def _of_question(record: Record, question: Question, at: str) -> Iterator[Fault]:
    if not question.code:
        yield Fault("no-code", f"{at}code")
    elif not _CODE.fullmatch(question.code):
        yield Fault("wrong-code", f"{at}code", question.code)
    if question.status is None:
        yield Fault("unknown-status", f"{at}status", question.status_said)
        return
    yield from _dates(record, question, question.status, at)
    if question.status in WITH_ANSWER:
        yield from _answer(question, at)
    if question.status is Status.SUPPORTED and question.actions_taken is None:
        yield Fault("actions-unknown", f"{at}actionsTaken")
    if question.status is Status.TRANSFERRED:
        told = question.transfer
        if told is None or told.department is None or told.on is None or not told.number:
            yield Fault("transfer-incomplete", f"{at}transfer")


def _dates(record: Record, question: Question, status: Status, at: str) -> Iterator[Fault]:
    needed = {
        "incomingDate": (question.incoming, status is not Status.NOT_RECEIVED),
        "registrationDate": (question.registered, status in REGISTERED),
        "responseDate": (question.responded, status in RESPONDED),
    }
    for field, (value, wanted) in needed.items():
        if wanted and value is None:
            yield Fault("no-date", f"{at}{field}")
    first = [] if record.direct or record.created is None else [("createDate", record.created)]
    known = first + [(field, value) for field, (value, wanted) in needed.items() if wanted and value]
    for (_earlier, before), (field, after) in pairwise(known):
        if after < before:
            yield Fault("dates-out-of-order", f"{at}{field}", f"{after} < {before}")


def _answer(question: Question, at: str) -> Iterator[Fault]:
    if len(question.answers) != 1:
        yield Fault("answer-files", f"{at}attachment", str(len(question.answers)))
        return
    size = (len(question.answers[0].content) + 2) // 3 * 4
    if size >= MOST_BASE64:
        yield Fault("answer-too-large", f"{at}attachment", str(size))
    if not question.answers[0].content:
        yield Fault("answer-empty", f"{at}attachment")
