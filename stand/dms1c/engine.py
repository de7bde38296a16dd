"""What DMService does with each request, as strictly as the real one: it refuses what it cannot carry out."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from lxml import etree

from stand.dms1c.infobase import FILE, INCOMING, LAUNCHED, PROPERTIES, Infobase, Stored
from stand.dms1c.query import check_columns, select
from stand.dms1c.shown import Showing, property_id
from stand.dms1c.xmlform import RefusedError, answer, child, children, el, kind_of, text

VERSION = "2.1.0.0.STAND"
_REFERENCES = ("organization", "responsible", "author", "documentType", "folder")


class Engine:
    """Carries out requests on an infobase. `on_change` hears of each document that came or got a file."""

    def __init__(self, base: Infobase, *, most: int = 1000) -> None:
        self.base = base
        self.most = most  # objects of one list, whatever the request says
        self.on_change: Callable[[Stored], None] = lambda _document: None
        self.on_double: Callable[[Stored], None] = lambda _document: None
        self._show = Showing(base)
        self._calls: Mapping[str, Callable[[etree._Element], bytes]] = {
            "DMGetVersionRequest": self._version,
            "DMGetNewObjectRequest": self._new_object,
            "DMCreateRequest": self._create,
            "DMUpdateRequest": self._update,
            "DMRetrieveRequest": self._retrieve,
            "DMGetObjectListRequest": self._list,
            "DMGetFileListByOwnerRequest": self._file_list,
            "DMAddFileRequest": self._add_file,
            "DMGetBusinessProcessByTemplateRequest": self._process_by_template,
            "DMLaunchBusinessProcessRequest": self._launch,
        }

    def execute(self, request: etree._Element) -> bytes:
        """Return the answer to a request. Raises RefusedError."""
        call = self._calls.get(kind_of(request))
        if call is None:
            raise RefusedError("Выполнение запроса", f"Неизвестный тип запроса ({kind_of(request)})")
        with self.base.lock:
            return call(request)

    # -- reading

    def _version(self, _request: etree._Element) -> bytes:
        return answer("DMGetVersionResponse", [el("versionNumber", VERSION)])

    def _new_object(self, request: etree._Element) -> bytes:
        kind = text(request, "type")
        if kind not in PROPERTIES:
            raise RefusedError("Получение нового объекта", f"Тип не поддерживается ({kind})")
        return answer("DMGetNewObjectResponse", [self._show.empty(kind)])

    def _retrieve(self, request: etree._Element) -> bytes:
        content = "binaryData" in [one.text for one in children(request, "columnSet")]
        found = [self._need(text(one, "id"), text(one, "type")) for one in children(request, "objectIds")]
        shown = [self._show.whole("objects", one, content=content) for one in found]
        return answer("DMRetrieveResponse", shown)

    def _list(self, request: etree._Element) -> bytes:
        kind, query = text(request, "type"), child(request, "query")
        columns = [] if query is None else [one.text or "" for one in children(query, "columnSet")]
        check_columns(kind, columns)
        found, cut = select(self.base, kind, query, self.most)
        items = [el("items", self._show.row(one, columns)) for one in found]
        return answer("DMGetObjectListResponse", [*items, el("tooManyObjects", "true" if cut else "false")])

    def _file_list(self, request: etree._Element) -> bytes:
        owners = [self._need(text(one, "objectID", "id")) for one in children(request, "owners")]
        columns = [one.text or "" for one in children(request, "columnSet")]
        files = [file for owner in owners for file in self.base.files(owner.id)]
        shown = [self._show.row(one, columns) for one in files]
        for one in shown:
            one.tag = one.tag.replace("object", "files")
        return answer("DMGetFileListByOwnerResponse", shown)

    # -- writing

    def _create(self, request: etree._Element) -> bytes:
        told = child(request, "object")
        if told is None or kind_of(told) != INCOMING:
            raise RefusedError("Создание объекта", "Создаются только входящие документы")
        if text(told, "objectID", "id"):
            raise RefusedError("Создание объекта", "Идентификатор нового объекта должен быть пуст")
        if not text(told, "title").strip():
            raise RefusedError("Создание объекта", "Поле «Заголовок» не заполнено")
        document = Stored(INCOMING, name=text(told, "name"))
        external = child(told, "externalObject")
        if external is not None:
            document.external = (text(external, "name"), text(external, "id"), text(external, "type"))
        document.fields = {name: text(told, name) for name in ("summary", "title")}
        document.references = dict(self._references(told))
        document.properties = dict(self._properties(told))
        doubled = document.external is not None and any(
            one.external is not None and one.external[1:] == document.external[1:]
            for one in self.base.all(INCOMING)
        )
        self.base.add(document)
        (self.on_double if doubled else self.on_change)(document)
        return answer("DMCreateResponse", [self._show.whole("object", document)])

    def _update(self, request: etree._Element) -> bytes:
        shown = []
        for told in children(request, "objects"):
            document = self._need(text(told, "objectID", "id"), INCOMING)
            document.fields |= {
                name: text(told, name) for name in ("summary", "title") if child(told, name) is not None
            }
            document.references |= dict(self._references(told))
            if children(told, "additionalProperties"):  # what is not sent is emptied
                document.properties = dict(self._properties(told))
            self.base.touch(document)
            shown.append(self._show.whole("objects", document))
        return answer("DMUpdateResponse", shown)

    def _add_file(self, request: etree._Element) -> bytes:
        told, holder = child(request, "file"), child(request, "owner")
        owner = self._need(text(holder, "objectID", "id"), INCOMING)
        content = base64.b64decode(text(told, "binaryData"))
        if not text(told, "name"):
            raise RefusedError("Добавление файла", "Поле «Наименование» не заполнено")
        if text(told, "size") != str(len(content)):
            raise RefusedError("Добавление файла", "Размер файла не совпадает с переданным")
        file = Stored(FILE, name=text(told, "name"), owner=owner.id, content=content)
        file.fields = {"extension": text(told, "extension"), "size": text(told, "size")}
        doubled = any(
            (one.name, one.fields["extension"], one.content) == (file.name, file.fields["extension"], content)
            for one in self.base.files(owner.id)
        )
        self.base.add(file)
        (self.on_double if doubled else self.on_change)(owner)
        return answer("DMAddFileResponse", [self._show.whole("file", file)])

    def _process_by_template(self, request: etree._Element) -> bytes:
        target = child(request, "targetID")
        document = self._need(text(target, "id"), INCOMING)
        kind = text(request, "type")
        if kind != LAUNCHED or text(request, "businessProcessTemplateId", "type") != f"{LAUNCHED}Template":
            raise RefusedError("Получение процесса", f"Шаблон не найден ({kind})")
        process = Stored(kind, id="", name=f"Рассмотреть {document.name}")
        process.references["target"] = (INCOMING, document.id)
        return answer("DMGetBusinessProcessByTemplateResponse", [self._show.whole("object", process)])

    def _launch(self, request: etree._Element) -> bytes:
        told = child(request, "businessProcess")
        if told is None or kind_of(told) != LAUNCHED:
            raise RefusedError("Запуск процесса", "Вид процесса не поддерживается")
        document = self._need(text(told, "target", "objectID", "id"), INCOMING)
        process = Stored(LAUNCHED, name=text(told, "name"), fields={"started": "true"})
        process.references["target"] = (INCOMING, document.id)
        external = child(told, "externalObject")
        if external is not None:
            process.external = (text(external, "name"), text(external, "id"), text(external, "type"))
        launched = [one for one in self.base.all(LAUNCHED) if one.references["target"][1] == document.id]
        self.base.add(process)
        if launched:
            self.on_double(document)
        return answer("DMLaunchBusinessProcessResponse", [self._show.whole("businessProcess", process)])

    # -- pieces

    def _need(self, id_: str, kind: str = "") -> Stored:
        found = self.base.get(id_, kind)
        if found is None:
            raise RefusedError("Получение объекта", f"Объект не найден ({id_})")
        return found

    def _references(self, told: etree._Element) -> Iterable[tuple[str, tuple[str, str]]]:
        for name in _REFERENCES:
            id_ = text(child(told, name), "objectID", "id")
            if id_:
                yield name, (self._need(id_).kind, id_)

    def _properties(
        self, told: etree._Element
    ) -> Iterable[tuple[str, str | bool | datetime | tuple[str, str]]]:
        for one in children(told, "additionalProperties"):
            name = text(one, "name")
            kind = PROPERTIES[INCOMING].get(name)
            if kind is None or text(one, "objectID", "id") != property_id(name):
                raise RefusedError("Запись объекта", f"Дополнительный реквизит не найден ({name})")
            value = child(one, "propertySimpleValue")
            if value is None:
                continue
            if kind_of(value) != kind:
                raise RefusedError("Запись объекта", f"Неверный тип значения реквизита ({name})")
            yield name, _read(value.text or "", kind)


def digest(content: bytes) -> str:
    """Return the digest of a file's bytes, lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def _read(value: str, kind: str) -> str | bool | datetime:
    if kind == "boolean":
        return value in ("true", "1")
    return datetime.fromisoformat(value) if kind == "dateTime" else value
