"""A statement of the configuration: one SELECT (or one change), its parameters known and typed. Pure."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, String, TextClause, bindparam, text
from sqlalchemy.types import TypeEngine

from config.i18n import _

_ASIDE = re.compile(r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*\"""", re.DOTALL)  # remarks and quotes
_READS = ("select", "with", "values")

# Where a restriction is not asked for, its parameter lets everything pass.
FIRST_DAY, LAST_DAY = date(1753, 1, 1), date(9999, 12, 31)  # the least day that SQL Server compares with
CURSORS: Mapping[str, tuple[TypeEngine[Any], Any, Any]] = {  # type, what lies before everything, reader
    "integer": (BigInteger(), -(2**63), int),
    "text": (String(), "", str),
    "time": (DateTime(), datetime(1753, 1, 1), datetime.fromisoformat),  # noqa: DTZ001 - as the base keeps it
}


def parameters(sql: str) -> frozenset[str]:
    """Return the names of a statement's parameters."""
    return frozenset(text(_bare(sql)).compile().params)


def problem(sql: str, known: frozenset[str], *, reads: bool) -> str:
    """Say what is wrong with a statement, nothing when it can be used."""
    bare = _bare(sql)
    if not bare:
        return _("is empty")
    if ";" in _ASIDE.sub(" ", bare):
        return _("give one statement, without a semicolon")
    if reads and bare.split(None, 1)[0].lower() not in _READS:
        return _("must be a SELECT: this adapter reads")
    unknown = sorted(parameters(sql) - known)
    if unknown:
        return _("there is no parameter :{name}; known ones: {known}").format(
            name=unknown[0], known=", ".join(f":{one}" for one in sorted(known))
        )
    return ""


def typed(sql: str, types: Mapping[str, TypeEngine[Any]]) -> TextClause:
    """Return the statement with its parameters typed: a database must know what an empty one is."""
    names = parameters(sql)
    return text(_bare(sql)).bindparams(
        *(bindparam(name, type_=kind) for name, kind in types.items() if name in names)
    )


def card_types(cursor: str) -> dict[str, TypeEngine[Any]]:
    """Return the types of the parameters that a SELECT of cards may have."""
    return {"from": Date(), "to": Date(), "cardfile": String(), "cursor": CURSORS[cursor][0]}


def _bare(sql: str) -> str:
    """Return the statement without remarks and its last semicolon; a colon in quotes is no parameter."""
    return _ASIDE.sub(_plain, sql).strip().rstrip(";").rstrip()


def _plain(aside: re.Match[str]) -> str:
    return " " if aside[0].startswith(("--", "/*")) else aside[0].replace(":", r"\:")
