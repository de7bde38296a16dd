"""What one Directum RX is set up with: address, names of its sets and fields, the command, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import ConfigDict

from config.i18n import _
from config.values import SecretRef, Size
from connector.appeal import AnswerResult
from connector.sed.http import Address, Timeouts
from connector.sed.section import Seconds

# What a property of a new card may be filled with; the words of `DirectumSettings.properties`.
SOURCES = frozenset(
    {
        "title", "text", "note", "number", "applicant", "created", "due", "created_at", "due_at", "repeated",
        "collective", "confidential", "round", "kind", "channel", "category", "address", "oktmo", "email",
        "phone", "post_address", "organisation",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DirectumSettings:
    """One Directum RX. Raises ValueError that names a wrong setting.

    Facts of the vendor's module (sed.md 4): the sets of requests, letters and questions and their fields.
    What a customer's own layer adds has no public name and is a setting: the field of the key, the command.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)  # Secret is ours

    url: str  # …/Integration/odata
    user: str
    password: SecretRef
    key_field: str  # a text property of the request card that an administrator added for this
    answer_field: str = ""  # the command: a property of the letter, true or one of `answer_values`
    answer_values: tuple[str, ...] = ()
    answer_kinds: tuple[str, ...] = ()  # the command: names of document kinds
    answer_text_field: str = "Subject"
    result_words: Mapping[str, AnswerResult] = field(
        default_factory=lambda: {
            "Supported": AnswerResult.SOLVED,
            "ActionsTaken": AnswerResult.SOLVED,
            "NotSupported": AnswerResult.NOT_SOLVED,
            "Denied": AnswerResult.NOT_SOLVED,
        }
    )
    refused_states: tuple[str, ...] = ("Aborted",)
    refusal_text_field: str = ""
    refusal_code_field: str = ""
    closed_states: tuple[str, ...] = ("Executed", "WithoutExecut")
    progress_states: Mapping[str, str] = field(
        default_factory=lambda: {"OnControl": "На контроле", "ControlRemoved": "Снято с контроля"}
    )
    properties: Mapping[str, str] = field(
        default_factory=lambda: {
            "Name": "title",
            "Subject": "title",
            "Note": "note",
            "FullName": "applicant",
            "RequestDate": "created_at",
            "Deadline": "due_at",
            "InitialDeadline": "due_at",
            "IsRepeated": "repeated",
        }
    )
    constants: Mapping[str, object] = field(default_factory=dict)  # e.g. DocumentKind = { Id = 5 }
    annotations: Mapping[str, str] = field(default_factory=dict)  # field of a question → its property
    text_limit: int = 1000  # characters of a text property
    name_limit: int = 250
    requests: str = "IRequests"
    letters: str = "IOutgoingRequestLetters"
    questions: str = "IQuestions"
    attachments: str = "IAddendums"
    applications: str = "IAssociatedApplications"
    card_files: str = "IDocumentRegisters"
    card_file_field: str = "DocumentRegister"
    lead_field: str = "LeadingDocument"
    state_field: str = "LifeCycleState"
    draft_state: str = "Draft"
    ready_state: str = "Active"
    modified_field: str = "Modified"
    other_extension: str = ""  # whose application opens files that Directum knows no application for
    look_back: Seconds = 600.0
    page: int = 100
    max_file_size: Size = 100 << 20
    ca_file: Path | None = None
    connect_timeout: Seconds = 10.0
    read_timeout: Seconds = 120.0
    calls_per_second: float = 50.0  # of one process; 0 = no limit
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    nameless: str = "Имя не указано"  # a request without FullName is refused
    language: str = "ru"

    def __post_init__(self) -> None:
        self.address()
        for name in ("user", "key_field", "state_field", "modified_field"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name}: " + _("must be set"))
        if unknown := sorted(set(self.properties.values()) - SOURCES):
            raise ValueError(
                "properties: "
                + _("{words}: no such value; use one of {allowed}").format(
                    words=", ".join(unknown), allowed=", ".join(sorted(SOURCES))
                )
            )
        for name, least in (("page", 1), ("name_limit", 50), ("text_limit", 50), ("max_file_size", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: " + _("give at least {least}").format(least=least))
        for name in ("result_words", "progress_states", "properties", "constants", "annotations"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def address(self) -> Address:
        """Return where the service is. Raises ValueError."""
        timeouts = Timeouts(connect=self.connect_timeout, read=self.read_timeout)
        return Address(self.url, self.ca_file, timeouts, calls_per_second=self.calls_per_second)

    def commanded(self, letter: Mapping[str, object]) -> bool:
        """Whether the SED's user ordered this letter to be sent to the platform."""
        kind = letter.get("DocumentKind")
        if isinstance(kind, Mapping) and kind.get("Name") in self.answer_kinds:
            return True
        told = letter.get(self.answer_field) if self.answer_field else None
        return told is True or (isinstance(told, str) and told in self.answer_values)

    @property
    def has_command(self) -> bool:
        """Whether an answer can leave at all."""
        return bool(self.answer_field or self.answer_kinds)

    def day(self, moment: datetime | None) -> date | None:
        """Return the day of a moment where the SED's people are."""
        try:
            return moment.astimezone(self.zone).date() if moment else None
        except OverflowError:  # the last night of the year 9999 ends in no year
            return None

    def midnight(self, day: date) -> datetime:
        """Return the moment, UTC, at which a day begins where the SED's people are."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)
