"""Conflicts found on paper are exactly those that some message would meet."""

import datetime as dt
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.conditions import Point
from mappings.conflicts import conflicts, rank, strongest
from mappings.crosswalk import Crosswalk, Outcome
from mappings.model import Content, Direction, Kind, Message, Rule, Status

PATH = ("Дороги", "Ямы")
DAYS = [dt.date(2026, 1, day) for day in range(1, 6)]
WORDS = ("яма", "ям*", "двор", "двор яма", "знак")
TEXTS = ("", "яма", "ямы", "двор", "двор, яма", "ямы во дворе", "знак", "знак и яма", "двор ямы знак яма")

rules = st.fixed_dictionaries(
    {
        "direction": st.just(Direction.INCOMING),
        "path": st.just(PATH),
        "id": st.sampled_from(["", "", "1", "2"]),
        "code": st.sampled_from(["0001", "0002", "0003"]),
        "cabinets": st.lists(st.sampled_from("AB"), max_size=2, unique=True).map(tuple),
        "kinds": st.lists(st.sampled_from(list(Kind)), max_size=1).map(tuple),
        "regions": st.sampled_from([(), (), ("R",)]),
        "since": st.sampled_from([None, None, *DAYS[:3]]),
        "until": st.sampled_from([None, None, *DAYS[2:]]),
        "words": st.lists(st.sampled_from(WORDS), max_size=2, unique=True).map(tuple),
        "priority": st.sampled_from([0, 0, 0, 1]),
        "status": st.just(Status.VERIFIED),
    }
).map(lambda parts: Rule(**parts))


def every_point():
    days = [None, DAYS[0] - dt.timedelta(days=1), *DAYS, DAYS[-1] + dt.timedelta(days=1)]
    for parts in product(["", "1", "2"], ["", "a", "b"], ["", *Kind], ["", "r"], days):
        # prefix and ending tokens stand for any word with the prefix
        for text in TEXTS:
            yield Point(*parts, frozenset(text.replace(",", "").split()))


POINTS = list(every_point())


@settings(max_examples=60, deadline=None)
@given(st.lists(rules, min_size=2, max_size=4))
def test_found_conflicts_are_exactly_those_that_a_message_meets(some):
    ranked = rank(rule._replace(row=number) for number, rule in enumerate(some))
    expected = set()
    for point in POINTS:
        best = strongest([r for r in ranked if r.guard.holds(point)])
        expected |= {
            (a.rule.row, b.rule.row)
            for a, b in product(best, best)
            if a.rule.row < b.rule.row and a.rule.outcome != b.rule.outcome
        }
    assert {(a.row, b.row) for a, b in conflicts(ranked)} == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(rules, min_size=1, max_size=5), st.sampled_from(POINTS), st.sampled_from(TEXTS))
def test_lookup_says_conflict_exactly_when_the_strongest_disagree(some, point, text):
    crosswalk = Crosswalk(Content(tuple(some)))
    message = Message(PATH, ("9", point.id), point.cabinet, point.kind, point.region, point.date, text)
    tokens = frozenset(text.replace(",", "").split())
    best = strongest([r for r in rank(some) if r.guard.holds(point._replace(tokens=tokens))])
    decision = crosswalk.incoming(message)
    codes = {r.rule.code for r in best}
    if not codes:
        assert decision.outcome is Outcome.UNMAPPED
    elif len(codes) == 1:
        assert (decision.outcome, decision.code) == (Outcome.CODE, codes.pop())
    else:
        assert decision.outcome is Outcome.CONFLICT
        assert {rule.code for rule in decision.rules} == codes
