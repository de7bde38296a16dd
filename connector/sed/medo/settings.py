"""What one МЭДО exchange is set up with: folders, parties, version, what commands an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from config.i18n import _
from config.values import Size
from connector.appeal import AnswerResult
from connector.sed.section import Seconds

_BOX = re.compile(r"[^\s~]+~[^\s~]+")  # <box>~<mail server>
_ANNOTATION_LIMIT = 4000  # characters, by the schema


def is_box(address: str) -> bool:
    """Whether an address is one of the mail service: box~server."""
    return bool(_BOX.fullmatch(address))


@dataclass(frozen=True, slots=True)
class Participant:
    """A party of the exchange: its GUID and name, and the mail box `box~server` where one must be written."""

    uid: UUID
    name: str
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class MedoSettings:
    """One exchange with one SED over МЭДО. Raises ValueError that names a wrong setting.

    Folders: `out` is «На отправку» (ToSend) of the mail service, `in_` where it unloads what came, `sent` and
    `error` its Sended and Error; `state` is ours, local and never shared; `done` and `broken` keep what was
    read (default: beside the in-folder, on the same file system). Times in seconds, sizes in bytes.
    """

    folder_out: Path
    folder_in: Path
    folder_state: Path
    sender: Participant
    recipient: Participant
    folder_sent: Path | None = None
    folder_error: Path | None = None
    folder_done: Path | None = None
    folder_broken: Path | None = None
    version: Literal["2.2", "2.6", "2.7.1"] = "2.6"
    layout: Literal["inside", "beside"] = (
        "inside"  # where the envelope lies: in the message's folder, above it
    )
    encoding: Literal["windows-1251", "UTF-8"] = "windows-1251"  # of what we write; 2.7.1 is UTF-8
    kind: str = "Обращение"
    subject: str = "Сообщение ПОС"
    classification_confidential: str = ""  # гриф of a message whose author asked not to disclose it
    nameless: str = "Имя не указано"
    sign: bool = False  # «ЭЦП», «ШИФРОВАНИЕ», … of the envelope: the mail service does it
    encrypt: bool = False
    confirm_delivery: bool = False
    confirm_reading: bool = False
    receipts: bool = True  # answer every document and notification with a «Квитанция»
    answer_field: str = "Ответ в ПОС"  # specialMark, or a line `field: 1` of the answer's comment
    answer_kinds: tuple[str, ...] = ()  # kinds of document that are the command by themselves
    answer_link_types: tuple[str, ...] = ()  # types of link that are
    answer_text_field: str = "Текст ответа ПОС"  # a line of the comment; else the annotation
    result_field: str = "Результат ПОС"
    result_words: Mapping[str, AnswerResult] = field(
        default_factory=lambda: {"Решено": AnswerResult.SOLVED, "Не решено": AnswerResult.NOT_SOLVED}
    )
    redirect_words: tuple[str, ...] = ("Перенаправлено",)  # how the text of such an «Исполнение» begins
    technical_reasons: tuple[str, ...] = ()  # reasons of refusal that are faults of the exchange
    annotation_limit: int = _ANNOTATION_LIMIT
    max_file_size: Size = 2**31 - 1
    max_passport_size: Size = 32 << 20
    max_container_size: Size = 4 << 30  # all files of a zip together, unpacked
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    language: str = "ru"
    settle: Seconds = 2.0
    patience: Seconds = 900.0
    stale: Seconds = 4 * 3600.0
    min_free: Size = 1 << 30

    def __post_init__(self) -> None:
        for place in ("folder_out", "folder_in", "folder_state", "folder_sent", "folder_error"):
            path = getattr(self, place)
            if path is not None and not path.is_absolute():
                self._refuse(place, _("give a path from the root"))
        if not self.sender.name.strip() or not self.recipient.name.strip():
            self._refuse("sender, recipient", _("give a name"))
        if not is_box(self.recipient.address):
            self._refuse("recipient", _("give the address of the mail box as box~server"))
        if not 100 <= self.annotation_limit <= _ANNOTATION_LIMIT:
            self._refuse(
                "annotation_limit", _("give 100 to {most} characters").format(most=_ANNOTATION_LIMIT)
            )
        if self.max_file_size <= 0:
            self._refuse("max_file_size", _("give a size above zero"))
        object.__setattr__(self, "result_words", MappingProxyType(dict(self.result_words)))

    @property
    def done(self) -> Path:
        """Where acknowledged messages lie."""
        return self.folder_done or self.folder_in.with_name(f"{self.folder_in.name}.done")

    @property
    def broken(self) -> Path:
        """Where messages lie that could not be read."""
        return self.folder_broken or self.folder_in.with_name(f"{self.folder_in.name}.broken")

    @property
    def in_container(self) -> bool:
        """Whether documents go in a container (2.7.1, experimental)."""
        return self.version == "2.7.1"

    def _refuse(self, setting: str, why: str) -> None:
        raise ValueError(f"{setting}: {why}")
