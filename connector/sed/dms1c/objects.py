"""Reads what DMService sends, whatever else it sends: objects, references, additional properties, dates.

1С writes an empty date as 0001-01-01T00:00:00; here it is None. Times without a zone are the SED's own.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from lxml import etree

from connector.sed.dms1c.schema import NS, XSI

_EMPTY_YEAR = 1


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first element at a path of local names."""
    for name in path:
        if element is None:
            return None
        element = element.find(f"{{{NS}}}{name}")
    return element


def children(element: etree._Element | None, name: str) -> list[etree._Element]:
    """Return the children of a name, in their order."""
    return [] if element is None else element.findall(f"{{{NS}}}{name}")


def text(element: etree._Element | None, *path: str) -> str:
    """Return the text at a path, stripped; "" where there is none."""
    found = child(element, *path)
    return "" if found is None else (found.text or "").strip()


def xsi_type(element: etree._Element) -> str:
    """Return the local name of an element's xsi:type."""
    return element.get(f"{{{XSI}}}type", "").rpartition(":")[2]


def read_moment(value: str) -> datetime | None:
    """Return a date and time of the SED's own clock (naive); None for an empty or a broken one."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return None if moment.year <= _EMPTY_YEAR else moment.replace(tzinfo=None)


def is_true(value: str) -> bool:
    """Whether a property's value says yes, as a flag or as a word."""
    return value.strip().casefold() in {"true", "1", "да", "yes", "истина"}


class DmObject:
    """One object of 1С as it came."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    @property
    def id(self) -> str:
        """Its GUID."""
        return text(self.element, "objectID", "id")

    @property
    def type(self) -> str:
        """Its type of XDTO: what it calls itself, else what the element says."""
        return text(self.element, "objectID", "type").rpartition(":")[2] or xsi_type(self.element)

    @property
    def name(self) -> str:
        """Its presentation."""
        return text(self.element, "name") or text(self.element, "objectID", "presentation")

    def text(self, *path: str) -> str:
        """Return the text of a field."""
        return text(self.element, *path)

    def moment(self, *path: str) -> datetime | None:
        """Return a field's date and time by the SED's clock."""
        return read_moment(text(self.element, *path))

    def day(self, *path: str) -> date | None:
        """Return a field's date."""
        moment = self.moment(*path)
        return moment.date() if moment else None

    def reference(self, *path: str) -> "DmObject | None":
        """Return the object that a field refers to; None for an empty reference."""
        found = child(self.element, *path)
        other = None if found is None else DmObject(found)
        return other if other is not None and (other.id or other.name) else None

    def external_id(self, kind: str) -> str:
        """Return the id that another system gave it, "" when that was not us."""
        holders = children(self.element, "externalObject") + children(self.element, "externalObjects")
        return next((text(one, "id") for one in holders if text(one, "type") == kind), "")

    @property
    def properties(self) -> "Properties":
        """Its additional properties."""
        return Properties(children(self.element, "additionalProperties"))


class Properties:
    """Additional properties of an object, by name; letter case does not tell apart."""

    def __init__(self, elements: Iterable[etree._Element]) -> None:
        self._elements = {text(one, "name").casefold(): one for one in elements}

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._elements

    def __iter__(self) -> Iterator["Property"]:
        return map(Property, self._elements.values())

    def get(self, name: str) -> "Property | None":
        """Return a property that the object has, filled or not."""
        found = self._elements.get(name.casefold())
        return None if found is None else Property(found)

    def text(self, name: str) -> str:
        """Return a property's value as text; a reference's presentation; "" when empty or not there."""
        found = self.get(name)
        return found.text if found else ""

    def day(self, name: str) -> date | None:
        """Return a property's date, written as 1С does or by a person as 31.12.2024."""
        moment = self.moment(name)
        return moment.date() if moment else None

    def moment(self, name: str) -> datetime | None:
        """Return a property's date and time by the SED's clock."""
        value = self.text(name)
        moment = read_moment(value)
        if moment is None and value:
            for form in ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y"):
                try:
                    return datetime.strptime(value, form)  # noqa: DTZ007 - the SED's own clock
                except ValueError:
                    continue
        return moment


class Property:
    """One additional property: its name, its own id, its value."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    @property
    def name(self) -> str:
        """What the administrator called it."""
        return text(self.element, "name")

    @property
    def id(self) -> str:
        """The GUID of the property itself."""
        return text(self.element, "objectID", "id")

    @property
    def is_flag(self) -> bool:
        """Whether its value is yes or no."""
        found = child(self.element, "propertySimpleValue")
        return found is not None and xsi_type(found) == "boolean"

    @property
    def is_moment(self) -> bool:
        """Whether its value is a date."""
        found = child(self.element, "propertySimpleValue")
        return found is not None and xsi_type(found) in ("dateTime", "date")

    @property
    def value(self) -> DmObject | None:
        """The object that it refers to, None when it is simple or empty."""
        return DmObject(self.element).reference("propertyObjectValue")

    @property
    def text(self) -> str:
        """Its value as text; an empty date is no text."""
        if self.value is not None:
            return self.value.name
        told = text(self.element, "propertySimpleValue")
        return "" if self.is_moment and read_moment(told) is None else told
