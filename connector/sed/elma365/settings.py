"""What one ELMA365 is set up with: address, token, the app of appeals, codes of its fields and statuses."""

import re
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

# Our word → code of the field in ELMA365. The first three rows are written by sedlink, the others by clerks.
FIELDS: Mapping[str, str] = {
    "key": "pos_key", "ready": "pos_ready", "title": "__name", "text": "pos_text", "number": "pos_number",
    "applicant": "pos_applicant", "address": "pos_address", "created": "pos_created", "due": "pos_due",
    "files": "pos_files",
    "reg_number": "reg_number", "reg_date": "reg_date", "executor": "executor", "deadline": "deadline",
    "organisation": "redirected_to", "refusal_code": "refusal_code", "refusal_text": "refusal_text",
    "answer_text": "answer_text", "answer_number": "answer_number", "answer_date": "answer_date",
    "answer_files": "answer_files", "answer_result": "answer_result", "answer_send": "answer_send",
}  # fmt: skip
# Of the second app, a row for each question of an appeal.
QUESTION_FIELDS: Mapping[str, str] = {
    "title": "__name", "appeal": "appeal_id", "ordinal": "ordinal", "code": "rubric_code",
    "name": "rubric_name", "result": "result",
}  # fmt: skip
NEEDED = frozenset({"key", "ready", "title", "files"})
STATUS_WORDS = frozenset({"refused", "progress", "closed"})
_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
X_TOKEN = "X-Token"  # noqa: S105 - a header's name
_HEADERS = ("Authorization", X_TOKEN)


@dataclass(frozen=True, kw_only=True)
class ElmaSettings:
    """One ELMA365. Raises ValueError that names a wrong setting.

    ELMA365 has no appeals of its own: the administrator makes an app (and one for the questions) with the
    fields named here. Both tables take differences only: what is not named keeps our code, "" leaves it out.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)  # Secret is ours

    url: str  # without /pub/v1
    token: SecretRef
    namespace: str
    app: str
    directory: str  # UUID of the folder for files of messages
    questions: str = ""  # code of the app of questions; empty: no cards for the mart
    token_header: str = "Authorization"  # noqa: S105 - a header's name; or X-Token, as older servers want
    card_file: str = "Обращения ПОС"  # what the mart calls this app
    fields: Mapping[str, str] = field(default_factory=dict)
    question_fields: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)  # field of a question → its code
    statuses: Mapping[str, str] = field(
        default_factory=lambda: {"refused": "refused", "in_progress": "progress", "closed": "closed"}
    )
    result_words: Mapping[str, AnswerResult] = field(
        default_factory=lambda: {"solved": AnswerResult.SOLVED, "not_solved": AnswerResult.NOT_SOLVED}
    )
    look_back: Seconds = 120.0
    page: int = 100  # rows of a list: the API gives no more
    part: Size = 5 << 20  # bytes of a file in one request
    max_file_size: Size = 100 << 20
    ca_file: Path | None = None
    connect_timeout: Seconds = 10.0
    read_timeout: Seconds = 120.0
    calls_per_second: float = 50.0  # of one process; 0 = no limit
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    language: str = "ru"

    def __post_init__(self) -> None:
        self.address()
        for name in ("namespace", "app", *(["questions"] if self.questions else [])):
            if not _CODE.fullmatch(getattr(self, name)):
                raise ValueError(f"{name}: " + _("write the code of ELMA365: letters, digits, _"))
        if not _UUID.fullmatch(self.directory):
            raise ValueError("directory: " + _("write the id (UUID) of a folder of ELMA365"))
        if self.token_header not in _HEADERS:
            raise ValueError(self._one_of("token_header", [self.token_header], _HEADERS))
        for name, least in (("page", 1), ("part", 1), ("max_file_size", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: " + _("give at least {least}").format(least=least))
        if self.page > 100:
            raise ValueError("page: " + _("ELMA365 gives at most 100 rows at once"))
        self._check_tables()
        self._freeze()

    def _check_tables(self) -> None:
        for name, known in (("fields", FIELDS), ("question_fields", QUESTION_FIELDS)):
            if unknown := sorted(getattr(self, name).keys() - known.keys()):
                raise ValueError(self._one_of(name, unknown, known))
        if missing := sorted(name for name in NEEDED if self.fields.get(name, "x") == ""):
            raise ValueError("fields: " + _("{names}: must be set").format(names=", ".join(missing)))
        if unknown := sorted(set(self.statuses.values()) - STATUS_WORDS):
            raise ValueError(self._one_of("statuses", unknown, STATUS_WORDS))
        if self.annotations and not self.questions:
            raise ValueError("annotations: " + _("name the app of questions in questions first"))

    @staticmethod
    def _one_of(name: str, words: "list[str]", allowed: object) -> str:
        told = ", ".join(sorted(allowed))  # type: ignore[call-overload]  # a collection of words
        return f"{name}: " + _("{words}: no such value; use one of {allowed}").format(
            words=", ".join(words), allowed=told
        )

    def _freeze(self) -> None:
        object.__setattr__(self, "fields", MappingProxyType({**FIELDS, **self.fields}))
        questions = {**QUESTION_FIELDS, **self.question_fields}
        object.__setattr__(self, "question_fields", MappingProxyType(questions))
        for name in ("annotations", "statuses", "result_words"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def address(self) -> Address:
        """Return where the public API is. Raises ValueError."""
        timeouts = Timeouts(connect=self.connect_timeout, read=self.read_timeout)
        url = self.url.rstrip("/") + "/pub/v1"
        return Address(url, self.ca_file, timeouts, calls_per_second=self.calls_per_second)

    def midnight(self, day: date) -> datetime:
        """Return the moment, UTC, at which a day begins where the SED's people are."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)
