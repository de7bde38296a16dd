"""Reads people and organisations out of contacts of a passport."""

from lxml import etree

from connector.appeal import Person
from connector.sed.passport import attribute, child, children, text
from connector.sed.people import person


def official(contact: etree._Element | None) -> Person | None:
    """Return the official of a contact; a department alone stands for itself. None for neither."""
    name = text(contact, "OfficialPerson", "FIO") or text(contact, "Department", "Name")
    if not name or contact is None:
        return None
    addresses = {attribute(one, "Type"): (one.text or "").strip() for one in children(contact, "Econtact")}
    if not text(contact, "OfficialPerson", "FIO"):
        return Person(surname=name, email=addresses.get("e", ""), phone=addresses.get("t", ""))
    return person(name, email=addresses.get("e", ""), phone=addresses.get("t", ""))


def organisation(contact: etree._Element | None) -> str:
    """Return an organisation's full name, else its short one."""
    holder = child(contact, "Organization")
    return text(holder, "FullName") or text(holder, "ShortName")


def described(contact: etree._Element | None) -> str:
    """Return department and official in words, for a note."""
    parts = (
        text(contact, "Department", "Name"),
        text(contact, "OfficialPerson", "FIO"),
        text(contact, "OfficialPerson", "Post"),
    )
    return ", ".join(part for part in parts if part) or organisation(contact)
