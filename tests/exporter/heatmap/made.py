"""A small generator of facts: regions by their weight, categories, both faces of overdue. Nobody's data."""

import json
import random
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from exporter.fact import Fact

AS_OF = datetime(2026, 3, 1, 9, tzinfo=UTC)
CATEGORIES = ("Дороги", "Вывоз мусора", "Отопление", "Благоустройство", "Освещение", "Школы", "Транспорт",
              "Поликлиники", "Дворы", "Детские сады", "Вода", "Животные")  # fmt: skip


def regions():
    return json.loads(files("exporter.heatmap").joinpath("tile-layout.json").read_text(encoding="utf-8"))


def make_facts(count, *, seed=1, categories=CATEGORIES):
    dice = random.Random(seed)
    places = regions()
    weights = [dice.paretovariate(0.9) for _ in places]
    for number in range(count):
        yield _fact(number, dice, dice.choices(places, weights)[0], categories)


def _fact(number, dice, place, categories):
    received = AS_OF - timedelta(days=dice.uniform(0, 90))
    due = received + timedelta(days=30)
    answered = received + timedelta(days=dice.gammavariate(4, 4))
    answered = answered if answered < AS_OF and dice.random() < 0.9 else None
    overdue = (answered or AS_OF) > due
    repeated = dice.random() < 0.12
    unknown = dice.random() < 0.01
    return Fact(
        source="list", card=str(number), question="1", version=number, cabinet=101 + number % 3,
        region="" if unknown else place["oktmo"], region_name="" if unknown else place["name"],
        municipality="" if unknown else f"Район {number % 4 + 1}",
        category=categories[min(int(dice.expovariate(0.3)), len(categories) - 1)],
        kind="appeal" if dice.random() < 0.3 else "message", received_at=received, due_at=due,
        answered_at=answered, overdue=overdue, repeated=repeated, new=not repeated,
        rating=dice.choice((1, 2, 3, 4, 5, 5)) if answered and dice.random() < 0.2 else None,
        status="Отправлен ответ заявителю" if answered else "Назначен исполнитель",
    )  # fmt: skip
