"""Strict checks of one reply (platform.md 1.2): every field's type, word, time and agreement with the rest.

Each complaint names the field. Nothing is repaired: a reply with one complaint is not taken.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.i18n import _
from stand.platform.profile import Profile

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_NOTHING = frozenset({"none", "null", "nan", "undefined"})  # a program's word for "no value"
_PERSON = ("surname", "name", "patronymic", "email", "phone")
_REQUIRED = ("answer", "status", "statusText", "id", "opaId", "notifyApplicant")
_PAIRS = (("regNumber", "regNumberSetAt"), ("outgoingNumber", "outgoingNumberSetAt"))


@dataclass(frozen=True, slots=True)
class Known:
    """What the platform knows of the message that a reply is about."""

    message_id: int
    opa_id: int
    numbers: Collection[str]  # allowed in regNumber; empty = the first one told will be remembered
    has_upload: Callable[[int, str], bool]  # (opaId, file id): did this cabinet upload it


def complaints(body: object, known: Known, profile: Profile) -> list[str]:
    """Return what is wrong with a reply's JSON, empty when nothing is."""
    if not isinstance(body, dict):
        return [_("the body must be one JSON object")]
    shape = list(_shape(body))
    return shape or [*_identity(body, known), *_words(body, profile), *_content(body, known)]


def _shape(body: Mapping[str, Any]) -> Iterator[str]:
    for name in _REQUIRED:
        if name not in body:
            yield _("{field}: is missing").format(field=name)
    for name, value in body.items():
        check = _FIELDS.get(name)
        if check is None:
            yield _("{field}: no such field").format(field=name)
        elif value is None:
            yield _("{field}: null is left out, not sent").format(field=name)
        elif problem := check(value):
            yield f"{name}: {problem}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        return _("must be a text")
    if not value.strip():
        return _("empty: leave the field out")
    if value.strip().lower() in _NOTHING:
        return _("«{value}» is a program's word, not a value").format(value=value)
    return ""


def _boolean(value: object) -> str:
    return "" if isinstance(value, bool) else _("must be true or false")


def _integer(value: object) -> str:
    return "" if isinstance(value, int) and not isinstance(value, bool) else _("must be a whole number")


def _time(value: object) -> str:
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - only the calendar is checked
        except ValueError:
            return _("no such moment")
        return ""
    return _("must be a time YYYY-MM-DDTHH:MM:SSZ")


def _ids(value: object) -> str:
    if not isinstance(value, list) or not value:
        return _("must be a list of file ids that is not empty")
    if len(set(map(str, value))) != len(value):
        return _("names one file twice")
    return next((problem for item in value if (problem := _text(item))), "")


def _person(value: object) -> str:
    if not isinstance(value, dict):
        return _("must be an object")
    if not value.get("surname"):
        return _("a person without surname")
    for name, part in value.items():
        if name not in _PERSON:
            return _("{field}: no such field").format(field=name)
        if problem := _text(part):
            return f"{name}: {problem}"
    return ""


def _text_or_object(value: object) -> str:
    return "" if isinstance(value, dict) and value else _text(value)


_FIELDS: Mapping[str, Callable[[object], str]] = {
    "answer": _boolean,
    "status": _text,
    "statusText": _text,
    "appealAnswerType": _text,
    "appealIssueType": _text,
    "answerText": _text,
    "comment": _text,
    "attachmentIds": _ids,
    "executorInfo": _person,
    "managerInfo": _person,
    "id": _integer,
    "opaId": _integer,
    "opaName": _text,
    "regNumber": _text,
    "regNumberSetAt": _time,
    "outgoingNumber": _text,
    "outgoingNumberSetAt": _time,
    "notifyApplicant": _boolean,
    "postponedDate": _time,
    "reassignmentInfo": _text_or_object,
}


def _identity(body: Mapping[str, Any], known: Known) -> Iterator[str]:
    if body["id"] != known.message_id:
        yield _("id: {told} in the body, {expected} in the address").format(
            told=body["id"], expected=known.message_id
        )
    if body["opaId"] != known.opa_id:
        yield _("opaId: {told} is not this cabinet, {expected} is").format(
            told=body["opaId"], expected=known.opa_id
        )
    if known.numbers and "regNumber" in body and body["regNumber"] not in known.numbers:
        yield _("regNumber: not the number of this message")
    for number, moment in _PAIRS:
        if (number in body) != (moment in body):
            yield _("{number} and {moment} go together").format(number=number, moment=moment)


def _words(body: Mapping[str, Any], profile: Profile) -> Iterator[str]:
    kind = profile.answer_types.get(body.get("appealAnswerType", ""), "")
    word = profile.status_texts.get(body["statusText"])
    if "appealAnswerType" in body and not kind:
        yield _("appealAnswerType: unknown word")
        return
    if word is None:
        yield _("statusText: unknown word")
        return
    final = kind not in ("", "postponed")
    if kind != "postponed" and body["answer"] != final:
        yield _("answer: a final answer and only it has answer=true and appealAnswerType")
    if body["status"] not in (profile.final_statuses if final else profile.interim_statuses):
        yield _("status: does not go with this kind of answer")
    said = word.kind.partition(".")[0]
    if said != ("final" if final else kind or "interim"):
        yield _("statusText: does not go with this kind of answer")


def _content(body: Mapping[str, Any], known: Known) -> Iterator[str]:
    kind = body.get("appealAnswerType", "")
    needed = {
        "SOLVED": ("answerText", "attachmentIds"),
        "NOT_SOLVED": ("answerText", "attachmentIds"),
        "REJECTED": ("answerText", "comment"),
        "FORWARDED": ("reassignmentInfo", "answerText", "comment"),
    }
    if kind in needed and not body.keys() & set(needed[kind]):
        yield _("{kind}: needs {fields}").format(kind=kind, fields=" / ".join(needed[kind]))
    if (kind == "POSTPONED") != ("postponedDate" in body):
        yield _("postponedDate: goes with POSTPONED and only with it")
    for file_id in body.get("attachmentIds", []):
        if not known.has_upload(known.opa_id, file_id):
            yield _("attachmentIds: file {id} was not uploaded").format(id=file_id)
