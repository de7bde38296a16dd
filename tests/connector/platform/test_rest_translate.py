"""JSON ↔ domain words: nothing crashes, nothing is lost on the way there and back."""

import json
from dataclasses import fields as members
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.appeal import Appeal, Category, ItemKind, Person, Question, Reply, ReplyKind
from connector.platform.rest import default_profile, outgoing
from connector.platform.rest.jsontext import NotJsonError, parse, split
from connector.platform.rest.translate import read_text, read_value
from tests.connector.platform.conformance import WORDS
from tests.connector.platform.loopback import CABINET, message

PROFILE = default_profile()
NAMES = PROFILE.message

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=12,
)
_KEYS = sorted(
    {part for key in json.dumps(NAMES.model_dump()).split('"') for part in key.split(".") if part.isalpha()}
)
near_messages = st.fixed_dictionaries({}, optional=dict.fromkeys(["id", *_KEYS], anything)).map(
    lambda values: message() | values
)


def read(**values):
    wire = message(**values)
    found = read_value(wire, json.dumps(wire), CABINET, NAMES)
    assert found.appeal is not None, found.problem
    return found.appeal


def problem(**values):
    wire = {name: value for name, value in message(**values).items() if value is not ...}
    found = read_value(wire, json.dumps(wire), CABINET, NAMES)
    assert found.appeal is None
    return found.problem


@given(st.one_of(anything, near_messages))
def test_any_json_is_an_appeal_or_a_problem(value):
    raw = json.dumps(value)
    found = read_text(raw, CABINET, NAMES)
    assert (found.appeal is None) == bool(found.problem)
    assert found.raw == raw
    assert found.platform_id
    assert read_text(raw, CABINET, NAMES) == found
    if found.appeal:
        assert found.appeal.platform_id == found.platform_id
        for member in members(Appeal):  # every text can be stored: valid UTF-8 without NUL
            assert "\0" not in str(getattr(found.appeal, member.name))
            repr(getattr(found.appeal, member.name)).encode()


@given(st.text())
def test_any_text_at_all_is_read_or_a_problem(text):
    found = read_text(text, CABINET, NAMES)
    assert found.appeal is None
    assert found.platform_id.startswith("sha256:")


whole = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
numbers = st.integers(-(2**63), 2**63 - 1)
categories = st.builds(
    Category,
    subject_id=st.none() | numbers,
    subject=whole,
    subsubject_id=st.none() | numbers,
    subsubject=whole,
    fact_id=st.none() | numbers,
    fact=whole,
)
people = st.builds(Person, surname=whole, name=whole, patronymic=whole, email=whole, phone=whole)


def wire_category(category):
    return {
        "subjectId": category.subject_id,
        "subjectName": category.subject,
        "subsubjectId": category.subsubject_id,
        "subsubjectName": category.subsubject,
        "factId": category.fact_id,
        "factName": category.fact,
    }


def wire_person(person):
    return {name: getattr(person, name) for name in ("surname", "name", "patronymic", "email", "phone")}


@given(
    st.integers(1, 10**18),
    whole,
    moments,
    moments,
    st.lists(categories, max_size=3),
    people,
    st.lists(people, max_size=3),
    st.booleans(),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.integers(1, 999),
)
def test_what_the_wire_says_is_what_the_appeal_says(
    id_, text, created, due, several, person, others, flag, lat, lon, round_
):
    wire = message(
        id=id_,
        description=text,
        createdAt=created.isoformat().replace("+00:00", "Z"),
        answerAt=due.isoformat().replace("+00:00", "Z"),
        lawAppeal=True,
        questions=[wire_category(one) | {"description": text} for one in several],
        applicant=wire_person(person) | {"sendWithRussiaPost": flag, "organisation": text},
        coApplicants=[wire_person(one) for one in others],
        shared=flag,
        confidential=flag,
        fastTrack=flag,
        coordinates=f"{lat},{lon}",
        channel=text,
        rework={"number": round_, "comment": text},
    )
    for names, spelled in ((NAMES, wire), (PROFILE.raised().message, raised(wire))):
        appeal = read_value(spelled, "{}", CABINET, names).appeal
        assert (appeal.platform_id, appeal.text, appeal.created_at, appeal.due_at) == (
            str(id_),
            text,
            created,
            due,
        )
        if several:
            assert appeal.questions == tuple(Question(n, text, c) for n, c in enumerate(several, 1))
        assert (appeal.applicant.person, appeal.applicant.organisation) == (person, text)
        assert tuple(one.person for one in appeal.co_applicants) == tuple(others)
        assert {
            appeal.collective,
            appeal.confidential,
            appeal.fast_track,
            appeal.applicant.reply_by_post,
        } == {flag}
        assert (appeal.territory.latitude, appeal.territory.longitude) == (lat, lon)
        assert (appeal.round, appeal.rework_comment, appeal.channel) == (round_, text, text)


