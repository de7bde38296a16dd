"""What an endpoint says of itself: its WSDL, read by zeep over our own verified line."""

import re
from dataclasses import dataclass
from typing import Any

from smev.client.faults import GarbageError
from smev.client.line import Line
from smev.envelope.faults import KINDS
from smev.envelope.words import Version
from smev.errors import InputError
from smev.signature.octets import parse

_MAX_DOCUMENT = 4 << 20
# What zeep dies of where a WSDL lacks an attribute, names a type that is not there, turns in a ring.
_ZEEPS = (LookupError, ValueError, AttributeError, AssertionError, TypeError, RecursionError)
_VERSION = re.compile(r"/message-exchange/(1\.[0-9]+)$")


@dataclass(frozen=True, slots=True)
class Description:
    """Operations with the faults that each declares, and the version of the schemas ("" when not told)."""

    version: str
    operations: dict[str, tuple[str, ...]]

    @property
    def known_version(self) -> bool:
        """Whether it is a version that this program speaks."""
        return self.version in list(Version)

    @property
    def unknown_faults(self) -> tuple[str, ...]:
        """Faults that there is no rule for here: the program would stop and ask a person."""
        declared = {fault for faults in self.operations.values() for fault in faults}
        return tuple(sorted(declared - KINDS.keys()))


def zeep_client(line: Line, query: str = "?wsdl") -> Any:  # noqa: ANN401 - zeep has no types
    """Return zeep's reading of a service, its schemas included: all from the line's own host.

    Raises NotSentError, UnknownOutcomeError, GarbageError.
    """
    import zeep
    from lxml import etree
    from zeep.exceptions import Error
    from zeep.transports import Transport

    class OverTheLine(Transport):
        """Loads nothing but over the line, and nothing with a DTD."""

        def load(self, url: str) -> bytes:
            document = line.document(url, _MAX_DOCUMENT)
            parse(document)
            return document

    open_client: Any = zeep.Client
    transport: Any = OverTheLine
    try:
        return open_client(line.url + query, transport=transport(), settings=zeep.Settings(strict=False))
    except (Error, InputError, etree.LxmlError, *_ZEEPS) as error:
        raise GarbageError(f"no description of a service: {error}") from error


def describe(line: Line, query: str = "?wsdl") -> Description:
    """Read the description. Raises NotSentError, UnknownOutcomeError, GarbageError."""
    client = zeep_client(line, query)
    try:
        port = next(iter(next(iter(client.wsdl.services.values())).ports.values()))
        operations = {name: tuple(_faults(one)) for name, one in sorted(port.binding.all().items())}
    except (StopIteration, *_ZEEPS) as error:
        raise GarbageError(f"no description of a service: {error}") from error
    found = _VERSION.search(port.binding.name.namespace or "")
    return Description(found[1] if found else "", operations)


def _faults(operation: Any) -> list[str]:  # noqa: ANN401 - zeep has no types
    messages = operation.abstract.fault_messages.values()
    return sorted(
        part.element.name for message in messages for part in message.parts.values() if part.element
    )
