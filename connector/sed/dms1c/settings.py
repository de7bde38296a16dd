"""What one 1С:Документооборот is set up with: where it is, how a card is filled, what its users command by.

Additional properties («дополнительные реквизиты») are created by the administrator of 1С: every name is a
setting whose default stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import ConfigDict

from config.i18n import _
from config.secret import Secret
from config.values import Seconds, SecretRef, Size, is_loopback
from connector.appeal import AnswerResult
from connector.transport import tls_context

# What an additional property may be filled with when the card is made.
CARD_SOURCES = frozenset(
    {
        "number", "round", "files", "kind", "channel", "cabinet", "created_at", "due_at", "fast_track",
        "collective", "confidential", "applicant", "applicant_address", "applicant_phone", "applicant_email",
        "applicant_organisation", "co_applicants", "reply_by_post", "address", "oktmo", "region",
        "municipality", "coordinates", "category", "rework_comment",
    }
)  # fmt: skip
QUESTION_SOURCES = frozenset({"code", "status", "mart", "text", "category"})


@dataclass(frozen=True, slots=True)
class Ref:
    """An element of a dictionary of 1С: its GUID (for documents' kinds and folders also a name to read)."""

    id: str
    name: str = ""
    type: str = ""  # of XDTO; empty = what the setting is usually filled with


def _card_properties() -> Mapping[str, str]:
    return {
        "Сообщение ПОС №": "number",
        "Раунд ПОС": "round",
        "Файлов ПОС": "files",
        "Дата ПОС": "created_at",
        "Срок ПОС": "due_at",
        "Заявитель ПОС": "applicant",
        "Адрес заявителя ПОС": "applicant_address",
        "Телефон заявителя ПОС": "applicant_phone",
        "Почта заявителя ПОС": "applicant_email",
        "Место ПОС": "address",
        "Регион ПОС": "region",
        "Муниципалитет ПОС": "municipality",
        "ОКТМО ПОС": "oktmo",
        "Канал ПОС": "channel",
        "Конфиденциально ПОС": "confidential",
    }


def _result_words() -> Mapping[str, AnswerResult]:
    return {"Решено": AnswerResult.SOLVED, "Не решено": AnswerResult.NOT_SOLVED}


@dataclass(frozen=True, kw_only=True)
class Dms1cSettings:
    """One infobase of 1С:Документооборот. Raises ValueError that names a wrong setting.

    Times in seconds, sizes in bytes.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)

    url: str  # …/ws/dm.1cws, without ?wsdl
    user: str
    password: SecretRef
    auth: Literal["basic", "ntlm"] = "basic"
    ca_file: Path | None = None
    wsdl: Literal["auto", "own", "server"] = "auto"
    database_id: str = ""  # dataBaseID of every request
    connect_timeout: Seconds = 10.0
    read_timeout: Seconds = 60.0
    calls_per_second: float = 50.0  # of one process; 0 = no limit
    file_timeout: Seconds = 600.0
    attempts: int = 4  # of a request that is harmless to repeat, before the channel is paused
    max_answer: Size = 64 << 20
    max_file_size: Size = 100 << 20
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    language: str = "ru"
    transient_words: tuple[str, ...] = ("блокиров", "монопольн", "взаимоблокиров", "сеанс", "недоступн")

    document_type: Ref | None = None  # вид документа
    folder: Ref | None = None
    organization: Ref | None = None
    author: Ref | None = None
    responsible: Ref | None = None
    external_type: str = "sedlink"  # externalObject.type
    title: str = "Обращение ПОС № {number}"
    summary_limit: int = 2000  # characters; the whole text goes as a file where it is longer
    card_properties: Mapping[str, str] = field(default_factory=_card_properties)
    question_properties: Mapping[str, str] = field(
        default_factory=lambda: {
            "Рубрика ПОС": "code",
            "Статус ПОС": "status",
            "Выгрузка в витрину ПОС": "mart",
        }
    )
    property_ids: Mapping[str, str] = field(default_factory=dict)  # GUIDs that 1С does not tell itself
    next_question: str = "{name} {n}"  # name of the same property of the second, third … question
    max_questions: int = 5
    first_status: str = "В работе"  # «Статус ПОС» of a new card
    mart: bool = True  # «Выгрузка в витрину ПОС» of a new card
    process_template: Ref | None = None  # a process to launch on every new card

    answer_property: str = "Ответ в ПОС"
    answer_types: tuple[str, ...] = ()  # kinds of outgoing documents that are a command by themselves
    answer_numbered: bool = True  # an answer leaves only once its document has a number
    answer_link: str = "Обращение ПОС"
    answer_text_property: str = "Текст ответа ПОС"
    result_property: str = "Результат ПОС"
    result_words: Mapping[str, AnswerResult] = field(default_factory=_result_words)
    refusal_property: str = "Отказ ПОС"
    refusal_code_property: str = "Код отказа ПОС"
    redirect_property: str = "Перенаправлено ПОС"
    prolong_property: str = "Продлено ПОС до"
    closed_states: tuple[str, ...] = ("Закрыт",)
    read_tasks: bool = True

    read_from: date | None = None  # cards that changed before it are not looked at
    changed_property: str = "modificationDate"
    task_changed_property: str = "beginDate"
    find_property: str = "externalObject"
    look_back: Seconds = 300.0
    list_limit: int = 500
    list_limit_most: int = 20_000
    batch: int = 50  # objects retrieved by one request
    rubric_date_property: str = "Дата рубрики ПОС"
    rubric_result_property: str = "Результат ПОС"
    rubric_state_property: str = "Статус вопроса ПОС"
    answered_property: str = "Дата ответа ПОС"
    rubric_type: str = "DMActivityMatter"
    folder_type: str = "DMIncomingDocumentFolder"

    def __post_init__(self) -> None:
        self._check_url()
        self._check_properties()
        if not self.user.strip():
            self._refuse("user", _("must not be empty"))
        self._check_numbers()
        self._check_pace()
        if self.summary_limit < 100:
            self._refuse("summary_limit", _("give at least 100 characters"))
        if self.list_limit_most < self.list_limit:
            self._refuse("list_limit_most", _("must not be below list_limit"))
        if "{n}" not in self.next_question or "{name}" not in self.next_question:
            self._refuse("next_question", _("write {name} and {n} in it"))
        tls_context(self.ca_file)  # says what is wrong with the file
        for name in ("card_properties", "question_properties", "result_words", "property_ids"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def _check_numbers(self) -> None:
        for name in ("connect_timeout", "read_timeout", "file_timeout", "look_back"):
            if getattr(self, name) <= 0:
                self._refuse(name, _("give a time longer than nothing"))
        if not 0 <= self.calls_per_second < inf:
            self._refuse("calls_per_second", _("write a number of calls, 0 = no limit"))
        for name in ("attempts", "list_limit", "batch", "max_file_size", "max_answer", "max_questions"):
            if getattr(self, name) < 1:
                self._refuse(name, _("give a number above zero"))

    @property
    def files_property(self) -> str:
        """The property that holds how many files a card was given: by it a card is known to be whole."""
        return next(name for name, source in self.card_properties.items() if source == "files")

    def question_property(self, name: str, ordinal: int) -> str:
        """Return what a question's property is called on the card, by its ordinal from 1."""
        return (
            name if ordinal == 1 else self.next_question.replace("{name}", name).replace("{n}", str(ordinal))
        )

    def question_source(self, source: str) -> str:
        """Return the base name of the property that holds something of a question, "" when none does."""
        return next((name for name, one in self.question_properties.items() if one == source), "")

    def reveal(self) -> str:
        """Return the password, for the one call that sends it."""
        secret: Secret = self.password
        return secret.reveal()

    def _check_pace(self) -> None:
        if not 0 <= self.calls_per_second < inf:
            self._refuse("calls_per_second", _("write a number of calls, 0 = no limit"))

    def _check_url(self) -> None:
        try:
            parts = urlsplit(self.url)
            port_is_one = parts.port is None or parts.port > 0
        except ValueError as error:
            self._refuse("url", str(error))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or not port_is_one:
            self._refuse("url", _("write the service's address like https://1c.example.org/do/ws/dm.1cws"))
        if parts.username or parts.password:
            self._refuse("url", _("credentials do not stand in an address"))
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            self._refuse("url", _("http would send the password in clear, use https"))

    def _check_properties(self) -> None:
        for setting, allowed in (
            ("card_properties", CARD_SOURCES),
            ("question_properties", QUESTION_SOURCES),
        ):
            unknown = set(getattr(self, setting).values()) - allowed
            if unknown:
                self._refuse(
                    setting,
                    _("{words}: no such value; use one of {allowed}").format(
                        words=", ".join(sorted(unknown)), allowed=", ".join(sorted(allowed))
                    ),
                )
        if list(self.card_properties.values()).count("files") != 1:
            self._refuse("card_properties", _("one property must hold the number of files (files)"))
        if "code" not in self.question_properties.values():
            self._refuse("question_properties", _("one property must hold the classifier's code (code)"))

    def _refuse(self, setting: str, why: str) -> None:
        raise ValueError(f"{setting}: {why}")
