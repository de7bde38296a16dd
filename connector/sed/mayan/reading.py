"""Entries of Mayan's workflow logs → events of ours. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from config.i18n import _
from connector.appeal import Event, EventKind, RemoteFile, is_key
from connector.sed.mayan.settings import MayanSettings
from connector.sed.people import person
from connector.sed.rows import UnreadableRowError, moment

Row = Mapping[str, Any]
# The fields of transitions that are read; the administrator makes those that he needs.
FIELDS = ("number", "date", "deadline", "executor", "organisation", "code")


def events(
    key: str, document: int, entries: Sequence[Row], files: Sequence[Row], settings: MayanSettings
) -> tuple[Event, ...]:
    """Return what the log tells, in its order; ids stand on the entries' own. Raises UnreadableRowError."""
    if not is_key(key):
        raise UnreadableRowError(_("its label names no key of ours"))
    found = []
    for entry in sorted(entries, key=lambda one: one["id"]):
        transition = entry.get("transition")
        meaning = (
            settings.meaning(str(transition.get("label", ""))) if isinstance(transition, Mapping) else None
        )
        if meaning:
            found.append(_event(key, document, entry, meaning, files, settings))
    return tuple(found)


def _event(
    key: str, document: int, entry: Row, meaning: tuple[EventKind, Any, bool], files: Sequence[Row],
    settings: MayanSettings,
) -> Event:  # fmt: skip
    kind, result, commanded = meaning
    extra = _extra(entry)
    at = moment(entry.get("datetime"))
    identity = hashlib.sha256(f"mayan\0{key}\0{document}\0{entry['id']}".encode()).hexdigest()
    executor = extra.get("executor", "")
    return Event(
        id=identity,
        key=key,
        kind=kind,
        at=at,
        number=extra.get("number", ""),
        document_date=_day(extra, "date")
        or (at.astimezone(settings.zone).date() if extra.get("number") else None),
        text=str(entry.get("comment") or ""),
        code=extra.get("code", ""),
        organisation=extra.get("organisation", ""),
        deadline=_day(extra, "deadline"),
        executors=(person(executor),) if executor else (),
        files=_answer_files(document, files, at, settings) if commanded else (),
        result=result,
        commanded=commanded,
        raw={"document": document, "entry": entry["id"]},
    )


def _answer_files(
    document: int, files: Sequence[Row], at: datetime, settings: MayanSettings
) -> tuple[RemoteFile, ...]:
    """Return the files that lay there as the answer's own when it was ordered to be sent."""
    return tuple(
        RemoteFile(
            ref=f"{document}/{int(file['id'])}",
            name=str(file.get("filename") or file["id"]),
            size=file.get("size") if isinstance(file.get("size"), int) else None,
            media_type=str(file.get("mimetype") or "application/octet-stream"),
        )
        for file in sorted(files, key=lambda one: one["id"])
        if file.get("comment") == settings.answer_comment and moment(file.get("timestamp")) <= at
    )


def _extra(entry: Row) -> dict[str, str]:
    """Return the fields of a transition: Mayan keeps them as JSON in a text."""
    text = entry.get("extra_data")
    if not text:
        return {}
    try:
        told = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        raise UnreadableRowError(_("the fields of a transition are not JSON")) from error
    if not isinstance(told, dict):
        raise UnreadableRowError(_("the fields of a transition are not JSON"))
    return {name: str(told[name]).strip() for name in FIELDS if told.get(name) is not None}


def _day(extra: Mapping[str, str], name: str) -> date | None:
    text = extra.get(name, "")
    if not text:
        return None
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise UnreadableRowError(_("{field}: not a date: {value}").format(field=name, value=text[:40]))
