"""Looks at one ELMA365, changing nothing: the token, the apps, the statuses, the folder, the command."""

from collections.abc import Callable, Iterator

from config.i18n import _
from connector.errors import ConnectorError
from connector.peer import Finding, Health
from connector.sed.elma365.client import Api
from connector.sed.elma365.query import equal
from connector.sed.elma365.settings import ElmaSettings

_NOBODY = "pos:0:0:0"


def examine(settings: ElmaSettings, api: Api) -> Health:
    """Return what was found. It never raises."""
    return Health(tuple(_findings(settings, api)))


def _findings(settings: ElmaSettings, api: Api) -> Iterator[Finding]:
    for app, field in _apps(settings):
        where = equal(field, _NOBODY)
        yield _tried(f"{settings.namespace}/{app}", lambda a=app, w=where: list(api.rows(a, w, what=a)))  # type: ignore[misc]
    yield _tried(_("folder for files"), api.directory)
    yield _statuses(settings, api)
    commanded = bool(settings.fields["answer_send"])
    sentence = (
        _("answers leave by {mark}").format(mark=settings.fields["answer_send"])
        if commanded
        else _("no command is named (fields.answer_send): no answer will ever leave")
    )
    yield Finding(_("command"), commanded, sentence)


def _apps(settings: ElmaSettings) -> list[tuple[str, str]]:
    """Return the apps, each with a field by which it is searched."""
    found = [(settings.app, settings.fields["key"])]
    if settings.questions:
        found.append((settings.questions, settings.question_fields["appeal"]))
    return found


def _tried(what: str, look: Callable[[], object]) -> Finding:
    try:
        look()
    except ConnectorError as error:
        return Finding(what, ok=False, sentence=error.sentence)
    return Finding(what, ok=True, sentence=_("ELMA365 answers"))


def _statuses(settings: ElmaSettings, api: Api) -> Finding:
    what = _("statuses")
    try:
        known = {code for code, _name in api.statuses(settings.app).values()}
    except ConnectorError as error:
        return Finding(what, ok=False, sentence=error.sentence)
    if missing := sorted(settings.statuses.keys() - known):
        sentence = _("the app has no status {missing}: correct statuses; it has {known}")
        told = sentence.format(missing=", ".join(missing), known=", ".join(sorted(known)) or "—")
        return Finding(what, ok=False, sentence=told)
    return Finding(what, ok=True, sentence=_("the app has all the statuses"))
