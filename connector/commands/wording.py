"""The journal's codes in the user's language. `--json` keeps the codes: programs read those."""

from collections.abc import Mapping

from config.i18n import N_, _
from connector.appeal import EventKind, ReplyKind
from connector.journal.records import AuditEntry, Stage
from connector.lifecycle import State

HAPPENED = {
    "received": N_("received"),
    "unreadable": N_("could not be read"),
    "read": N_("read after all"),
    "revised": N_("listed with another text"),
    "filed": N_("files stored"),
    "accepted": N_("marked accepted on the platform"),
    "handed-over": N_("handed to the SED"),
    "registered": N_("registered"),
    "event": N_("the SED says"),
    "reply-sent": N_("sent to the platform"),
    "reply-found": N_("had arrived on the platform"),
    "failed": N_("failed, will be tried again"),
    "parked": N_("waits for a person"),
    "retried": N_("tried again by a person"),
    "dropped": N_("given up by a person"),
    "confirmed": N_("confirmed by a person"),
    "rated": N_("rated by the citizen"),
    "purged": N_("content taken out, its period is over"),
    "cut": N_("the trail was cut, its period is over"),
    "erased": N_("traces erased, their period is over"),
}
STATES: dict[str, str] = {
    State.RECEIVED: N_("received"),
    State.FILED: N_("files stored"),
    State.ACCEPTED: N_("marked accepted on the platform"),
    State.PENDING: N_("waits for a number"),
    State.REGISTERED: N_("registered"),
    State.IN_WORK: N_("in work"),
    State.ANSWERED: N_("answered"),
    State.REFUSED: N_("refused"),
    State.REDIRECTED: N_("redirected"),
}
STAGES: dict[str, str] = {
    Stage.READ: N_("reading"),
    Stage.FETCH: N_("fetching files"),
    Stage.ACCEPT: N_("marking accepted"),
    Stage.REGISTER: N_("handing to the SED"),
    Stage.REPLY: N_("sending to the platform"),
}
KINDS: dict[str, str] = {
    EventKind.ACKNOWLEDGED: N_("taken"),
    EventKind.REGISTERED: N_("registered"),
    EventKind.REFUSED: N_("refused"),
    EventKind.EXECUTOR_ASSIGNED: N_("executor assigned"),
    EventKind.RESOLUTION: N_("resolution"),
    EventKind.PROGRESS: N_("progress"),
    EventKind.REDIRECTED: N_("redirected"),
    EventKind.EXTENDED: N_("prolonged"),
    EventKind.ANSWER: N_("answer"),
    EventKind.CLOSED: N_("closed"),
    ReplyKind.INTERIM: N_("interim status"),
    ReplyKind.SOLVED: N_("answer: solved"),
    ReplyKind.NOT_SOLVED: N_("answer: not solved"),
    ReplyKind.REJECTED: N_("refusal"),
    ReplyKind.FORWARDED: N_("forwarding"),
    ReplyKind.POSTPONED: N_("postponement"),
}
_DETAILS = {
    "number": N_("document number"),
    "reply": N_("to the citizen"),
    "files": N_("files"),
    "code": N_("code"),
    "sentence": N_("why"),
    "problem": N_("why"),
    "reason": N_("reason"),
    "attempts": N_("attempts"),
}
_SPOKEN = frozenset({"kind", "reply"})  # their values are codes too
_FOR_ENGINEERS = frozenset({"event", "at", "receipt", "sha256"})  # `--json` has them


def word(codes: Mapping[str, str], code: str) -> str:
    """Return a code's word, or the code itself where it is newer than the words."""
    return _(codes[code]) if code in codes else code


def said(entry: AuditEntry) -> str:
    """Return what happened, for a person."""
    return word(HAPPENED, entry.what)


def told(entry: AuditEntry) -> str:
    """Return the details of a line for a person; what only an engineer wants is left to `--json`."""
    return ", ".join(
        _detail(name, value) for name, value in entry.detail.items() if name not in _FOR_ENGINEERS
    )


def _detail(name: str, value: object) -> str:
    text = word(KINDS, str(value)) if name in _SPOKEN else str(value)
    return text if name == "kind" else f"{word(_DETAILS, name)}: {text}"
