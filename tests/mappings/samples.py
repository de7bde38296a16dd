"""A small classifier, a small platform, and rules between them, all invented."""

import datetime as dt

from hypothesis import strategies as st

from mappings.categories import Categories, Category
from mappings.classifier import build_classifier
from mappings.model import Content, Direction, Kind, Policy, Relation, Rule, Status, StatusPair, Unmapped
from mappings.workbook.resolve import References

NAMES = {
    "0001": "Первый раздел",
    "0001.0001": "Дороги и транспорт",
    "0001.0001.0001": "Дороги",
    "0001.0001.0001.0011": "Ямы на дорогах",
    "0001.0001.0001.0012": "Освещение дорог",
    "0001.0001.0001.0012.0001": "Освещение переходов",
    "0001.0001.0002": "Транспорт",
    "0001.0001.0002.0013": "Остановки",
    "0001.0001.0002.0011": "Ямы на дорогах",  # one number under two themes
    "0002": "Второй раздел",
    "0002.0002": "Жильё",
    "0002.0002.0003": "Дворы",
    "0002.0002.0003.0021": "Детские площадки",
    "0002.0002.0003.0099": "Отменённый вопрос",
}
CLASSIFIER = build_classifier(NAMES, retired=frozenset({"0002.0002.0003.0099"}))
CATEGORIES = Categories(
    (
        Category(("Дороги",), "10"),
        Category(("Дороги", "Ямы"), "11"),
        Category(("Дороги", "Иное"), "12"),
        Category(("Дороги", "Иное", "Светофор"), "13"),
        Category(("Дворы",), "20"),
        Category(("Дворы", "Иное"), "21"),
        Category(("Дворы", "Лавки"), "22", "Регион"),
        Category(("Дворы", "Старое"), "23", retired=True),
    )
)
REFERENCES = References(CLASSIFIER, CATEGORIES)
PIT, LIGHT, STOP, PLAY = (
    "0001.0001.0001.0011",
    "0001.0001.0001.0012",
    "0001.0001.0002.0013",
    "0002.0002.0003.0021",
)


def incoming(path, code, **parts):
    parts = {"status": Status.VERIFIED, **parts}
    return Rule(Direction.INCOMING, tuple(path.split(" / ")), parts.pop("id", ""), code, **parts)


def mart(code, path="", **parts):
    names = tuple(path.split(" / ")) if path else ()
    return Rule(Direction.MART, names, code=code, status=Status.VERIFIED, excluded=not path, **parts)


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=12).map(
    lambda s: " ".join(s.split())
)
parts = texts.map(lambda s: s.replace(";", "").replace(",", "").strip()).filter(bool)
dates = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))
lists = st.lists(parts, max_size=2, unique=True).map(tuple)
common = {
    "cabinets": lists,
    "kinds": st.lists(st.sampled_from(list(Kind)), max_size=2, unique=True).map(tuple),
    "regions": st.just(()),
    "since": st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2024, 12, 31)),
    "until": st.none() | st.dates(dt.date(2025, 1, 1), dt.date(2030, 12, 31)),
    "words": lists,
    "priority": st.integers(-1000, 1000),
    "status": st.sampled_from(list(Status)),
    "confidence": st.none() | st.integers(0, 100).map(lambda n: n / 100),
    "reason": texts,
    "author": texts,
    "reviewer": texts,
    "created": st.none() | dates,
    "reviewed": st.none() | dates,
    "comment": st.one_of(texts, st.sampled_from(["=1+1", "+7 900", "-", "@имя", "a\nb", "'=x"])),
}
live = [c for c in CATEGORIES if not c.retired]
related = st.sampled_from([r for r in Relation if r is not Relation.NONE])
incoming_rules = (
    st.fixed_dictionaries(
        {
            "direction": st.just(Direction.INCOMING),
            "category": st.sampled_from(live),
            "with_id": st.booleans(),
            "code": st.sampled_from([PIT, LIGHT, STOP, PLAY, ""]),
            "relation": related,
            **common,
        }
    )
    .map(
        lambda d: Rule(
            **{k: v for k, v in d.items() if k not in {"category", "with_id"}},
            path=d["category"].path,
            id=d["category"].id if d["with_id"] else "",
        )
    )
    .map(lambda rule: rule if rule.code else rule._replace(status=Status.PROPOSED, comment="в работе"))
)
mart_rules = st.fixed_dictionaries(
    {
        "direction": st.just(Direction.MART),
        "category": st.sampled_from([None, *live]),
        "code": st.sampled_from(["*", PIT, "0001.0001.0001"]),
        "relation": related,
        **common,
    }
).map(
    lambda d: Rule(
        **{k: v for k, v in d.items() if k != "category"},
        path=d["category"].path if d["category"] else (),
        excluded=d["category"] is None,
    )
)
rules = st.lists(incoming_rules | mart_rules, max_size=8).map(
    lambda rules: tuple(rule._replace(row=number) for number, rule in enumerate(rules, 2))
)
CONTENT = Content(
    (
        incoming("Дороги / Ямы", PIT, id="11", row=2, reviewer="Методист", reviewed=dt.date(2026, 5, 2)),
        incoming("Дороги", LIGHT, row=3),
        mart("*", "Дворы / Иное", row=4),
        mart("0001.0001.0001", "Дороги", row=5),
        mart(STOP, row=6),
    ),
    (Policy("", Unmapped.MANUAL), Policy("ЛКО города", Unmapped.DEFAULT, PLAY)),
    (StatusPair("Не поступило", ""), StatusPair("Рассмотрено. Поддержано", "Отправлен ответ заявителю")),
)
