"""What one Mayan EDMS is set up with: address, token, document type, what its transitions mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import ConfigDict

from config.i18n import _
from config.values import SecretRef, Size
from connector.appeal import AnswerResult, EventKind
from connector.sed.http import Address, Timeouts
from connector.sed.section import Seconds

DRAFT = "draft"  # of `transitions`: an answer that nobody ordered to be sent
_SENTENCES = {
    "Регистрация": "registered",
    "Назначение исполнителя": "executor_assigned",
    "Ход работы": "progress",
    "Перенос срока": "extended",
    "Перенаправление": "redirected",
    "Отказ в регистрации": "refused",
    "Проект ответа": DRAFT,
    "Ответ: решено": "answer.solved",
    "Ответ: не решено": "answer.not_solved",
}


@dataclass(frozen=True, kw_only=True)
class MayanSettings:
    """One Mayan EDMS. Raises ValueError that names a wrong setting.

    Mayan knows no appeals: the administrator makes a document type, a metadata type for the key and a
    workflow whose transitions bear the labels of `transitions`; the transition «Ответ …» is the command.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)  # Secret is ours

    url: str  # without /api/v4
    token: SecretRef
    document_type: str = "Обращение ПОС"
    key_metadata: str = "pos_key"  # name of the metadata type
    workflow: str = "pos_life"  # internal name
    transitions: Mapping[str, str] = field(default_factory=lambda: dict(_SENTENCES))
    answer_comment: str = "Ответ"  # of the files that belong to the answer
    file_comment: str = "ПОС"  # of the files of the message
    newest: int = 50  # documents that are looked through where the search index may lag
    window: int = 100  # ids of events that are read again: one may be committed later than a higher one
    settle: Seconds = 60.0  # how long an uploaded file may take to appear: Mayan works on it in background
    max_file_size: Size = 100 << 20
    ca_file: Path | None = None
    connect_timeout: Seconds = 10.0
    read_timeout: Seconds = 120.0
    calls_per_second: float = 50.0  # of one process; 0 = no limit
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    language: str = "ru"

    def __post_init__(self) -> None:
        self.address()
        for name in ("document_type", "key_metadata", "workflow"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name}: " + _("must be set"))
        known = {str(kind) for kind in EventKind} | {"answer.solved", "answer.not_solved", DRAFT}
        if unknown := sorted(set(self.transitions.values()) - known):
            raise ValueError(
                "transitions: "
                + _("{words}: no such value; use one of {allowed}").format(
                    words=", ".join(unknown), allowed=", ".join(sorted(known))
                )
            )
        object.__setattr__(self, "transitions", MappingProxyType(dict(self.transitions)))

    def address(self) -> Address:
        """Return where the REST API is. Raises ValueError."""
        timeouts = Timeouts(connect=self.connect_timeout, read=self.read_timeout)
        url = self.url.rstrip("/") + "/api/v4"
        return Address(url, self.ca_file, timeouts, calls_per_second=self.calls_per_second)

    def meaning(self, label: str) -> tuple[EventKind, AnswerResult, bool] | None:
        """Return what a transition tells: the event, how it ended, whether it is the command to send."""
        word = self.transitions.get(label, "")
        if not word:
            return None
        if word == DRAFT:
            return EventKind.ANSWER, AnswerResult.UNKNOWN, False
        kind, _dot, result = word.partition(".")
        return EventKind(kind), AnswerResult(result), kind == EventKind.ANSWER
