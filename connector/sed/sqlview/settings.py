"""What one database of cards is set up with: where it is, what is selected, what may be written."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from config.i18n import _
from config.values import SecretRef, parse_duration
from connector.sed.sqlview.statement import parameters, problem

CARD_PARAMETERS = frozenset({"from", "to", "cardfile", "cursor"})
ANNOTATE_PARAMETERS = frozenset({"card", "question", "mart", "platform_status"})
Seconds = Annotated[
    float,
    BeforeValidator(lambda value: parse_duration(value).total_seconds() if isinstance(value, str) else value),
]


@dataclass(frozen=True, kw_only=True)
class Annotate:
    """What fills «Выгрузка в витрину ПОС» (`:mart`) and «Статус ПОС» (`:platform_status`) of one question.

    Several statements run in one transaction. A parameter that is not to be changed is NULL.
    """

    sql: tuple[str, ...]
    url: str = ""  # another account; empty = the reading one's
    password: SecretRef | None = None

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    def __post_init__(self) -> None:
        if not self.sql:
            raise ValueError("annotate.sql: " + _("give at least one statement"))
        for statement in self.sql:
            _refuse("annotate.sql", problem(statement, ANNOTATE_PARAMETERS, reads=False))
            if "card" not in parameters(statement):
                _refuse("annotate.sql", _("must say which card is meant: :card, and :question where it can"))
        if self.url:
            _url("annotate.url", self.url)


@dataclass(frozen=True, kw_only=True)
class SqlViewSettings:
    """One database. Raises ValueError that names a wrong setting. Times in seconds."""

    url: str  # SQLAlchemy's; without a password
    cards: str  # SELECT: a row per question, the rows of a card one after another
    password: SecretRef | None = None
    card_files: str | tuple[str, ...] = ()  # their names, or a SELECT of id and name
    rubrics: str = ""  # SELECT of code and name
    annotate: Annotate | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))  # of times without a zone
    cursor: Literal["integer", "text", "time"] = "integer"  # what :cursor is
    batch: int = 1000  # rows fetched at once
    connect: Seconds = 10.0
    silence: Seconds = 600.0  # how long a statement may run (PostgreSQL)

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    def __post_init__(self) -> None:
        _url("url", self.url)
        _refuse("cards", problem(self.cards, CARD_PARAMETERS, reads=True))
        for place in ("card_files", "rubrics"):
            statement = getattr(self, place)
            if isinstance(statement, str) and statement:
                _refuse(place, problem(statement, frozenset(), reads=True))
        if self.batch < 1:
            _refuse("batch", _("give at least one row"))


def _url(place: str, text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError(f"{place}: " + _("is no database address: see docs/sed-sqlview.md")) from None
    if url.password is not None:
        raise ValueError(f"{place}: " + _("leave the password out and give a secret reference as `password`"))
    return url


def _refuse(place: str, why: str) -> None:
    if why:
        raise ValueError(f"{place}: {why}")
