"""Realistic messages in Russian, each with everything that will happen to it. Seeded: repeatable.

Message number i depends on the seed and i only, so that a longer run begins with the shorter one.
"""

import json
import random
import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from stand import blobs, plans
from stand.platform.dictionaries import Dictionaries, Subject, Subsubject, default_dictionaries
from stand.words import Cabinet, Case, FileSpec, Message

FIRST_ID = 1_000_001
_FIRST_OPA = 9_001


@cache
def texts() -> dict[str, Any]:
    """Return the words that ship with the generator."""
    return tomllib.loads(files("stand").joinpath("texts.toml").read_text(encoding="utf-8"))


def make_cabinets(count: int, seed: int = 0) -> tuple[Cabinet, ...]:
    """Return artificial cabinets with ids and passwords that depend on the seed."""
    names, regions = texts()["cabinets"], default_dictionaries().regions
    cabinets = []
    for index in range(count):
        source = random.Random(f"cabinet:{seed}:{index}")  # noqa: S311 - a test stand's password
        name = names[index % len(names)] + (f" № {index // len(names) + 1}" if index >= len(names) else "")
        region = regions[index % len(regions)]
        cabinets.append(
            Cabinet(
                _FIRST_OPA + index,
                name,
                str(UUID(int=source.getrandbits(128), version=4)),
                f"stand-{source.getrandbits(48):012x}",
                region.id,
                region.guid,
                region.name,
            )
        )
    return tuple(cabinets)


def make_cases(
    count: int, cabinets: Sequence[Cabinet], *, seed: int, now: datetime, first: int = 0
) -> Iterator[Case]:
    """Yield `count` messages for the cabinets in turn, created in the days before `now`."""
    dictionaries = default_dictionaries()
    for index in range(first, first + count):
        source = random.Random(f"message:{seed}:{index}")  # noqa: S311 - test data
        cabinet = cabinets[index % len(cabinets)]
        yield _Author(source, cabinet, dictionaries, now).case(index)


