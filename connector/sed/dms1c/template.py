"""Which additional properties a card has, by what 1С itself says of a new document; told once in a while."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.i18n import _, speaking
from connector.errors import RetryableError
from connector.sed.dms1c.document import Filled, Value
from connector.sed.dms1c.objects import DmObject, Property, child, is_true, read_moment, xsi_type
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.dms1c.soap import DmService, reading

INCOMING = "DMIncomingDocument"
_FRESH = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class Slot:
    """A property as a card has it: its GUID and its simple type in XML Schema, "" when 1С does not say."""

    id: str
    type: str


class Template:
    """The properties of a new incoming document. Thread-safe."""

    def __init__(self, service: DmService, settings: Dms1cSettings) -> None:
        self._service = service
        self._settings = settings
        self._lock = threading.Lock()
        self._slots: dict[str, Slot] = {}
        self._read_at = float("-inf")

    def values(self, filled: Iterable[Filled]) -> list[Any]:
        """Return zeep's values of properties. Raises RetryableError naming those that the card lacks."""
        filled = list(filled)
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH or self._missing(filled):
                self._slots = self._read()
                self._read_at = time.monotonic()
            missing = self._missing(filled)
            if missing:
                raise RetryableError(
                    _(
                        "a card of 1С has no additional property {names}: create it for incoming documents, "
                        "correct its name in the section, or give its GUID in property_ids"
                    ).format(names=", ".join(f"«{name}»" for name in missing)),
                    code="property-missing",
                )
            slots = dict(self._slots)
        return [self.value(one.name, slots[one.name.casefold()], one.value) for one in filled]

    def names(self) -> set[str]:
        """Return the names of the properties that a new card has, in lower case."""
        with self._lock:
            self._slots = self._read()
            self._read_at = time.monotonic()
            return set(self._slots)

    def value(self, name: str, slot: Slot, value: Value) -> Any:  # noqa: ANN401 - zeep's own values
        """Return a property with a simple value, of the type that the card has it in."""
        make, simple = self._service.schema.make, self._service.schema.simple
        return make(
            "DMAdditionalProperty",
            name=name,
            objectID=make("DMObjectID", id=slot.id, type="DMAdditionalProperty"),
            propertySimpleValue=simple(self._as_type(value, slot.type, name)),
        )

    def _as_type(self, value: Value, kind: str, name: str) -> Value:
        """Return a value as the property's type wants it; a property that is a reference is an error."""
        if kind == "object":
            raise RetryableError(
                _("the additional property «{name}» is a reference: make it a string in 1С").format(
                    name=name
                ),
                code="property-type",
            )
        if kind == "boolean":
            return value if isinstance(value, bool) else is_true(str(value))
        if kind in ("decimal", "int", "integer", "long"):
            return _number(value, name)
        if kind in ("dateTime", "date"):
            return _moment(value, name)
        if kind == "string":
            with speaking(self._settings.language):
                return _words(value)
        return value

    def _missing(self, filled: Iterable[Filled]) -> list[str]:
        return [one.name for one in filled if one.name.casefold() not in self._slots]

    def _read(self) -> dict[str, Slot]:
        answer = self._service.execute(
            "DMGetNewObjectRequest", reading(_("the properties of a card")), type=INCOMING
        )
        found = child(answer, "object")
        told = (
            {} if found is None else {one.name.casefold(): slot_of(one) for one in DmObject(found).properties}
        )
        given = {name.casefold(): Slot(id_, "") for name, id_ in self._settings.property_ids.items()}
        return {**given, **told}


def slot_of(one: Property) -> Slot:
    """Return the GUID and the type of a property as it stands on a card."""
    simple = child(one.element, "propertySimpleValue")
    if simple is None:
        reference = child(one.element, "propertyObjectValue")
        return Slot(one.id, "" if reference is None else "object")
    return Slot(one.id, xsi_type(simple))


def _number(value: Value, name: str) -> Value:
    try:
        return value if isinstance(value, int) else int(str(value))
    except ValueError:
        raise _wrong(name, _("a number")) from None


def _moment(value: Value, name: str) -> Value:
    moment = value if isinstance(value, datetime) else read_moment(str(value))
    if moment is None:
        raise _wrong(name, _("a date"))
    return moment


def _words(value: Value) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value.strftime("%d.%m.%Y %H:%M") if isinstance(value, datetime) else str(value)


def _wrong(name: str, kind: str) -> RetryableError:
    return RetryableError(
        _("the additional property «{name}» takes {kind} in 1С: correct its type or its source").format(
            name=name, kind=kind
        ),
        code="property-type",
    )
