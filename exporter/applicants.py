"""Who wrote the same before: applicants as keyed digests in a temporary file, gone when the process ends.

A digest is an HMAC with the installation's secret, or a random key of this process; neither it nor what it
was made of reaches a fact, a mart or a log. The index lies on disk, so memory stays flat.
"""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from config.secret import Secret
from connector.appeal import Applicant
from exporter.fact import Fact
from mappings.words import same_key

_SCHEMA = """
CREATE TABLE seen (digest BLOB, at INTEGER, who TEXT, PRIMARY KEY (digest, at, who)) WITHOUT ROWID
"""
_BEFORE = "SELECT 1 FROM seen WHERE digest = ? AND at >= ? AND at < ? AND who <> ? LIMIT 1"


class Applicants:
    """First told of everything (`add`), then asked (`before`): the order of a source does not matter."""

    def __init__(self, key: Secret | None = None) -> None:
        self._key = key.reveal().encode() if key else secrets.token_bytes(32)
        self._index = sqlite3.connect("")  # a private temporary file
        self._index.execute(_SCHEMA)

    def digests(self, applicants: Sequence[Applicant], fact: Fact) -> tuple[bytes, ...]:
        """Return one digest per way to know an applicant again; none where only a name is given."""
        matter = (fact.category or fact.code, fact.subcategory, _territory(fact))
        if not matter[0] or not matter[2]:
            return ()
        return tuple(self._digest((*who, *matter)) for one in applicants for who in _identities(one))

    def add(self, digests: Iterable[bytes], received: datetime, who: str) -> None:
        """Remember that `who` (a message) came from these at a moment."""
        rows = [(digest, _micros(received), who) for digest in digests]
        self._index.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows)

    def before(self, digests: Iterable[bytes], received: datetime, who: str, window: timedelta) -> bool:
        """Whether another message of the same applicant about the same came within the window before."""
        since, at = _micros(received - window), _micros(received)
        with closing(self._index.cursor()) as cursor:
            return any(cursor.execute(_BEFORE, (one, since, at, who)).fetchone() for one in digests)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._index.close()

    def _digest(self, parts: Sequence[str]) -> bytes:
        return hmac.new(self._key, "\x1f".join(parts).encode(), hashlib.sha256).digest()[:16]


def _identities(applicant: Applicant) -> list[tuple[str, str, str]]:
    """A name alone is no person: it counts together with a telephone, an e-mail or a postal address."""
    person = applicant.person
    # not remembered between calls, unlike names of categories: these are personal data
    name = same_key.__wrapped__(f"{person.surname} {person.name} {person.patronymic}")
    if not name:
        return []
    phone = "".join(filter(str.isdigit, person.phone))[-10:]
    address = same_key.__wrapped__(applicant.post_address)
    ways = (("phone", phone), ("email", person.email.strip().casefold()), ("address", address))
    return [(name, way, value) for way, value in ways if value]


def _territory(fact: Fact) -> str:
    return fact.fias or fact.oktmo or fact.municipality or fact.region or fact.region_name


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