class _Author:
    """Writes one message."""

    def __init__(
        self, source: random.Random, cabinet: Cabinet, dictionaries: Dictionaries, now: datetime
    ) -> None:
        self._source = source
        self._cabinet = cabinet
        self._subjects = [one for one in dictionaries.subjects if not one.deleted]
        self._texts = texts()
        self._created = now - timedelta(seconds=source.randrange(3600, 5 * 86400), microseconds=1)

    def case(self, index: int) -> Case:
        message_id = FIRST_ID + index
        fast = self._chance(0.1)
        due = self._created + timedelta(days=10 if fast else 30)
        number = "" if self._chance(0.05) else f"{self._cabinet.opa_id}-{message_id}"
        subject, subsubject = self._category()
        wire = {
            "id": message_id,
            **({"regNumber": number, "regNumberSetAt": _iso(self._created)} if number else {}),
            **self._matter(subject, subsubject),
            "answerAt": _iso(due),
            "createdAt": _iso(self._created),
            "fastTrack": fast,
            **self._where(),
            **self._who(),
            "channel": self._pick("channels"),
            "customFieldValues": [],
        }
        message = Message(
            message_id, self._cabinet.opa_id, number or str(message_id),
            json.dumps(wire, ensure_ascii=False), self._files(message_id),
        )  # fmt: skip
        rounds = plans.make_rounds(self._source, self._texts, due.date())
        return Case(message, rounds)

    def _category(self) -> tuple[Subject, Subsubject]:
        subject = self._source.choice(self._subjects)
        return subject, self._source.choice([one for one in subject.children if not one.deleted])

    def _matter(self, subject: Subject, subsubject: Subsubject) -> dict[str, Any]:
        self._address = (
            f"{self._pick('settlements')}, {self._pick('streets')}, д {self._source.randrange(1, 99)}"
        )
        fact = self._source.choice(subsubject.facts) if subsubject.facts and self._chance(0.7) else None
        text = self._pick("complaints").format(
            fact=fact.name if fact else subsubject.name, address=self._address
        ) + self._pick("extras")  # fmt: skip
        if self._chance(0.03):  # longer than what some systems cut at
            text += "\n" + "Подробности изложены ниже по пунктам. " * 400
        matter: dict[str, Any] = {"description": text, **_category(subject, subsubject)}
        if fact:
            matter |= {"factId": fact.id, "factName": fact.name}
        if self._chance(0.15):
            matter |= {"lawAppeal": True, "questions": self._questions()}
        return matter

    def _questions(self) -> list[dict[str, Any]]:
        chosen = self._source.sample(self._texts["questions"], k=self._source.choice((2, 2, 3)))
        return [{"description": text, **_category(*self._category())} for text in chosen]

    def _where(self) -> dict[str, Any]:
        latitude, longitude = self._source.uniform(54.5, 58), self._source.uniform(59, 66)
        settlement, street, house = self._address.split(", ")
        oktmo = f"{self._cabinet.region_id}{self._source.randrange(601, 660)}000"
        where: dict[str, Any] = {
            "regionId": self._cabinet.region_guid, "regionName": self._cabinet.region,
            "address": f"{self._cabinet.region}, {self._address}",
            "opaId": self._cabinet.opa_id, "opaName": self._cabinet.name,
            "coordinates": f"{latitude:.6f},{longitude:.6f}",
        }  # fmt: skip
        if self._chance(0.8):
            where["locationAddress"] = {
                "postalCode": "000000", "country": "Россия", "regionFiasId": self._cabinet.region_guid,
                "regionKladrId": None, "regionWithType": self._cabinet.region,
                "cityWithType": settlement, "streetWithType": street, "house": house.removeprefix("д "),
                "flat": None, "fiasId": str(UUID(int=self._source.getrandbits(128), version=4)),
                "fiasLevel": "8", "okato": None, "oktmo": oktmo,
                "timezone": "UTC+5", "geoLat": f"{latitude:.6f}", "geoLon": f"{longitude:.6f}",
            }  # fmt: skip
        return where

    def _who(self) -> dict[str, Any]:
        shared = self._chance(0.08)
        applicant = self._person()
        if self._chance(0.1):
            applicant["organisation"] = self._pick("organisations")
        who: dict[str, Any] = {"applicant": applicant, "shared": shared}
        if self._chance(0.07):
            who["confidential"] = True
        if shared:
            who["coApplicants"] = [self._person() for _n in range(self._source.randrange(1, 4))]
        return who

    def _person(self) -> dict[str, Any]:
        number = self._source.randrange(1000, 9999)
        person: dict[str, Any] = {
            "surname": self._pick("surnames"), "name": self._pick("names"),
            "email": f"citizen{number}@example.org", "phone": f"+7000000{number}",
            "postAddress": f"000000, {self._cabinet.region}, {self._address}",
            "sendWithRussiaPost": self._chance(0.1),
        }  # fmt: skip
        if self._chance(0.9):
            person["patronymic"] = self._pick("patronymics")
        if self._chance(0.4):
            person["postAddressFlat"] = str(self._source.randrange(1, 120))
        return person

    def _files(self, message_id: int) -> tuple[tuple[str, FileSpec], ...]:
        count = self._source.choice((0, 0, 0, 1, 1, 2, 3))
        made = []
        for position in range(count):
            name = self._pick("file_names")
            size = self._source.choice((0, 1, 900, 15_000, 70_000, 250_000))
            spec = FileSpec(name, kind_of(name), size, f"{message_id}:{position}")
            made.append((str(UUID(int=self._source.getrandbits(128), version=4)), spec))
        return tuple(made)

    def _pick(self, name: str) -> str:
        return str(self._source.choice(self._texts[name]))

    def _chance(self, probability: float) -> bool:
        return self._source.random() < probability


def kind_of(name: str) -> blobs.Kind:
    """Return what a file looks like by the end of its name."""
    endings = {".png": blobs.Kind.PNG, ".pdf": blobs.Kind.PDF}
    return endings.get(name[-4:].lower(), blobs.Kind.TEXT)


def _category(subject: Subject, subsubject: Subsubject) -> dict[str, Any]:
    return {
        "subjectId": subject.id, "subjectName": subject.name,
        "subsubjectId": subsubject.id, "subsubjectName": subsubject.name,
    }  # fmt: skip


def _iso(moment: datetime) -> str:
    """Return a time as the platform writes it: UTC with Z, microseconds when there are any."""
    return moment.replace(tzinfo=None).isoformat() + "Z"
