"""What PosEdms answers mean: XML → the values that the REST way's translation reads. Pure."""

from lxml import etree

from connector.appeal import Cabinet
from connector.peer import Entry
from connector.platform import Received
from connector.platform.rest import translate as rest
from connector.platform.rest.fields import Fields
from connector.platform.rest.names import MessageNames
from connector.platform.rest.profile import Profile
from connector.platform.smev import elements
from connector.platform.smev.elements import NotPosEdmsError, Shapes


class Reader:
    """Reads what the platform says about one cabinet."""

    def __init__(self, cabinet: Cabinet, profile: Profile) -> None:
        """Read by a profile as REST spells it; a message stored by the REST way is read too."""
        self._cabinet = cabinet
        self._as_json: MessageNames = profile.message
        self.raised = profile.raised()
        self._shapes = Shapes.of(self.raised.message, self.raised.history.rows)

    def appeal(self, element: etree._Element) -> Received:
        """Return what one element of the list means."""
        value = elements.value(element, self._shapes)
        _split_attachments(value, self.raised.message)
        return rest.read_value(value, elements.source(element), self._cabinet, self.raised.message)

    def stored(self, raw: str) -> Received:
        """Return what the stored source of one message means."""
        if raw.lstrip().startswith(("{", "[")):
            return rest.read_text(raw, self._cabinet, self._as_json)
        try:
            element = elements.load(raw.encode("utf-8", "replace"))
        except NotPosEdmsError:
            return rest.read_text(raw, self._cabinet, self._as_json)
        value = elements.value(element, self._shapes)
        _split_attachments(value, self.raised.message)
        return rest.read_value(value, raw, self._cabinet, self.raised.message)

    def value(self, element: etree._Element) -> object:
        """Return an element as the JSON that REST would have sent, with raised first letters."""
        return elements.value(element, self._shapes)

    def entry(self, element: etree._Element, parent: str) -> Entry:
        """Return a row of a dictionary. Raises FieldProblemError."""
        return rest.read_entry(Fields(self.value(element)), self.raised.dictionaries, parent)


def _split_attachments(value: object, names: MessageNames) -> None:
    """One Attachments element with several FileId is as good as several with one: nobody saw which it is."""
    found = value.get(names.attachments) if isinstance(value, dict) else None
    if isinstance(value, dict) and isinstance(found, list):
        value[names.attachments] = [one for item in found for one in _one_each(item, names.attachment.id)]


def _one_each(item: object, key: str) -> list[object]:
    ids = item.get(key) if isinstance(item, dict) else None
    return [{key: one} for one in ids] if isinstance(ids, list) else [item]
