"""An appeal as ССТУ takes it (protocols: sstu). Names of fields are those of the wire. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Status(StrEnum):
    """What became of a question; the values are the wire's."""

    NOT_RECEIVED = "NotReceived"
    NOT_REGISTERED = "NotRegistered"
    IN_WORK = "InWork"
    IN_WORK_EXTENDED = "InWorkExtended"
    EXPLAINED = "Explained"
    SUPPORTED = "Supported"
    NOT_SUPPORTED = "NotSupported"
    TRANSFERRED = "Transferred"
    ANSWERED = "Answered"
    LEFT_WITHOUT_ANSWER = "LeftWithoutAnswer"


WORDS = {
    "Не поступило": Status.NOT_RECEIVED,
    "Не зарегистрировано": Status.NOT_REGISTERED,
    "Находится на рассмотрении": Status.IN_WORK,
    "Рассмотрение продлено": Status.IN_WORK_EXTENDED,
    "Рассмотрено. Разъяснено": Status.EXPLAINED,
    "Рассмотрено. Поддержано": Status.SUPPORTED,
    "Рассмотрено. Не поддержано": Status.NOT_SUPPORTED,
    "Направлено по компетенции": Status.TRANSFERRED,
    "Дан ответ автору": Status.ANSWERED,
    "Оставлено без ответа автору": Status.LEFT_WITHOUT_ANSWER,
}
"""«Статус ССТУ» as a SED writes it."""

WITH_ANSWER = frozenset({Status.EXPLAINED, Status.SUPPORTED, Status.NOT_SUPPORTED, Status.ANSWERED})
RESPONDED = WITH_ANSWER | {Status.LEFT_WITHOUT_ANSWER}
REGISTERED = frozenset(set(Status) - {Status.NOT_RECEIVED, Status.NOT_REGISTERED})


@dataclass(frozen=True, slots=True)
class Attachment:
    """The answer's file."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Transfer:
    """To which body a question went."""

    department: UUID | None
    on: date | None
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; None and "" mean: not known."""

    code: str
    status: Status | None
    status_said: str = ""  # as the source has it, for who must correct it
    incoming: date | None = None
    registered: date | None = None
    responded: date | None = None
    answers: tuple[Attachment, ...] = ()
    actions_taken: bool | None = None
    transfer: Transfer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One appeal on its way into the package. `key` names it for good: the same appeal, the same file."""

    key: str
    card: str  # how a person finds it in the SED
    department: UUID | None
    number: str
    name: str
    questions: tuple[Question, ...]
    direct: bool = True
    electronic: bool = False  # came from another body by МЭДО
    created: date | None = None  # of the covering letter
    address: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing for which a record cannot go; `code` stands in wording.py. Never personal data."""

    code: str
    field: str
    value: str = ""
