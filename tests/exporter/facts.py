"""What the exporter's tests share: facts, rows and sources made in one line."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from exporter.fact import Fact
from exporter.row import Problem, Row

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def fact(card="1", question="1", *, version=1, **more):
    said = {
        "source": "delo",
        "cabinet": 101,
        "organisation": "Администрация города",
        "region": "28000000",
        "region_name": "Тверская область",
        "category": "Дороги",
        "code": "0005.0005.0056.1162",
        "kind": "message",
        "received_at": NOON,
        "due_at": NOON + timedelta(days=30),
        "status": "Назначен исполнитель",
        "overdue": False,
        "new": True,
    }
    return Fact(card=card, question=question, version=version, **{**said, **more})


def row(*args, problems=(), closed=False, place="", **more):
    told = tuple(Problem(code) for code in problems)
    return Row(fact(*args, **more), told, place, closed=closed)


@dataclass
class Given:
    """A source of rows given beforehand."""

    told: list = field(default_factory=list)
    name: str = "delo"

    def rows(self):
        yield from self.told
