"""What changes between editions, and what that does to the rows."""

from mappings.categories import Category
from mappings.classifier import build_classifier
from mappings.editions import ChangeKind, compare, fates, national_items, platform_items, shrinkage
from tests.mappings.samples import LIGHT, NAMES, PIT, STOP, incoming, mart


def national(names):
    return national_items(build_classifier(names))


def kinds(changes):
    return [(c.kind, c.old and c.old.key, c.new and c.new.key) for c in changes]


def test_new_gone_renamed_moved():
    new = dict(NAMES)
    del new[STOP], new[LIGHT]
    new["0002.0002.0003.0012"] = NAMES[LIGHT]  # the same number and name under another theme
    new["0002.0002.0003.0098"] = "Совсем новый вопрос"
    new["0001.0001.0001"] = "Дороги и мосты"
    changes = compare(national(NAMES), national(new))
    assert kinds(changes) == [
        (ChangeKind.MOVED, LIGHT, "0002.0002.0003.0012"),
        (ChangeKind.GONE, STOP, None),
        (ChangeKind.NEW, None, "0002.0002.0003.0098"),
        (ChangeKind.RENAMED, "0001.0001.0001", "0001.0001.0001"),
    ]
    assert shrinkage(changes, len(NAMES)) == 1 / len(NAMES)
    rules = [incoming("Дороги", LIGHT, row=2), mart(STOP, row=3), incoming("Дворы", PIT, row=4)]
    assert [(f.rule.row, f.change.kind) for f in fates(rules, changes)] == [
        (2, ChangeKind.MOVED),
        (3, ChangeKind.GONE),
    ]


def test_spelling_is_no_change():
    new = {code: f" «{name.upper().replace('Ё', 'Е')}»  " for code, name in NAMES.items()}
    assert compare(national(NAMES), national(new)) == []


def test_two_candidates_are_no_move():
    old = {"0001": "Раздел", "0001.0001": "Тема"}
    new = {"0001": "Раздел", "0001.0002": "Тема", "0001.0003": "Тема"}
    assert {c.kind for c in compare(national(old), national(new))} == {ChangeKind.GONE, ChangeKind.NEW}


def platform(*entries):
    return platform_items(Category(tuple(path.split(" / ")), item_id) for path, item_id in entries)


def test_categories_by_id():
    old = platform(("Дороги", "1"), ("Дороги / Ямы", "2"), ("Дороги / Люки", "3"), ("Дворы", "4"))
    new = platform(
        ("Дороги и мосты", "1"), ("Дороги и мосты / Ямы", "2"), ("Дворы / Люки", "3"), ("Дворы", "4")
    )
    changes = compare(old, new)
    assert kinds(changes) == [
        (ChangeKind.RENAMED, "1:1", "1:1"),
        (ChangeKind.MOVED, "2:3", "2:3"),
    ]
    rules = [
        incoming("Дороги / Ямы", PIT, row=2),  # by path: the path is no more
        incoming("Дороги / Ямы", PIT, id="2", row=3),  # by id: nothing happens to it
        incoming("Дороги / Люки", PIT, id="3", row=4),
    ]
    assert [(f.rule.row, f.change.kind) for f in fates(rules, changes)] == [
        (2, ChangeKind.RENAMED),
        (4, ChangeKind.MOVED),
    ]


def test_categories_by_path():
    old = platform(("Дороги", ""), ("Дороги / Ямы", ""), ("Дороги / Иное", ""))
    new = platform(("Дороги", ""), ("Дороги / Иное", ""), ("Дворы", ""), ("Дворы / Ямы", ""))
    changes = compare(old, new)
    assert {c.kind for c in changes} == {ChangeKind.MOVED, ChangeKind.NEW}
    assert [f.rule.row for f in fates([incoming("Дороги / Ямы", PIT, row=2)], changes)] == [2]


def test_retired_entries_do_not_take_part():
    old = platform_items([Category(("Дороги",), "1", retired=True)])
    assert old == []
