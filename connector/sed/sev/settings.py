"""What one СЭВ exchange is set up with: folders, who writes to whom, how a card is filled, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from config.i18n import _
from config.values import Size
from connector.appeal import AnswerResult
from connector.sed.section import Seconds

# What an additional field of a card may be filled with; the words of `SevSettings.additional_fields`.
FIELD_SOURCES = frozenset(
    {
        "number", "status", "mart", "round", "kind", "channel", "category", "fast_track",
        "address", "oktmo", "coordinates", "created_at", "due_at", "cabinet",
    }
)  # fmt: skip
_FLAGS = frozenset({"mart", "fast_track"})
_INT_MAX = 2**31 - 1  # sizes are xs:int in the schemas
_STOP_DAYS = range(1, 1000)  # the format's own bounds


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party of the exchange; `uid` is its «индекс СЭВ», by which ДЕЛО recognises it."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """A row of ДЕЛО's dictionary: its name, and its «индекс СЭВ» where one is set."""

    name: str
    uid: str = ""


@dataclass(frozen=True, kw_only=True)
class SevSettings:
    """One exchange with one ДЕЛО. Raises ValueError that names a wrong setting.

    Folders: `out` to the SED, `in_` from it, both on the SED's exchange share; `state` is ours, local and
    never shared; `done` and `broken` keep what was read (default: beside the in-folder, on the same file
    system). Times in seconds, sizes in bytes.
    """

    folder_out: Path
    folder_in: Path
    folder_state: Path
    sender: Organisation
    recipient: Organisation
    folder_done: Path | None = None
    folder_broken: Path | None = None
    address: str = ""  # of the envelope: the recipient's mailbox or channel address
    return_address: str = ""
    channel: str = ""
    subject: str = "Сообщение ПОС"
    edms_uid: str = "6A1D2F0C93B84E57A0C45E1B7D9F3842"  # sedlink's own
    edms_name: str = "sedlink"
    edms_version: str = "1.0"
    group: Named = Named("Обращения граждан")
    access: Named = Named("общий")
    access_confidential: Named = Named("конфиденциально")
    link_type: Named = Named("Доработка")
    nameless: str = "Имя не указано"  # a card without an author is refused by ДЕЛО (code 39)
    additional_fields: Mapping[str, str] = field(
        default_factory=lambda: {
            "Сообщение ПОС №": "number",
            "Статус ПОС": "status",
            "Выгрузка в витрину ПОС": "mart",
            "Раунд ПОС": "round",
        }
    )
    first_status: str = "В работе"  # «Статус ПОС» of a new card
    mart: bool = True  # «Выгрузка в витрину ПОС» of a new card
    flag_words: tuple[str, str] = ("1", "0")  # how a flag is written: yes, no
    technical_failures: tuple[str, ...] = ()  # codes of Failure that are faults of the exchange, not refusals
    answer_field: str = "Ответ в ПОС"
    answer_groups: tuple[str, ...] = ()
    answer_text_field: str = "Текст ответа ПОС"  # where it is filled; else the document's annotation
    result_field: str = "Результат ПОС"
    result_words: Mapping[str, AnswerResult] = field(
        default_factory=lambda: {"Решено": AnswerResult.SOLVED, "Не решено": AnswerResult.NOT_SOLVED}
    )
    report_days: int = 365  # how long the SED goes on reporting
    annotation_limit: int = 2000  # characters; the whole text goes as a file where it is longer
    size_in_kilobytes: bool = False  # of File@Size: real messages of ДЕЛО look like kilobytes
    max_file_size: Size = _INT_MAX
    max_passport_size: Size = 32 << 20
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    language: str = "ru"
    settle: Seconds = 2.0  # a file is complete when it did not change for so long
    patience: Seconds = 900.0  # an incomplete message is set aside when nothing changed for so long
    stale: Seconds = 4 * 3600.0  # `check` complains of a message that nobody took for so long
    min_free: Size = 1 << 30

    def __post_init__(self) -> None:
        for place in ("folder_out", "folder_in", "folder_state"):
            if not getattr(self, place).is_absolute():
                self._refuse(place, _("give a path from the root"))
        for party in ("sender", "recipient"):
            if not getattr(self, party).uid.strip() or not getattr(self, party).name.strip():
                self._refuse(party, _("give both the СЭВ index (uid) and the name"))
        unknown = set(self.additional_fields.values()) - FIELD_SOURCES
        if unknown:
            allowed = ", ".join(sorted(FIELD_SOURCES))
            self._refuse(
                "additional_fields",
                _("{words}: no such value; use one of {allowed}").format(
                    words=", ".join(sorted(unknown)), allowed=allowed
                ),
            )
        if self.report_days not in _STOP_DAYS:
            self._refuse("report_days", _("give 1 to 999 days"))
        if not 0 < self.max_file_size <= _INT_MAX:
            self._refuse("max_file_size", _("the format holds files below 2 GB"))
        if self.annotation_limit < 100:
            self._refuse("annotation_limit", _("give at least 100 characters"))
        object.__setattr__(self, "additional_fields", MappingProxyType(dict(self.additional_fields)))
        object.__setattr__(self, "result_words", MappingProxyType(dict(self.result_words)))

    @property
    def done(self) -> Path:
        """Where acknowledged messages lie."""
        return self.folder_done or self.folder_in.with_name(f"{self.folder_in.name}.done")

    @property
    def broken(self) -> Path:
        """Where messages lie that could not be read."""
        return self.folder_broken or self.folder_in.with_name(f"{self.folder_in.name}.broken")

    def field_type(self, source: str) -> str:
        """Return the type of an additional field by what fills it."""
        return "Flag" if source in _FLAGS else "Text"

    def _refuse(self, setting: str, why: str) -> None:
        raise ValueError(f"{setting}: {why}")
