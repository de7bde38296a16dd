"""What the crosswalk answers: levels, ids, conditions, both directions, policies, statuses."""

import datetime as dt

import pytest

from mappings.crosswalk import Crosswalk, Outcome
from mappings.model import Content, Kind, Message, Policy, Relation, Status, Unmapped
from tests.mappings.samples import CATEGORIES, CONTENT, LIGHT, PIT, PLAY, STOP, incoming, mart


def crosswalk(*rules, policies=(), statuses=()):
    return Crosswalk(Content(rules, policies, statuses), 7, CATEGORIES.ids())


def ask(walk, names, **parts):
    return walk.incoming(Message(tuple(names.split(" / ")), **parts))


def test_the_lowest_level_with_a_rule_answers():
    walk = crosswalk(incoming("Дороги", LIGHT, row=2), incoming("Дороги / Иное", PIT, row=3))
    assert ask(walk, "Дороги / Иное / Светофор").code == PIT
    assert ask(walk, "Дороги / Иное / Светофор").inherited
    own = ask(walk, "Дороги / Иное")
    assert (own.code, own.inherited, own.rows, own.version) == (PIT, False, (3,), 7)
    assert ask(walk, "Дороги / Ямы").code == LIGHT
    assert ask(walk, "Дворы / Иное").outcome is Outcome.UNMAPPED


def test_a_bare_name_is_no_key():
    walk = crosswalk(incoming("Дороги / Иное", PIT))
    assert ask(walk, "Дворы / Иное").outcome is Outcome.UNMAPPED
    assert ask(walk, "Иное").outcome is Outcome.UNMAPPED


def test_spelling_does_not_matter():
    walk = crosswalk(incoming("Дороги / Ямы", PIT))
    assert ask(walk, "ДOРОГИ  / «ямы» ").code == PIT  # a Latin O among them


def test_an_id_outweighs_the_name():
    walk = crosswalk(incoming("Дороги / Ямы", PIT, id="11"), incoming("Дороги / Ямы", LIGHT))
    assert ask(walk, "Дороги / Ямы", ids=("10", "11")).code == PIT
    assert ask(walk, "Дороги / Ямы", ids=("10", "999")).code == LIGHT
    assert ask(walk, "Дороги / Провалы", ids=("10", "11")).code == PIT  # renamed on the platform
    assert ask(walk, "Дороги / Ямы").code == PIT  # names only: the path has one id


def test_without_an_id_a_rule_for_one_of_two_equal_names_does_not_act():
    ids = [(("Дороги", "Ямы"), "1", ""), (("Дороги", "Ямы"), "2", "")]
    walk = Crosswalk(Content((incoming("Дороги / Ямы", PIT, id="1"),)), 1, ids)
    assert ask(walk, "Дороги / Ямы").outcome is Outcome.UNMAPPED
    assert ask(walk, "Дороги / Ямы", ids=("", "1")).code == PIT


def test_the_region_tells_which_of_two_ids_is_meant():
    ids = [(("Дороги",), "1", "Север"), (("Дороги",), "2", "Юг")]
    walk = Crosswalk(Content((incoming("Дороги", PIT, id="1"), incoming("Дороги", LIGHT, id="2"))), 1, ids)
    assert ask(walk, "Дороги", region="север").code == PIT
    assert ask(walk, "Дороги", region="Юг").code == LIGHT
    assert ask(walk, "Дороги").outcome is Outcome.UNMAPPED


def test_the_narrower_condition_wins_and_priority_goes_before_it():
    walk = crosswalk(
        incoming("Дороги", LIGHT),
        incoming("Дороги", PIT, cabinets=("ЛКО города",)),
        incoming("Дороги", STOP, cabinets=("ЛКО города",), words=("автобус*",)),
        incoming("Дороги", PLAY, priority=5, since=dt.date(2026, 6, 1), until=dt.date(2026, 6, 30)),
    )
    assert ask(walk, "Дороги").code == LIGHT
    assert ask(walk, "Дороги", cabinet="лко ГОРОДА").code == PIT
    assert ask(walk, "Дороги", cabinet="ЛКО города", text="Ждём автобуса, зимой").code == STOP
    for day, code in ((dt.date(2026, 5, 31), PIT), (dt.date(2026, 6, 1), PLAY), (dt.date(2026, 6, 30), PLAY)):
        assert ask(walk, "Дороги", cabinet="ЛКО города", date=day).code == code
    assert ask(walk, "Дороги", date=dt.date(2026, 7, 1)).code == LIGHT


