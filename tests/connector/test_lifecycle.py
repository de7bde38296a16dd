"""The state machine: total, monotonous, and silent once a round is over."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.appeal import AnswerResult, Event, EventKind, ReplyKind
from connector.lifecycle import State, StatusTable, default_table, judge, parse_rules, round_of

events = st.builds(
    Event,
    id=st.uuids().map(str),
    key=st.just("pos:1:2:1"),
    kind=st.sampled_from(EventKind),
    at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    result=st.sampled_from(AnswerResult),
    commanded=st.booleans(),
)
rows = st.dictionaries(
    st.sampled_from([*map(str, EventKind), "answer.solved", "answer.not_solved", "answer.unknown"]),
    st.fixed_dictionaries(
        {
            "reply": st.sampled_from([*map(str, ReplyKind), "none"]),
            "status": st.just("слово"),
            "status_text": st.just("слова"),
        }
    ),
)
ORDER = list(State)


def event(kind, **more):
    return Event(id="e", key="pos:1:2:1", kind=kind, at=datetime(2026, 1, 1, tzinfo=UTC), **more)


@given(st.lists(events, max_size=20), rows)
def test_any_sequence_of_events_never_moves_a_round_back_and_ends_it_once(sequence, overrides):
    table = default_table().overridden(overrides)
    state, finals = State.RECEIVED, 0
    for happened in sequence:
        verdict = judge(state, happened, table)
        assert ORDER.index(verdict.state) >= ORDER.index(state)
        if state.final:
            assert verdict.rule is None
            assert verdict.note == "after-final"
        if verdict.rule and verdict.rule.reply.final:
            finals += 1
            assert verdict.state.final
        state = verdict.state
    assert finals <= 1


@given(events, st.sampled_from(State))
def test_an_answer_leaves_only_on_command(happened, state):
    verdict = judge(state, happened, default_table())
    if happened.kind is EventKind.ANSWER and not happened.commanded:
        assert verdict.rule is None
        assert verdict.state is state


@pytest.mark.parametrize(
    ("happened", "reply", "state"),
    [
        (event(EventKind.REGISTERED), ReplyKind.INTERIM, State.REGISTERED),
        (event(EventKind.EXECUTOR_ASSIGNED), ReplyKind.INTERIM, State.IN_WORK),
        (event(EventKind.EXTENDED), ReplyKind.POSTPONED, State.IN_WORK),
        (event(EventKind.REFUSED), ReplyKind.REJECTED, State.REFUSED),
        (event(EventKind.REDIRECTED), ReplyKind.FORWARDED, State.REDIRECTED),
        (event(EventKind.ANSWER, commanded=True), ReplyKind.SOLVED, State.ANSWERED),
        (
            event(EventKind.ANSWER, commanded=True, result=AnswerResult.NOT_SOLVED),
            ReplyKind.NOT_SOLVED,
            State.ANSWERED,
        ),
        (event(EventKind.PROGRESS), None, State.IN_WORK),
        (event(EventKind.ACKNOWLEDGED), None, State.PENDING),
    ],
)
def test_default_table(happened, reply, state):
    verdict = judge(State.PENDING, happened, default_table())
    assert (verdict.rule.reply if verdict.rule else None) == reply
    assert verdict.state is state


def test_a_cabinet_may_keep_silent_or_speak_otherwise():
    table = default_table().overridden(
        {
            "executor_assigned": {"reply": "none"},
            "progress": {"reply": "interim", "status": "В работе", "status_text": "Готовится ответ"},
        }
    )
    assert judge(State.REGISTERED, event(EventKind.EXECUTOR_ASSIGNED), table).rule is None
    assert judge(State.REGISTERED, event(EventKind.PROGRESS), table).rule.status_text == "Готовится ответ"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"registred": {}}, "statuses.registred: no such event"),
        ({"answer.perhaps": {}}, "statuses.answer.perhaps: no such event"),
        ({"registered": {"reply": "yes"}}, "statuses.registered.reply: use one of"),
        (
            {"registered": {"reply": "interim", "status": "x"}},
            "statuses.registered.status_text: must not be empty",
        ),
        ({"registered": {"reply": "interim", "colour": "x"}}, "statuses.registered: unknown field colour"),
    ],
)
def test_a_wrong_row_is_named(row, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_rules(row)


def test_a_final_rule_without_an_event_row_is_a_note_not_an_end():
    verdict = judge(State.IN_WORK, event(EventKind.REFUSED), StatusTable({}))
    assert (verdict.state, verdict.rule, verdict.note) == (State.IN_WORK, None, "no-rule")


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        ({"told": None, "known": 0, "answered": False, "changed": False}, 1),
        ({"told": None, "known": 1, "answered": False, "changed": True}, 1),
        ({"told": None, "known": 1, "answered": True, "changed": False}, 1),
        ({"told": None, "known": 1, "answered": True, "changed": True}, 2),
        ({"told": 3, "known": 1, "answered": False, "changed": False}, 3),
        ({"told": 0, "known": 0, "answered": False, "changed": False}, 1),
    ],
)
def test_round(facts, number):
    assert round_of(**facts) == number
