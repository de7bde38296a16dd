"""A small Mayan of the stand's own: the calls that the exchange needs, as a real server answered them.

Tried on Mayan EDMS 4.12: a bad token gives 403, an empty file is refused, an upload is answered by 202
without a body, an event names a workflow instance and not its document.
"""

import hashlib
import itertools
import json
import re
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from stand.http_faults import HttpFaults
from stand.ledger import utc_now
from stand.mayan.words import AT_WORK, DOCUMENT_TYPE, KEY, OVER, TRANSITIONS, WORKFLOW

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BASE = "/api/v4/"
Row = dict[str, Any]


class _RefusedError(Exception):
    def __init__(self, status: int, told: object) -> None:
        super().__init__(status)
        self.status = status
        self.told = told


class MayanApp:
    """Answers `/api/v4/…` from memory. Thread-safe."""

    def __init__(self, token: str, clerk_token: str, faults: HttpFaults) -> None:
        self._token = token
        self._clerk_token = clerk_token  # the stand's own clerks meet no faults
        self._faults = faults
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._type: Row = {"id": 2, "label": DOCUMENT_TYPE}
        self._states = {
            False: {"id": 1, "label": AT_WORK, "initial": True, "final": False},
            True: {"id": 2, "label": OVER, "initial": False, "final": True},
        }
        self._transitions = [
            {"id": number, "label": label, "destination_state": self._states[final]}
            for number, (label, final) in enumerate(TRANSITIONS.items(), start=1)
        ]
        self.documents: dict[int, Row] = {}
        self._metadata: dict[int, list[Row]] = {}
        self._files: dict[int, list[Row]] = {}
        self._contents: dict[int, bytes] = {}
        self._logs: dict[int, list[Row]] = {}  # by document; its instance bears the number + 1000
        self._events: list[Row] = []
        self.without_workflow = 0  # so many documents more are born without one, as when a 500 strikes
        self._unlaunched: set[int] = set()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        told = request.headers.get("Authorization", "").removeprefix("Token ")
        if told not in (self._token, self._clerk_token):
            return _json({"detail": "Invalid token."}, 403)(environ, start_response)
        fault, instead = (None, None) if told == self._clerk_token else self._faults.strike(request)
        try:
            response = instead or self._faults.spoil(fault, self._answer(request))
        except _RefusedError as refused:
            response = _json(refused.told, refused.status)
        finally:
            request.close()  # uploads are spooled
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(BASE)
        parts = [int(part) if part.isdecimal() else part for part in path.strip("/").split("/")]
        with self._lock:
            if request.method == "GET":
                return self._read(request, parts)
            return self._write(request, parts)

    # ---- reading

    def _read(self, request: Request, parts: list[str | int]) -> Response:
        match parts:
            case ["documents", int(number)]:
                return _json(self._document(number))
            case ["documents", int(number), "files", int(file), "download"]:
                if any(one["id"] == file for one in self._files[self._document(number)["id"]]):
                    return Response(self._contents[file], content_type="application/octet-stream")
            case ["documents", int(number), *rest]:
                return self._page(request, self._of(self._document(number)["id"], rest))
        return self._page(request, self._listed(request, "/".join(map(str, parts))))

    def _listed(self, request: Request, path: str) -> list[Row]:
        wanted = request.args.get("label", "").strip('"')
        lists: Mapping[str, list[Row]] = {
            "document_types": [self._type],
            "metadata_types": [{"id": 1, "name": KEY, "label": "Ключ ПОС"}],
            "workflow_templates": [{"id": 1, "internal_name": WORKFLOW, "label": "Ход ПОС"}],
            "events": self._events,
            "documents": list(self.documents.values()),
            "search/advanced/documents.documentsearchresult": [
                one for one in self.documents.values() if wanted and wanted in one["label"]
            ],
        }
        if path not in lists:
            raise _RefusedError(404, {"detail": "Not found."})
        return lists[path]

    def _of(self, number: int, parts: list[str | int]) -> list[Row]:
        log = f"workflow_instances/{number + 1000}/log_entries"
        lists: Mapping[str, list[Row]] = {
            "metadata": self._metadata[number],
            "files": self._files[number],
            "workflow_instances": [] if number in self._unlaunched else [self._instance(number)],
            log: self._logs[number],
            f"{log}/transitions": [] if self._over(number) else self._transitions,
        }
        path = "/".join(map(str, parts))
        if path not in lists:
            raise _RefusedError(404, {"detail": "Not found."})
        return lists[path]

    def _page(self, request: Request, rows: list[Row]) -> Response:
        if request.args.get("_ordering", "").startswith("-"):
            rows = sorted(rows, key=lambda row: -row["id"])
        size, number = int(request.args.get("page_size", 10)), int(request.args.get("page", 1))
        shown = rows[(number - 1) * size : number * size]
        more = f"{request.base_url}?page={number + 1}" if number * size < len(rows) else None
        return _json({"count": len(rows), "next": more, "previous": None, "results": shown})

    def _document(self, number: int) -> Row:
        if number not in self.documents:
            raise _RefusedError(404, {"detail": "No Document matches the given query."})
        return self.documents[number]

    def _instance(self, number: int) -> Row:
        template = {"id": 1, "internal_name": WORKFLOW}
        return {"id": number + 1000, "workflow_template": template}

    def _over(self, number: int) -> bool:
        last = self._logs[number][-1]["transition"]
        return bool(last and last["destination_state"]["final"])

    # ---- writing

    def _write(self, request: Request, parts: list[str | int]) -> Response:
        match request.method, parts:
            case "POST", ["documents"]:
                return self._create(_told(request))
            case "DELETE", ["documents", int(number)]:
                self._document(number)
                del self.documents[number]
                return Response(status=202)
            case "POST", ["documents", int(number), "metadata"]:
                return self._add_metadata(self._document(number)["id"], _told(request))
            case "POST", ["documents", int(number), "files"]:
                return self._add_file(request, self._document(number)["id"])
            case "POST", ["documents", int(number), "workflow_instances", "launch"]:
                self._unlaunched.discard(self._document(number)["id"])
                return Response(status=202)
            case "POST", ["documents", int(number), "workflow_instances", int(_one), "log_entries"]:
                return self._move(self._document(number)["id"], _told(request))
        raise _RefusedError(405, {"detail": "Method not allowed."})

    def _create(self, told: Mapping[str, Any]) -> Response:
        if told.get("document_type_id") != self._type["id"]:
            raise _RefusedError(400, {"document_type_id": ["Invalid pk - object does not exist."]})
        if not isinstance(told.get("label"), str) or len(told["label"]) > 255:
            raise _RefusedError(400, {"label": ["Ensure this field has no more than 255 characters."]})
        number = next(self._ids)
        document = {
            "id": number, "label": told["label"], "description": told.get("description", ""),
            "document_type": self._type, "datetime_created": _now(),
        }  # fmt: skip
        self.documents[number] = document
        self._metadata[number], self._files[number] = [], []
        if self.without_workflow:
            self.without_workflow -= 1
            self._unlaunched.add(number)
        self._logs[number] = [{"id": next(self._ids), "transition": None, "datetime": _now(), "comment": ""}]
        self._note("documents.document_create", number, document)
        return _json(document, 201)

    def _add_metadata(self, number: int, told: Mapping[str, Any]) -> Response:
        if told.get("metadata_type_id") != 1:
            raise _RefusedError(400, {"metadata_type_id": ["Invalid pk - object does not exist."]})
        if self._metadata[number]:
            raise _RefusedError(400, {"non_field_errors": ["The document has this metadata already."]})
        row = {
            "id": next(self._ids),
            "metadata_type": {"id": 1, "name": KEY},
            "value": str(told.get("value")),
        }
        self._metadata[number].append(row)
        self._note("metadata.document_metadata_added", number, self.documents[number])
        return _json(row, 201)

    def _add_file(self, request: Request, number: int) -> Response:
        upload = request.files.get("file_new")
        content = upload.read() if upload else b""
        if upload is None or not content:
            raise _RefusedError(400, {"file_new": ["The submitted file is empty."]})
        if request.form.get("action_name") not in ("append", "replace", "keep"):
            raise _RefusedError(400, {"action_name": ["This field is required."]})
        row: Row = {
            "id": next(self._ids), "document_id": number, "comment": request.form.get("comment", ""),
            "filename": request.form.get("filename") or upload.filename, "size": len(content),
            "checksum": hashlib.sha256(content).hexdigest(), "timestamp": _now(),
            "mimetype": "application/octet-stream",
        }  # fmt: skip
        self._files[number].append(row)
        self._contents[row["id"]] = content
        self._note("documents.document_file_created", row["id"], f"Unable to find serializer: {row['id']}")
        return Response(status=202)

    def _move(self, number: int, told: Mapping[str, Any]) -> Response:
        transition = next((one for one in self._transitions if one["id"] == told.get("transition_id")), None)
        if transition is None or self._over(number):
            raise _RefusedError(400, {"transition_id": ["Invalid pk - object does not exist."]})
        row = {
            "id": next(self._ids), "comment": told.get("comment", ""), "datetime": _now(),
            "extra_data": told.get("extra_data", ""), "transition": transition,
        }  # fmt: skip
        self._logs[number].append(row)
        self._note(
            "document_states.workflow_instance_transitioned", number + 1000, "Unable to find serializer"
        )
        return _json(row, 201)

    def _note(self, verb: str, target_id: int, target: object) -> None:
        number = 2 * len(self._events) + 2  # with gaps, as transactions that were rolled back leave
        row = {"id": number, "verb": {"id": verb}, "target": target, "target_object_id": str(target_id)}
        self._events.append({**row, "timestamp": _now()})


def _now() -> str:
    return utc_now().isoformat().replace("+00:00", "Z")


def _told(request: Request) -> dict[str, Any]:
    if not re.match("application/json", request.content_type or ""):
        raise _RefusedError(415, {"detail": "Unsupported media type in request."})
    told = json.loads(request.get_data())
    if not isinstance(told, dict):
        raise _RefusedError(400, {"detail": "Invalid data."})
    return told


def _json(told: object, status: int = 200) -> Response:
    return Response(json.dumps(told, ensure_ascii=False), status, content_type="application/json")
