"""What the client knows as its commands show it: lines for people, values for programs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from config.i18n import N_, _
from smev.client.sending import Sent
from smev.client.store import InboxEntry, OutboxEntry, State
from smev.client.taking import Taken
from smev.envelope.words import BusinessStatus, Content, ProcessingStatus, Received
from smev.errors import SmevError
from smev.wording import explain

STATES = {
    State.QUEUED: N_("to be sent"),
    State.DELIVERED: N_("delivered"),
    State.REJECTED: N_("REJECTED by SMEV"),
    State.STOPPED: N_("STOPPED, waits for a person"),
    State.CANCELLED: N_("given up"),
}
STEPS = {
    "retry": N_("it is sent again by itself"),
    "setup": N_("mend the settings, the key or the disk; it is sent again by itself"),
    "fix": N_("send it corrected as a new one; if settings were wrong: sedlink smev send --again {key}"),
    "access": N_("ask SMEV's operator or the other side, then: sedlink smev send --again {key}"),
    "gone": N_("what it is about is not there any more"),
    "look": N_(
        "find out whether it arrived, then: sedlink smev send --again {key} --new-id, or --cancel {key}"
    ),
    "new-id": N_("it needs a new MessageID: sedlink smev send --again {key} --new-id"),
    "later-deadline": N_("its end of life has passed: send it as a new one"),
}


def problem(error: SmevError | None) -> dict[str, str] | None:
    """Return an error as values."""
    return None if error is None else {"code": error.code, "text": explain(error)}


def moment(value: datetime | None) -> str | None:
    """Return a time as values have it."""
    return None if value is None else value.isoformat(timespec="seconds")


def outgoing(entry: OutboxEntry) -> dict[str, Any]:
    """Return a message of ours as values."""
    return {
        "key": entry.key,
        "message_id": entry.message_id,
        "kind": entry.kind,
        "state": str(entry.state),
        "attempts": entry.attempts,
        "due": moment(entry.due) if entry.state is State.QUEUED else None,
        "created": moment(entry.created),
        "updated": moment(entry.updated),
        "reference": entry.reference,
        "in_doubt": entry.doubt,
        "bus_status": entry.bus_status,
        "next_step": entry.step,
        "error": problem(entry.error),
    }


def incoming(entry: InboxEntry) -> dict[str, Any]:
    """Return a message that came as values, without its octets."""
    return {
        "message_id": entry.message_id,
        "queue": str(entry.queue),
        "kind": entry.kind,
        "about": entry.original_id,
        "key": entry.key,
        "test": entry.test,
        "received": moment(entry.received),
        "times": entry.times,
        "complete": moment(entry.complete),
        "acknowledged": moment(entry.acknowledged),
        "accepted": entry.accepted,
        "forced": entry.forced,
        "handled": moment(entry.handled),
        "pruned": not entry.raw,
        "problem": problem(entry.problem),
        "said": None if isinstance(entry.message.body, Content) else list(_body(entry.message)),
        "files": [
            {"id": one.id, "name": one.name, "mime_type": one.mime_type, "path": one.path and str(one.path),
             "error": problem(one.error)}
            for one in entry.files
        ],
    }  # fmt: skip


def sent_line(sent: Sent) -> str:
    """Return one line about an attempt."""
    entry = sent.entry
    line = f"{entry.key}: {_(STATES[entry.state])}"
    if entry.error is not None:
        line += f": {explain(entry.error)}"
    if entry.step and entry.state is not State.DELIVERED:
        line += "; " + _(STEPS[entry.step]).format(key=entry.key)
    return line


def taken_line(taken: Taken) -> str:
    """Return one line about a message that came."""
    entry = taken.entry
    words = [entry.kind, _("test message") if entry.test else "", _("again") if taken.repeated else ""]
    if entry.original_id:
        words.append(_("about {key}").format(key=entry.key or entry.original_id))
    if not isinstance(entry.message.body, Content):
        words += _body(entry.message)
    if entry.files:
        here = sum(one.path is not None for one in entry.files)
        words.append(_("files {here} of {all}").format(here=here, all=len(entry.files)))
    words.append(_("acknowledged") if entry.acknowledged else _("NOT acknowledged"))
    errors = [*([entry.problem] if entry.problem else []), *taken.errors]
    return "; ".join(filter(None, [f"{entry.message_id}: {words[0]}", *words[1:], *map(explain, errors)]))


def status_lines(entry: OutboxEntry, ids: Sequence[tuple[str, datetime, str]]) -> Iterator[str]:
    """Yield what became of a message of ours."""
    yield sent_line(Sent(entry))
    yield "  " + _("kind: {kind}, attempts: {attempts}").format(kind=entry.kind, attempts=entry.attempts)
    for message_id, since, reason in ids:
        yield f"  {moment(since)}  {message_id}  {reason}".rstrip()
    if entry.bus_status:
        yield "  " + _("SMEV says: {status}").format(status=entry.bus_status)


def answer_lines(answer: Received) -> Iterator[str]:
    """Yield what a message says: for the person who has to understand it."""
    names = ("sender", "sent", "message_type")
    pairs = [(name, getattr(answer.metadata, name)) for name in names]
    pairs += [
        (name, getattr(answer, name)) for name in ("reference_id", "node_id", "end_of_life", "reply_to")
    ]
    yield from (f"  {name}: {value}" for name, value in pairs if value)
    yield from (f"  {line}" for line in _body(answer))


def _body(answer: Received) -> Iterator[str]:
    body = answer.body
    if isinstance(body, Content):
        yield body.xml.decode()
    elif isinstance(body, BusinessStatus):
        yield f"{body.code}: {body.description}"
        yield from (f"{key}: {value}" for key, value in body.parameters.items())
    elif isinstance(body, ProcessingStatus):
        yield "; ".join(filter(None, [body.category, body.details, body.fault_code, body.fault_description]))
    elif body is not None:
        yield from (f"{one.code}: {one.description}" for one in body)
