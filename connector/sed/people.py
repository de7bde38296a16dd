"""Reads a person's name as officials write it."""

import re

from connector.appeal import Person


def person(name: str, *, email: str = "", phone: str = "") -> Person:
    """Return a person from «Иванов Иван Иванович», «Иванов И.И.» or «И.И. Иванов»."""
    words = [word for word in re.split(r"\s+|(?<=\.)(?=\w)", name.strip()) if word]
    if len(words) > 1 and words[0].endswith(".") and not words[-1].endswith("."):
        words = [words[-1], *words[:-1]]
    surname, first, *rest = words if len(words) > 1 else [*words, "", ""][:2]
    return Person(surname, first, " ".join(rest), email=email, phone=phone)
