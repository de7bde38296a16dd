"""The infobase: documents, files, tasks and dictionaries in memory, as 1С keeps them. Thread-safe."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

EMPTY = datetime(1, 1, 1)  # noqa: DTZ001 - how 1С writes a date that is not there
INCOMING, OUTGOING, FILE = "DMIncomingDocument", "DMOutgoingDocument", "DMFile"
TASK, PROCESS = "DMBusinessProcessTask", "DMBusinessProcessPerformance"
LAUNCHED = "DMComplexBusinessProcess"

# The additional properties that the stand's administrator created, with their types.
PROPERTIES: dict[str, dict[str, str]] = {
    INCOMING: {
        "Сообщение ПОС №": "string", "Раунд ПОС": "decimal", "Файлов ПОС": "decimal", "Дата ПОС": "dateTime",
        "Срок ПОС": "dateTime", "Заявитель ПОС": "string", "Адрес заявителя ПОС": "string",
        "Телефон заявителя ПОС": "string", "Почта заявителя ПОС": "string", "Место ПОС": "string",
        "Регион ПОС": "string", "Муниципалитет ПОС": "string", "ОКТМО ПОС": "string", "Канал ПОС": "string",
        "Конфиденциально ПОС": "boolean",
        "Отказ ПОС": "string", "Код отказа ПОС": "string", "Перенаправлено ПОС": "string",
        "Продлено ПОС до": "dateTime", "Дата ответа ПОС": "dateTime",
        **{
            name if n == 1 else f"{name} {n}": kind
            for n in range(1, 6)
            for name, kind in (
                ("Рубрика ПОС", "string"), ("Статус ПОС", "string"), ("Выгрузка в витрину ПОС", "boolean"),
                ("Дата рубрики ПОС", "dateTime"), ("Результат ПОС", "string"),
                ("Статус вопроса ПОС", "string"),
            )
        },
    },
    OUTGOING: {
        "Ответ в ПОС": "boolean", "Результат ПОС": "string", "Текст ответа ПОС": "string",
        "Обращение ПОС": "object",
    },
}  # fmt: skip


@dataclass(slots=True)
class Stored:
    """An object: plain fields as texts, references as ids, properties by name."""

    kind: str
    id: str = field(default_factory=lambda: str(uuid4()))
    name: str = ""
    external: tuple[str, str, str] | None = None  # name, id, type
    fields: dict[str, str] = field(default_factory=dict)
    references: dict[str, tuple[str, str]] = field(default_factory=dict)  # field → type, id
    moments: dict[str, datetime] = field(default_factory=dict)
    properties: dict[str, str | bool | datetime | tuple[str, str]] = field(default_factory=dict)
    content: bytes = b""
    owner: str = ""


class Infobase:
    """All objects by id, in the order in which they were made; times by 1С's own clock, to the second."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._objects: dict[str, Stored] = {}
        for kind, names in {
            "DMIncomingDocumentFolder": ("Обращения граждан", "Письма организаций"),
            "DMIncomingDocumentType": ("Обращение гражданина",),
            "DMActivityMatter": ("(0005.0005.0056.1159) Уличное освещение", "(0005.0005.0056.1162) Дороги"),
            "DMOrganization": ("Стенд 1С",),
        }.items():
            for name in names:
                self.add(Stored(kind, name=name))

    def now(self) -> datetime:
        """Return the moment by the infobase's clock: without a zone, to the second."""
        return self._clock().replace(tzinfo=None, microsecond=0)

    def add(self, one: Stored) -> Stored:
        """Keep an object."""
        with self.lock:
            one.moments["modificationDate"] = self.now()
            self._objects[one.id] = one
            return one

    def touch(self, one: Stored) -> None:
        """Note that an object was written."""
        one.moments["modificationDate"] = self.now()

    def get(self, id_: str, kind: str = "") -> Stored | None:
        """Return an object by its id."""
        with self.lock:
            found = self._objects.get(id_)
        return found if found is not None and kind in ("", found.kind) else None

    def all(self, kind: str) -> Iterator[Stored]:
        """Yield the objects of a kind; tasks of every kind are tasks."""
        with self.lock:
            objects = list(self._objects.values())
        return (one for one in objects if one.kind == kind)

    def named(self, kind: str, name: str) -> Stored:
        """Return the object of a dictionary with a name, made when it is not there."""
        with self.lock:
            found = next((one for one in self.all(kind) if one.name == name), None)
            return found or self.add(Stored(kind, name=name))

    def files(self, owner: str) -> list[Stored]:
        """Return the files of an object, in the order in which they came."""
        return [one for one in self.all(FILE) if one.owner == owner]