def raised(value):
    """The same message as SMEV spells it: first letters raised, scalars as text."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: raised(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [raised(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("fast", "days"), [(False, 30), (True, 10)])
def test_a_due_date_is_computed_only_where_the_feed_has_none(fast, days):
    appeal = read(answerAt=None, fastTrack=fast, createdAt="2024-02-20T23:59:59.999999Z")
    assert appeal.due_at - appeal.created_at == timedelta(days=days)
    assert read(answerAt="2026-05-05T00:00:00Z", fastTrack=fast).due_at == datetime(2026, 5, 5, tzinfo=UTC)


def test_a_message_without_questions_of_its_own_has_one():
    appeal = read(subsubjectId="12", factName="Яма")
    assert appeal.kind is ItemKind.MESSAGE
    category = Category(subject_id=10, subject="Дороги", subsubject_id=12, fact="Яма")
    assert appeal.questions == (Question(1, "Яма на дороге", category),)


def test_the_territory_comes_from_every_place_that_tells_it():
    location = {"oktmo": "45000000", "fiasId": "f", "areaWithType": None, "cityWithType": "г Образцов"}
    location |= {"geoLat": "55.75", "geoLon": 37.6}
    territory = read(
        locationAddress=location, regionId="guid", regionName="Область", address="дом 1"
    ).territory
    assert (territory.oktmo, territory.fias_id, territory.municipality) == ("45000000", "f", "г Образцов")
    assert (territory.latitude, territory.longitude) == (55.75, 37.6)
    assert (territory.region_id, territory.region, territory.address) == ("guid", "Область", "дом 1")


@pytest.mark.parametrize("odd", ["", "55.1", "a,b", "91,0", "0,181", "nan,nan", "1,2,3", "inf,0"])
def test_an_odd_place_does_not_stop_a_message(odd, caplog):
    territory = read(coordinates=odd).territory
    assert territory.latitude is territory.longitude is None
    assert bool(odd) == ("coordinates" in caplog.text)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"id": ...}, "id is missing"),
        ({"id": True}, "id must be text"),
        ({"id": 1.5}, "id must be a whole number or a word"),
        ({"id": "../token"}, "id must be a whole number or a word"),
        ({"description": None}, "description is missing"),
        ({"description": ["a"]}, "description must be text"),
        ({"createdAt": ...}, "createdAt is missing"),
        ({"createdAt": ""}, "createdAt is empty"),
        ({"createdAt": 1700000000000}, "createdAt must be a time"),
        ({"createdAt": "2026-13-01T00:00:00Z"}, "createdAt must be a time"),
        ({"createdAt": "0001-01-01T00:00:00+14:00"}, "createdAt must be a time"),
        ({"answerAt": "завтра"}, "answerAt must be a time"),
        ({"applicant": ...}, "applicant is missing"),
        ({"applicant": "Тестова"}, "applicant must be an object"),
        ({"applicant": {"surname": {}}}, "applicant.surname must be text"),
        ({"coApplicants": [{"name": 1}, 5]}, "coApplicants[1] must be an object"),
        ({"coApplicants": {}}, "coApplicants must be a list"),
        ({"attachments": "http://x/1"}, "attachments must be a list"),
        ({"attachments": ["https://x/a", "https://x/"]}, "attachments[1] must be the address"),
        ({"attachments": [{"name": "x"}]}, "attachments[0] must be the address"),
        ({"fastTrack": "да"}, "fastTrack must be true or false"),
        ({"subjectId": "x"}, "subjectId must be a whole number"),
        ({"subjectId": 2**63}, "subjectId must be a whole number"),
        ({"opaId": 5}, "opaId is 5, but the settings of cabinet Управа Образцово say 77"),
        ({"questions": [{"description": "a"}, {"description": "b"}]}, "lawAppeal is not set"),
        ({"lawAppeal": True, "questions": [{"subjectId": 1}]}, "questions[0].description is missing"),
        ({"locationAddress": "Москва"}, "locationAddress must be an object"),
        ({"rework": {"number": -1}}, "rework.number must be a whole number from 0"),
    ],
)
def test_a_problem_names_the_field_and_not_its_value(values, named):
    text = problem(**values)
    assert named in text
    assert "Тестова" not in text


def test_a_value_that_is_no_json_object_is_known_by_its_digest():
    one, other = read_text("[1]", CABINET, NAMES), read_text("[2]", CABINET, NAMES)
    assert one.platform_id.startswith("sha256:")
    assert one.platform_id != other.platform_id


@given(anything, st.lists(anything, max_size=4))
def test_the_elements_of_a_list_keep_their_own_text(more, items):
    indent = 2 if len(items) % 2 else None
    text = json.dumps({"a": more, "content": items, "b": more}, indent=indent)
    rest, elements = split(text, "content")
    assert json.dumps([element.value for element in elements]) == json.dumps(items)
    assert json.dumps(rest) == json.dumps({"a": more, "b": more})
    assert all(json.dumps(parse(one.text)) == json.dumps(one.value) for one in elements)
    assert all(one.text in text for one in elements)


@given(st.text(max_size=40))
def test_any_text_is_split_or_refused(text):
    with pytest.raises(NotJsonError):
        split(text, "content")
    with pytest.raises(NotJsonError):
        split('{"content": [' + text, "content")


replies = st.builds(
    Reply,
    opa_id=st.just(77),
    platform_id=st.integers(1, 10**18).map(str) | st.just("0012") | st.just("a-b"),
    round=st.integers(1, 3),
    event_id=whole,
    kind=st.sampled_from(ReplyKind),
    status=whole,
    status_text=whole,
    text=st.text(max_size=30),
    comment=whole,
    executor=st.none() | people,
    manager=st.none() | people,
    card_number=whole,
    card_date=st.none() | st.dates(),
    outgoing_number=whole,
    outgoing_date=st.none() | st.dates(),
    postponed_to=st.none() | st.dates(),
    forwarded_to=whole,
)


def leaves(value):
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@given(replies, st.lists(whole.filter(bool), max_size=2))
def test_a_reply_goes_out_whole_without_nulls(reply, file_ids):
    for profile in (PROFILE, PROFILE.raised()):
        wire = outgoing.to_wire(reply, file_ids, CABINET, profile)
        json.dumps(wire, ensure_ascii=False).encode()
        assert all(leaf not in (None, "") for leaf in leaves(wire))
    wire = outgoing.to_wire(reply, file_ids, CABINET, PROFILE)
    assert str(wire["id"]) == reply.platform_id
    assert wire["answer"] is reply.kind.final
    assert wire.get("comment", "") == reply.comment
    assert wire.get("attachmentIds", []) == file_ids
    assert wire.get("reassignmentInfo", "") == reply.forwarded_to
    for name, day in (("regNumberSetAt", reply.card_date), ("postponedDate", reply.postponed_to)):
        assert wire.get(name) == (f"{day.isoformat()}T00:00:00Z" if day else None)
    if reply.executor:
        expected = {name: value for name, value in wire_person(reply.executor).items() if value}
        assert wire.get("executorInfo", {}) == expected


def reply(kind=ReplyKind.SOLVED, **values):
    status, status_text = WORDS[kind]
    return Reply(77, "1", 1, "e", kind, status, status_text, **{"text": "Сделано"} | values)


def row(code, text="", answer_type="", comment=""):
    answer = {"answerType": answer_type, "comment": comment or None, "rejectReason": None}
    return {"status": code, "statusText": text, "answer": answer if answer_type else None}


@pytest.mark.parametrize(
    ("rows", "sent", "count"),
    [
        ([], reply(), 0),
        ([row("SEND_RESPONSE", "Отправлен", "SOLVED", "Сделано")], reply(), 1),
        ([row("SEND_RESPONSE", "Отправлен", "SOLVED", " сделано\n")], reply(), 1),
        ([row("SEND_RESPONSE", "Отправлен", "SOLVED", "Иное")], reply(), 0),
        ([row("SEND_RESPONSE", "Отправлен", "NOT_SOLVED", "Сделано")], reply(), 0),
        ([row("SEND_RESPONSE", "Отправлен", "SOLVED")], reply(text=""), 1),
        ([row("NEW_CODE", "Обращение рассмотрено", "SOLVED", "Сделано")], reply(), 1),
        ([row("NEW_CODE", "Иное", "SOLVED", "Сделано")], reply(), 0),
        ([row("SET_EXECUTOR", "Назначен исполнитель")], reply(ReplyKind.INTERIM), 0),
        ([row("TAKE_TO_WORK", "Обращение принято в работу")] * 3, reply(ReplyKind.INTERIM), 3),
        ([row("POSTPONE", "x", "POSTPONED", "Сделано")], reply(ReplyKind.POSTPONED), 1),
        ([row("FORWARD_TO_SUBORDINATE", "x")], reply(ReplyKind.FORWARDED), 1),
        ([row("MODERATION_DECLINE", "Отклонено модератором")], reply(ReplyKind.REJECTED), 1),
    ],
)
def test_a_reply_is_recognised_in_the_history(rows, sent, count):
    assert outgoing.count_in_history({"history": rows}, sent, PROFILE) == count


ANSWERED = ("SEND_RESPONSE", "Отправлен", "SOLVED")


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([row(*ANSWERED, "Первый круг")], 0),  # only the earlier round's: this one has not arrived
        ([row(*ANSWERED, "Первый круг"), row(*ANSWERED, "Сделано")], 1),
        ([row(*ANSWERED, "Сделано"), row(*ANSWERED, "Первый круг")], 1),
        ([row(*ANSWERED)], 0),  # a history that shows no words: one answer is the earlier one
        ([row(*ANSWERED), row(*ANSWERED)], 1),
        ([row(*ANSWERED), row(*ANSWERED, "Сделано")], 1),
    ],
)
def test_an_answer_of_an_earlier_round_neither_passes_for_this_one_nor_hides_it(rows, count):
    earlier = reply(text="Первый круг")
    assert outgoing.count_in_history({"history": rows}, reply(), PROFILE, [earlier]) == count


def test_days_keep_their_date_everywhere_in_russia():
    wire = outgoing.to_wire(reply(card_date=date(2026, 1, 31)), (), CABINET, PROFILE)
    moment = datetime.fromisoformat(wire["regNumberSetAt"])
    assert {(moment + timedelta(hours=offset)).date() for offset in range(2, 13)} == {date(2026, 1, 31)}
