"""Mayan as a clerk's program sees it: REST v4 over httpx, the real server and the stand's small one alike."""

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from stand.mayan.words import (
    AT_WORK,
    DOCUMENT_TYPE,
    FIELDS,
    KEY,
    OVER,
    TRANSITIONS,
    WORKFLOW,
)

Row = dict[str, Any]
_PAUSE = 0.5  # seconds between two looks
_ATTEMPTS = 20  # SQLite under a real server is locked now and then


class MayanDesk:
    """The calls of a clerk and of an administrator. Raises httpx.HTTPError."""

    def __init__(self, url: str, token: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v4/", headers={"Authorization": f"Token {token}"}, timeout=300,
            trust_env=False,
        )  # fmt: skip
        self._transitions: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    # ---- what an administrator makes once

    def prepare(self) -> None:
        """Make the document type, the metadata type and the workflow where they are not there."""
        kind = self._ensure("document_types/", "label", DOCUMENT_TYPE, {})
        key = self._ensure("metadata_types/", "name", KEY, {"label": "Ключ ПОС"})
        path = f"document_types/{kind}/metadata_types/"
        if not any(row["metadata_type"]["id"] == key for row in self.rows(path)):
            self._post(path, {"metadata_type_id": key, "required": False})
        known = {row["internal_name"]: row["id"] for row in self.rows("workflow_templates/")}
        if WORKFLOW not in known:
            self._make_workflow(kind)
            return
        there = {row["label"] for row in self.rows(f"workflow_templates/{known[WORKFLOW]}/transitions/")}
        if missing := TRANSITIONS.keys() - there:
            raise ValueError(f"the workflow {WORKFLOW} of this Mayan lacks: {', '.join(sorted(missing))}")

    def _make_workflow(self, kind: int) -> None:
        told = {"label": "Ход ПОС", "internal_name": WORKFLOW, "auto_launch": True}
        base = f"workflow_templates/{self._post('workflow_templates/', told)['id']}"
        states = {
            final: self._post(
                f"{base}/states/",
                {"label": OVER if final else AT_WORK, "initial": not final, "final": final, "completion": 0},
            )["id"]
            for final in (False, True)
        }
        for label, final in TRANSITIONS.items():
            told = {"label": label, "origin_state_id": states[False], "destination_state_id": states[final]}
            transition = self._post(f"{base}/transitions/", told)["id"]
            for name in FIELDS:
                field = {"name": name, "label": name, "field_type": 1, "required": False}
                self._post(f"{base}/transitions/{transition}/fields/", field)
        self._http.post(f"{base}/document_types/add/", json={"document_type_id": kind}).raise_for_status()

    def _ensure(self, path: str, field: str, value: str, more: Mapping[str, Any]) -> int:
        found = next((row["id"] for row in self.rows(path) if row[field] == value), None)
        return int(found or self._post(path, {field: value, **more})["id"])

    # ---- what a clerk does

    def documents_after(self, number: int) -> list[Row]:
        """Return the documents of the exchange with a higher id, the oldest first."""
        found = []
        for row in self.rows("documents/", _ordering="-id"):
            if row["id"] <= number:
                break
            if row["document_type"]["label"] == DOCUMENT_TYPE:
                found.append(row)
        return found[::-1]

    def key_of(self, document: int) -> str:
        """Return the key that makes a document a card; empty while it is being made."""
        rows = self.rows(f"documents/{document}/metadata/")
        return next((str(row["value"]) for row in rows if row["metadata_type"]["name"] == KEY), "")

    def files_of(self, document: int) -> list[Row]:
        """Return the files of a document."""
        return list(self.rows(f"documents/{document}/files/"))

    def attach(self, document: int, name: str, content: bytes, comment: str) -> None:
        """Put a file on a document, and wait until Mayan has it."""
        path = f"documents/{document}/files/"
        form = {"action_name": "append", "comment": comment, "filename": name}

        def upload() -> httpx.Response:
            return self._http.post(path, data=form, files={"file_new": (name, io.BytesIO(content))})

        self._once_more(path, upload)

    def move(self, document: int, label: str, comment: str, fields: Mapping[str, str]) -> None:
        """Carry out a transition."""
        instance = self._instance(document)
        base = f"documents/{document}/workflow_instances/{instance}/log_entries/"
        if label not in self._transitions:
            self._transitions = {row["label"]: row["id"] for row in self.rows(f"{base}transitions/")}
        extra = {name: value for name, value in fields.items() if value}
        told = {"transition_id": self._transitions[label], "comment": comment}
        told["extra_data"] = json.dumps(extra, ensure_ascii=False)
        self._once_more(base, lambda: self._http.post(base, json=told))

    def _instance(self, document: int) -> int:
        path = f"documents/{document}/workflow_instances/"
        for row in self.rows(path):
            if row["workflow_template"]["internal_name"] == WORKFLOW:
                return int(row["id"])
        raise LookupError(f"document {document} has no workflow {WORKFLOW}")

    def _once_more(self, path: str, act: Callable[[], httpx.Response]) -> None:
        """Act until there is one row more: an error is no proof that nothing happened (sed.md 5)."""
        before = len(list(self.rows(path)))
        for _attempt in range(_ATTEMPTS):
            answer = act()
            if answer.status_code < 500:
                answer.raise_for_status()
            for _look in range(10 if answer.is_success else 2):
                if len(list(self.rows(path))) > before:
                    return
                self._sleep(_PAUSE)
        raise httpx.ReadTimeout(f"{path} stays as it is")

    # ---- the wire

    def rows(self, path: str, **options: str) -> Iterator[Row]:
        """Yield the rows of a list."""
        number = 1
        while True:
            told = self._get(path, {**options, "page": str(number), "page_size": "50"})
            yield from told["results"]
            if not told["next"]:
                return
            number += 1

    def _get(self, path: str, options: Mapping[str, str]) -> Row:
        for _attempt in range(_ATTEMPTS):
            answer = self._http.get(path, params=options)
            if answer.status_code < 500:
                break
            self._sleep(_PAUSE)
        answer.raise_for_status()
        told: Row = answer.json()
        return told

    def _post(self, path: str, body: Mapping[str, Any]) -> Row:
        answer = self._http.post(path, json=body)
        answer.raise_for_status()
        row: Row = answer.json()
        return row
