"""What goes back: Reply → JSON by the profile's names, and how a reply is recognised in the history. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from config.i18n import _
from connector.appeal import Cabinet, Person, Reply
from connector.platform.rest.fields import FieldProblemError, Fields, clean
from connector.platform.rest.names import HistoryNames, KindWords, PersonNames
from connector.platform.rest.profile import Profile


def to_wire(reply: Reply, file_ids: Sequence[str], cabinet: Cabinet, profile: Profile) -> dict[str, object]:
    """Return the JSON of a reply (platform.md 1.2). What is empty is left out: no null, no "None"."""
    words, names = profile.kinds[reply.kind], profile.reply
    values = {
        names.id: _number(reply.platform_id),
        names.opa_id: reply.opa_id,
        names.opa_name: cabinet.name,
        names.final: words.final,
        names.notify: words.notify,
        names.status: reply.status,
        names.status_text: reply.status_text,
        names.answer_type: words.answer_type,
        names.text: reply.text,
        names.comment: reply.comment,
        names.files: list(file_ids),
        names.executor: _person(reply.executor, profile.message.person),
        names.manager: _person(reply.manager, profile.message.person),
        names.card_number: reply.card_number,
        names.card_date: _day(reply.card_date),
        names.outgoing_number: reply.outgoing_number,
        names.outgoing_date: _day(reply.outgoing_date),
        names.postponed_to: _day(reply.postponed_to),
        names.forwarded_to: reply.forwarded_to,
        names.round: reply.round if names.round else None,
    }
    wire: dict[str, object] = {}
    for path, value in values.items():
        if path and value not in (None, "", [], {}):
            _put(wire, path, clean(value) if isinstance(value, str) else value)
    return wire


def wire_time(moment: datetime) -> str:
    """Return a time as the platform writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _day(day: date | None) -> str:
    """A SED's day as midnight UTC: from UTC+2 to UTC+12, in all of Russia, that is the same day."""
    return wire_time(datetime(day.year, day.month, day.day, tzinfo=UTC)) if day else ""


def _number(platform_id: str) -> int | str:
    return (
        int(platform_id) if platform_id.isdecimal() and str(int(platform_id)) == platform_id else platform_id
    )


def _person(person: Person | None, names: PersonNames) -> dict[str, object]:
    if person is None:
        return {}
    values = {
        names.surname: person.surname,
        names.name: person.name,
        names.patronymic: person.patronymic,
        names.email: person.email,
        names.phone: person.phone,
    }
    return {path: clean(value) for path, value in values.items() if value}


def _put(target: dict[str, object], path: str, value: object) -> None:
    *outer, last = path.split(".")
    for word in outer:
        below = target.setdefault(word, {})
        target = below if isinstance(below, dict) else {}
    target[last] = value


def count_in_history(history: object, reply: Reply, profile: Profile, confirmed: Sequence[Reply] = ()) -> int:
    """Return how many rows of a message's history look like this reply and like none of `confirmed`.

    Each of those accounts for one row, for one that does not look like the reply where there is a choice: a
    history that shows no words must not make an answer of an earlier round pass for this one, nor hide it.
    Raises FieldProblemError when the history is not of the expected shape: then nothing is known.
    """
    names, words = profile.history, profile.kinds[reply.kind]
    rows = Fields(history)
    if not rows.has(names.rows):
        raise FieldProblemError(names.rows, _("is missing"))
    like: list[Fields] = []
    unlike: list[Fields] = []
    for row in rows.objects(names.rows):
        (like if _looks_like(row, reply, words, names) else unlike).append(row)
    for earlier in confirmed:
        for left in (unlike, like):
            own = next((row for row in left if _looks_like(row, earlier, words, names)), None)
            if own is not None:
                left.remove(own)
                break
    return len(like)


def _looks_like(row: Fields, reply: Reply, words: KindWords, names: HistoryNames) -> bool:
    """Compare what the row tells; what it leaves out cannot speak against the reply."""
    same_status = _plain(row.text(names.status_text)) in {_plain(reply.status_text), _plain(reply.status)}
    if not same_status and row.text(names.status) not in words.history:
        return False
    told_type, comment = row.text(names.answer_type), _plain(row.text(names.comment))
    if not words.answer_type:  # interim statuses share their code: only their words tell them apart
        return same_status and not told_type
    said = {_plain(reply.text), _plain(reply.comment)} - {""}
    return told_type in ("", words.answer_type) and (not comment or not said or comment in said)


def _plain(text: str) -> str:
    """The platform may change blanks and case of letters; a comparison does not see them."""
    return " ".join(clean(text).split()).casefold()


def private_words(reply: Reply) -> tuple[str, ...]:
    """Return the words of a reply that an echo of the platform must not carry into a log."""
    people = [person for person in (reply.executor, reply.manager) if person]
    parts = (part for p in people for part in (p.surname, p.name, p.patronymic, p.email, p.phone))
    return tuple({part for part in parts if len(part) > 2})
