"""Looks at one Directum, changing nothing: the account, the names of sets and fields, the command."""

from collections.abc import Iterator

from lxml import etree

from config.i18n import _
from connector.errors import ConnectorError
from connector.peer import Finding, Health
from connector.sed.directum.client import OData
from connector.sed.directum.settings import DirectumSettings

_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
Properties = dict[str, frozenset[str]]  # of a set


def examine(settings: DirectumSettings, odata: OData) -> Health:
    """Return what was found. It never raises."""
    return Health(tuple(_findings(settings, odata)))


def _findings(settings: DirectumSettings, odata: OData) -> Iterator[Finding]:
    try:
        odata.page(settings.requests, "", select="Id", top=1)
        yield Finding(_("account"), ok=True, sentence=_("{url} answers").format(url=settings.url))
        described = _described(odata.metadata())
    except ConnectorError as error:
        yield Finding(_("account"), ok=False, sentence=error.sentence)
        return
    except (etree.XMLSyntaxError, ValueError) as error:
        sentence = _("the description of the service cannot be read: {error}").format(error=error)
        yield Finding(_("metadata"), ok=False, sentence=sentence)
        return
    for name, wanted in _wanted(settings).items():
        yield _names(name, wanted, described)
    yield _command(settings)
    if refused := odata.unknown_navigations():
        sentence = _("the server does not expand {names}: what stands there is not read").format(
            names=", ".join(refused)
        )
        yield Finding(_("expand"), ok=False, sentence=sentence)


def _command(settings: DirectumSettings) -> Finding:
    if settings.has_command:
        sentence = _("answers leave by {mark}").format(
            mark=settings.answer_field or ", ".join(settings.answer_kinds)
        )
    else:
        sentence = _("no command is named (answer_field, answer_kinds): no answer will ever leave")
    return Finding(_("command"), ok=settings.has_command, sentence=sentence)


def _wanted(settings: DirectumSettings) -> dict[str, frozenset[str]]:
    """Return the names that the configuration relies on, by set."""
    card = {
        settings.key_field, settings.state_field, settings.modified_field, settings.refusal_text_field,
        settings.refusal_code_field, "RegistrationNumber", "RegistrationDate", "ExecutionState", "Deadline",
        "Questions", "AnswerLetter", *settings.properties, *settings.constants,
    }  # fmt: skip
    letter = {settings.answer_field, settings.answer_text_field, settings.modified_field, "Versions"}
    found = {
        settings.requests: card,
        settings.letters: letter,
        settings.questions: {"FullCode", "Name"},
        settings.attachments: {settings.lead_field, "Versions"},
        settings.applications: {"Extension"},
    }
    return {name: frozenset(fields - {""}) for name, fields in found.items()}


def _names(name: str, wanted: frozenset[str], described: Properties) -> Finding:
    if name not in described:
        return Finding(name, ok=False, sentence=_("the service has no set {name}").format(name=name))
    missing = sorted(wanted - described[name])
    if missing:
        sentence = _("{name} has no property {missing}: correct the configuration or add it in Directum")
        return Finding(name, ok=False, sentence=sentence.format(name=name, missing=", ".join(missing)))
    return Finding(name, ok=True, sentence=_("{name} has all the properties").format(name=name))


def _described(xml: str) -> Properties:
    """Return the properties and navigations of every set, inherited ones too. Raises on broken XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(xml.encode(), parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("DTD")
    types: dict[str, tuple[str, frozenset[str]]] = {}
    for schema in root.iter(f"{_EDM}Schema"):
        for one in schema.iter(f"{_EDM}EntityType"):
            own = frozenset(
                str(child.get("Name"))
                for child in one
                if child.tag in (f"{_EDM}Property", f"{_EDM}NavigationProperty")
            )
            types[f"{schema.get('Namespace')}.{one.get('Name')}"] = (str(one.get("BaseType") or ""), own)
    return {
        str(one.get("Name")): _inherited(str(one.get("EntityType")), types)
        for one in root.iter(f"{_EDM}EntitySet")
    }


def _inherited(name: str, types: dict[str, tuple[str, frozenset[str]]]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for _depth in range(20):
        if name not in types:
            break
        name, own = types[name]
        found |= own
    return found
