"""Looks at 1С without changing anything: credentials, version, WSDL, properties, the conditions of lists."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from config.i18n import _
from connector.errors import ConnectorError
from connector.peer import Finding, Health
from connector.sed.dms1c.gathering import OUTGOING
from connector.sed.dms1c.listing import TASK, Condition, Lists
from connector.sed.dms1c.objects import text
from connector.sed.dms1c.schema import EXTERNAL
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.dms1c.soap import DmService, reading
from connector.sed.dms1c.template import INCOMING, Template


def examine(service: DmService, lists: Lists, template: Template, settings: Dms1cSettings) -> Health:
    """Return what was found; after a way that is closed nothing else is tried."""
    first = _tried("connection", lambda: _version(service))
    if not first.ok:
        return Health((first,))
    return Health((first, *_others(service, lists, template, settings)))


def _others(
    service: DmService, lists: Lists, template: Template, settings: Dms1cSettings
) -> Iterator[Finding]:
    yield _wsdl(service)
    yield _tried("card_properties", lambda: _properties(template, settings))
    kinds = {INCOMING: "changed_property", OUTGOING: "changed_property"}
    if settings.read_tasks:
        kinds[TASK] = "task_changed_property"
    for kind, setting in kinds.items():
        yield _tried(setting, lambda kind=kind: _list(lists, kind, settings))  # type: ignore[misc]
    yield _tried("find_property", lambda: _lookup(service, lists, settings))


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, ok=True, sentence=look())
    except ConnectorError as error:
        return Finding(what, ok=False, sentence=error.sentence)


def _version(service: DmService) -> str:
    answer = service.execute("DMGetVersionRequest", reading(_("version of 1С")))
    return _("1С:Документооборот answers, version {version}").format(
        version=text(answer, "versionNumber") or "—"
    )


def _wsdl(service: DmService) -> Finding:
    schema = service.schema
    if schema.is_servers:
        sentence = _("the service's own WSDL is used")
    elif schema.why_own:
        sentence = _("our minimal WSDL is used: {why}").format(why=schema.why_own)
    else:
        sentence = _("our minimal WSDL is used")
    return Finding("wsdl", ok=True, sentence=sentence)


def _properties(template: Template, settings: Dms1cSettings) -> str:
    there = template.names()
    wanted = [*settings.card_properties, *settings.question_properties]
    wanted += [settings.refusal_property, settings.redirect_property, settings.prolong_property]
    missing = [name for name in wanted if name.casefold() not in there]
    if missing:
        raise ConnectorError(
            _("an incoming document has no additional properties {names}: create them").format(
                names=", ".join(f"«{name}»" for name in missing)
            )
        )
    return _("an incoming document has every additional property of the section")


def _list(lists: Lists, kind: str, settings: Dms1cSettings) -> str:
    now = datetime.now(UTC).astimezone(settings.zone).replace(tzinfo=None, microsecond=0)
    name = lists.ordered_by(kind)
    lists.once(kind, [Condition(name, now, ">=")], (name,), 1)
    return _("{kind} are listed by {property}").format(kind=kind, property=name)


def _lookup(service: DmService, lists: Lists, settings: Dms1cSettings) -> str:
    nobody = service.schema.part(EXTERNAL, id="pos:0:0:0", type=settings.external_type)
    listed = lists.once(INCOMING, [Condition(settings.find_property, nobody)], (), 2)
    if listed.objects:
        raise ConnectorError(
            _("1С lists documents for an id that nobody has: {property} is not looked at").format(
                property=settings.find_property
            )
        )
    return _("cards are looked up by {property}").format(property=settings.find_property)
