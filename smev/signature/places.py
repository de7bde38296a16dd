"""Where in a SMEV message which signature stands and what it must sign: the defence against wrapping.

A signature counts only at the place the schema gives it, and only over the one element that place names: a
valid signature moved elsewhere, or one over an element that nobody will read, is an error.
Source: the schemas types, types/basic, types/routing and types/directive of versions 1.1, 1.2 and 1.3.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from lxml import etree

from smev.errors import InputError

_NAMESPACE = re.compile(
    r"urn://x-artefacts-smev-gov-ru/services/message-exchange/types/(?:basic/|routing/|directive/)?(1\.[123])"
)
SOAP = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")


class Place(StrEnum):
    """Whose signature it is, by where it stands."""

    CALLER = "caller"  # ЭП-ОВ of whoever calls the service
    PERSONAL = "personal"  # ЭП-СП of an official, over the business content
    SMEV = "smev"  # of the bus itself
    SENDER = "sender"  # the caller's signature of the other side, passed on by the bus
    ROUTING = "routing"  # ЭП-ОВ over routing information (1.3)
    RECORD = "record"  # ЭП-ОВ over a record of a registry (1.3)
    ATTACHMENT = "attachment"  # CMS in the header of an attachment
    CONTENT = "content"  # the business content's own affair: shown, not checked
    ELSEWHERE = "elsewhere"  # where SMEV has no signatures


@dataclass(frozen=True, slots=True)
class Rule:
    """A place: the element that holds the signature, the path to its parent, what it signs."""

    place: Place
    container: str
    path: re.Pattern[str]  # local names from below the operation to the container's parent
    targets: frozenset[str]  # siblings of the container, exactly one of which must be there
    inner: bool = False  # the only child of the sibling is signed, not the sibling


_DATA = r"((RequestMessage/Request|ResponseMessage/Response)/)?SenderProvided(Request|Response)Data"
_RECORD = _DATA + r"/MessagePrimaryContent/Registry/RegistryRecord"
_PROVIDED = frozenset({"SenderProvidedRequestData", "SenderProvidedResponseData"})


def _rule(place: Place, container: str, path: str, *targets: str, inner: bool = False) -> Rule:
    return Rule(place, container, re.compile(path), frozenset(targets), inner)


RULES = (
    _rule(
        Place.CALLER,
        "CallerInformationSystemSignature",
        "",
        *_PROVIDED,
        *("MessageTypeSelector", "AckTargetMessage", "Timestamp"),
    ),
    _rule(
        Place.SMEV,
        "SMEVSignature",
        "(RequestMessage|ResponseMessage|SmevAsyncProcessingMessage)?",
        *("MessageMetadata", "Request", "Response", "Cancel", "AsyncProcessingStatusData"),
    ),
    _rule(
        Place.SENDER,
        "SenderInformationSystemSignature",
        "RequestMessage/Request|ResponseMessage/Response|RequestMessage/Cancel",
        *_PROVIDED,
        "MessageReference",
    ),
    _rule(Place.PERSONAL, "PersonalSignature", _DATA, "MessagePrimaryContent", inner=True),
    _rule(Place.PERSONAL, "PersonalSignature", _RECORD + "/Record", "RecordContent"),
    _rule(Place.ROUTING, "RoutingSignature", "Routing", "RoutingInformation"),
    _rule(Place.RECORD, "RecordSignature", _RECORD, "Record"),
)

# Elements that the bus refuses, or never sends, without the signature of that place in them.
REQUIRED = {
    **dict.fromkeys(
        (
            "SendRequestRequest",
            "SendResponseRequest",
            "GetRequestRequest",
            "GetResponseRequest",
            "GetStatusRequest",
            "GetIncomingQueueStatisticsRequest",
            "AckRequest",
        ),
        Place.CALLER,
    ),
    **dict.fromkeys(
        (
            "SendRequestResponse",
            "SendResponseResponse",
            "RequestMessage",
            "ResponseMessage",
            "SmevAsyncProcessingMessage",
        ),
        Place.SMEV,
    ),
}


def local(element: etree._Element) -> str:
    """Return the local name of an element of SMEV's namespaces, "?" for any other."""
    return _known(str(element.tag))[0]


def version(element: etree._Element) -> str | None:
    """Return the version of SMEV's schemas that the element belongs to, None for a foreign one."""
    return _known(str(element.tag))[1]


@lru_cache(maxsize=256)
def _known(tag: str) -> tuple[str, str | None]:
    """Return (local name, version) of a tag {namespace}local, ("?", None) for a foreign one."""
    namespace, _brace, name = tag[1:].rpartition("}")
    match = _NAMESPACE.fullmatch(namespace)
    return (name, match.group(1)) if match else ("?", None)


def operation(root: etree._Element) -> etree._Element:
    """Return the element that names the operation: the root, or the only child of a SOAP body.

    Raises InputError when it is neither: what cannot be placed cannot be verified.
    """
    name = etree.QName(root)
    if name.namespace not in SOAP:
        if local(root) == "?":
            raise InputError("not-smev", "the root element {name} is not SMEV's", name=name.text)
        return root
    parts = [etree.QName(part).localname for part in root.iterchildren(f"{{{name.namespace}}}*")]
    inside = [
        one for part in root.iterchildren(f"{{{name.namespace}}}Body") for one in part.iterchildren("{*}*")
    ]
    if name.localname != "Envelope" or parts not in (["Body"], ["Header", "Body"]) or len(inside) != 1:
        raise InputError("soap-malformed", "a SOAP envelope must have one body with one element in it")
    return inside[0]


def path_below(element: etree._Element, top: etree._Element) -> str | None:
    """Return the local names from below `top` to the element, "" for `top` itself, None outside of it."""
    names: list[str] = []
    node: etree._Element | None = element
    while node is not None and node is not top:
        names.append(local(node))
        node = node.getparent()
    return "/".join(reversed(names)) if node is top else None


def find_rule(container: etree._Element, top: etree._Element) -> Rule | None:
    """Return the rule of the place where the container stands, None when SMEV has no signature there."""
    parent = container.getparent()
    path = None if parent is None else path_below(parent, top)
    if path is None:
        return None
    name = local(container)
    fitting = (rule for rule in RULES if rule.container == name and rule.path.fullmatch(path))
    return next(fitting, None)


def find_target(rule: Rule, parent: etree._Element) -> etree._Element:
    """Return the element that a signature of this rule inside this parent must sign.

    Raises InputError when there is none or more than one: then the signed one need not be the one used.
    """
    found = [child for child in parent.iterchildren("{*}*") if local(child) in rule.targets]
    if len(found) == 1 and rule.inner:
        found = list(found[0].iterchildren("{*}*"))
    if len(found) != 1:
        raise InputError(
            "target-ambiguous",
            "{count} elements that the signature could be about where there must be one",
            count=len(found),
        )
    return found[0]