def test_a_tie_is_a_conflict_with_both_rows():
    walk = crosswalk(
        incoming("Дороги", PIT, cabinets=("А",), row=2), incoming("Дороги", LIGHT, words=("ночь",), row=3)
    )
    decision = ask(walk, "Дороги", cabinet="А", text="ночь")
    assert (decision.outcome, decision.rows, decision.code) == (Outcome.CONFLICT, (2, 3), "")
    assert ask(walk, "Дороги", cabinet="А", text="день").code == PIT


def test_equal_answers_are_no_conflict():
    walk = crosswalk(incoming("Дороги", PIT, cabinets=("А",)), incoming("Дороги", PIT, words=("ночь",)))
    assert ask(walk, "Дороги", cabinet="А", text="ночь").code == PIT


def test_kind_is_a_condition():
    walk = crosswalk(incoming("Дороги", PIT, kinds=(Kind.APPEAL,)))
    assert ask(walk, "Дороги", kind="appeal").code == PIT
    assert ask(walk, "Дороги", kind="message").outcome is Outcome.UNMAPPED


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.VERIFIED])
def test_only_verified_rows_act(status):
    walk = crosswalk(incoming("Дороги", PIT, status=status))
    assert ask(walk, "Дороги").outcome is Outcome.UNMAPPED


def test_the_mart_answers_by_upper_codes_and_by_default():
    walk = Crosswalk(CONTENT, 1)
    assert walk.mart(PIT).path == ("Дороги",)
    assert walk.mart(PIT).inherited
    assert walk.mart(PLAY).path == ("Дворы", "Иное")
    assert walk.mart(STOP).outcome is Outcome.EXCLUDED
    assert Crosswalk(Content((mart("0001.0001", "Дороги"),))).mart(PLAY).outcome is Outcome.UNMAPPED


def test_the_mart_looks_at_conditions_too():
    walk = crosswalk(mart(PIT, cabinets=("А",)), mart("0001.0001.0001", "Дороги"))
    assert walk.mart(PIT, Message(cabinet="а")).outcome is Outcome.EXCLUDED
    assert walk.mart(PIT, Message(cabinet="б")).path == ("Дороги",)


def test_policies_say_what_happens_to_the_unmapped():
    nothing = incoming("Дворы / Лавки", "", relation=Relation.NONE)
    tie = [incoming("Дороги", PIT), incoming("Дороги", LIGHT)]
    policies = (Policy("", Unmapped.MANUAL), Policy("А", Unmapped.DEFAULT, PLAY), Policy("Б", Unmapped.HOLD))
    walk = crosswalk(nothing, *tie, policies=policies)

    def route(names, cabinet):
        return walk.route(Message(tuple(names.split(" / ")), cabinet=cabinet))[:2]

    assert route("Дворы / Лавки", "а") == (PLAY, Unmapped.DEFAULT)
    assert route("Дворы / Лавки", "Б") == ("", Unmapped.HOLD)
    assert route("Чужое", "В") == ("", Unmapped.MANUAL)
    assert route("Дороги", "А") == ("", Unmapped.HOLD)  # a conflict is never answered by default
    assert route("Дороги", "В") == ("", Unmapped.MANUAL)
    assert walk.incoming(Message(("Дворы", "Лавки"))).outcome is Outcome.NO_MATCH
    assert crosswalk().route(Message(("Дороги",)))[:2] == ("", Unmapped.HOLD)


def test_statuses_of_production_are_the_default():
    walk = crosswalk()
    assert walk.status("Находится на рассмотрении") == "Назначен исполнитель"
    assert walk.status("InWork") == "Назначен исполнитель"
    assert walk.status("рассмотрено.  поддержано") == "Отправлен ответ заявителю"
    assert walk.status("NotRegistered") == ""
    assert walk.status("Придуманный") is None
    assert Crosswalk(CONTENT).status("Находится на рассмотрении") is None  # the workbook's table replaces it
