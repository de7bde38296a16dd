"""What 1С tells: lists that are cut, cursors that look back, answers on command, cards for the mart."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from connector.appeal import AnswerResult, EventKind
from connector.errors import PermanentError, RetryableError
from connector.sed import CardQuery
from connector.sed.dms1c.events import Reader, Reading
from connector.sed.dms1c.listing import Listed, Lists
from connector.sed.dms1c.objects import DmObject, read_moment
from connector.sed.testing import DAY, LATER, Store, an_appeal, drain, of, unique
from stand.dms1c.infobase import INCOMING, OUTGOING, TASK, Stored
from stand.dms1c.shown import Showing
from stand.words import Decision, DecisionKind
from tests.connector.sed.dms1c_peer import StandDms1c

START = datetime(2024, 1, 1)  # noqa: DTZ001 - 1С's own clock


@pytest.fixture
def peer():
    with StandDms1c(wsdl="own") as peer:
        yield peer


@pytest.fixture
def handed(peer):
    appeal = an_appeal()
    peer.sed().register(appeal, (), Store().open)
    return appeal


# -- lists


class Cut:
    """A list of rows at seconds, cut at a limit, in the order of the server's own choice."""

    def __init__(self, seconds, most):
        self.seconds, self.most, self.asked = seconds, most, 0

    def __call__(self, kind, conditions, columns, limit):
        self.asked += 1
        assert self.asked < 3000, "it does not come to an end"
        found = list(enumerate(self.seconds))
        for one in conditions:
            bound = (one.value - START).total_seconds()
            found = [row for row in found if (row[1] >= bound if one.operator == ">=" else row[1] <= bound)]
        limit = min(limit, self.most)
        return Listed(tuple(_row(number, second) for number, second in found[:limit]), len(found) > limit)


def _row(number, second):
    moment = (START + timedelta(seconds=second)).isoformat()
    return DmObject(
        etree.fromstring(
            f'<object xmlns="http://www.1c.ru/dm"><objectID><id>{number}</id><type>T</type></objectID>'
            f"<modificationDate>{moment}</modificationDate></object>"
        )
    )


class Few:
    changed_property, list_limit, list_limit_most = "modificationDate", 4, 64
    task_changed_property = "beginDate"


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.integers(0, 60) | st.integers(0, 10**8), max_size=60),
    st.sampled_from([64, 1000]),
    st.none() | st.integers(0, 60),
)
def test_every_object_comes_once_however_lists_are_cut(seconds, most, begin):
    lists = Lists(None, Few())
    lists.once = Cut(seconds, most)
    at, found = None if begin is None else START + timedelta(seconds=begin), []
    while True:
        stretch = lists.stretch(("T",), lambda _kind: (), at)
        found += [row.object.id for row in stretch.rows]
        if stretch.next is None:
            break
        assert at is None or stretch.next > at
        at = stretch.next
    assert sorted(found, key=int) == [
        str(n) for n, one in enumerate(seconds) if begin is None or one >= begin
    ]


def test_more_of_one_second_than_1c_gives_is_an_error_that_says_so():
    lists = Lists(None, Few())
    lists.once = Cut([7] * 100, 64)
    with pytest.raises(RetryableError, match="list_limit_most"):
        lists.stretch(("T",), lambda _kind: (), START + timedelta(seconds=7))


def test_a_dictionary_that_is_cut_comes_whole(peer):
    names = [f"(0001.{number:04}) рубрика {number % 7}" for number in range(60)]
    for name in [*names, "Ё", "ё", "abc", "№ 1"]:
        peer.server.base.add(Stored("DMActivityMatter", name=name))
    peer.server.engine.most = 8
    entries = [entry.name for entry in peer.sed(list_limit=4, list_limit_most=8).dictionary("rubrics")]
    assert sorted(entries) == sorted(one.name for one in peer.server.base.all("DMActivityMatter"))


# -- cursors


def test_what_was_written_late_comes_by_the_look_back(peer, handed):
    sed = peer.sed()
    peer.register(handed.key, "Т-1", DAY)
    _events, cursor, _notes = drain(sed)
    card = peer.server.document(handed.key)
    card.properties["Перенаправлено ПОС"] = "Управление"
    card.moments["modificationDate"] -= timedelta(seconds=120)  # a transaction that ended late
    assert EventKind.REDIRECTED in {event.kind for event in drain(sed, cursor)[0]}
    assert EventKind.REDIRECTED not in {event.kind for event in drain(peer.sed(look_back=1.0), cursor)[0]}


def test_a_task_of_next_week_does_not_carry_the_cursor_away(peer, handed):
    sed, base = peer.sed(), peer.server.base
    peer.assign(handed.key, "Исполнителев И.И.", "Ответить", DAY)
    (task,) = base.all(TASK)
    task.moments["beginDate"] += timedelta(days=7)
    _events, cursor, _notes = drain(sed)
    peer.redirect(handed.key, "Управление")
    assert EventKind.REDIRECTED in {event.kind for event in drain(sed, cursor)[0]}


@pytest.mark.parametrize(("listed_by", "seen"), [("beginDate", False), ("modificationDate", True)])
def test_a_late_report_is_seen_where_tasks_are_listed_by_their_change(peer, handed, listed_by, seen):
    sed = peer.sed(task_changed_property=listed_by, look_back=1.0)
    peer.assign(handed.key, "Исполнителев И.И.", "Ответить", DAY)
    (task,) = peer.server.base.all(TASK)
    task.moments["beginDate"] -= timedelta(hours=1)
    _events, cursor, _notes = drain(sed)
    peer.server.decide(handed.key, Decision(DecisionKind.PROGRESS, text="Выехали"))
    assert (EventKind.PROGRESS in {event.kind for event in drain(sed, cursor)[0]}) is seen


def test_a_restart_repeats_ids_and_loses_nothing(peer, handed):
    peer.register(handed.key, "Т-1", DAY)
    first, cursor, _notes = drain(peer.sed())
    again, _cursor, _notes = drain(peer.sed(), cursor)
    assert [event.id for event in again] == [event.id for event in first]


@pytest.mark.parametrize("cursor", ["", "garbage", "1|2|3", "2024-01-01T00:00:00|x||y.z"])
def test_any_other_cursor_begins_from_the_beginning(peer, handed, cursor):
    peer.register(handed.key, "Т-1", DAY)
    assert EventKind.REGISTERED in {event.kind for event in drain(peer.sed(), cursor)[0]}


def test_objects_that_told_everything_are_not_fetched_again(peer, handed):
    sed = peer.sed(look_back=0.2)
    peer.register(handed.key, "Т-1", DAY)
    cursor = drain(sed)[1]
    import time

    counts = []
    for _turn in range(4):
        before = peer.server.app.requests
        cursor = drain(sed, cursor)[1]
        counts.append(peer.server.app.requests - before)
        time.sleep(0.15)
    assert counts[0] > counts[-1] == 3  # three lists and nothing else


def test_foreign_cards_tasks_and_letters_tell_nothing_and_stop_nothing(peer, handed):
    base = peer.server.base
    foreign = base.add(Stored(INCOMING, name="чужой", fields={"regNumber": "1"}))
    user = base.named("DMUser", "Чужой Ч.Ч.")
    for target in (foreign, base.named("DMContract", "договор")):
        references = {"target": (target.kind, target.id), "performer": (user.kind, user.id)}
        base.add(Stored(TASK, fields={"executed": "false"}, references=references))
    base.add(
        Stored(OUTGOING, fields={"regNumber": "1"}, properties={"Обращение ПОС": (INCOMING, foreign.id)})
    )
    base.add(Stored(OUTGOING, properties={"Обращение ПОС": (INCOMING, "нет такого")}))
    peer.register(handed.key, "Т-1", DAY)
    events, _cursor, notes = drain(peer.sed())
    assert {event.key for event in events} == {handed.key}
    assert len(notes) == 1  # the link that leads nowhere


def test_an_answer_never_comes_before_the_number_although_1c_works_meanwhile(peer, handed):
    """The clerk registers and answers between our lists of cards and of letters."""
    sed, engine = peer.sed(), peer.server.engine
    real = engine._calls["DMGetObjectListRequest"]

    def meanwhile(request):
        told = real(request)
        if b"DMBusinessProcessTask" in etree.tostring(request) and not peer.server.document(
            handed.key
        ).fields.get("regNumber"):
            peer.register(handed.key, "Т-1", DAY)
            peer.assign(handed.key, "Исполнителев И.И.", "Ответить", DAY)
            peer.answer(handed.key, "Готово", {}, commanded=True, solved=True, number="О-1")
        return told

    engine._calls = {**engine._calls, "DMGetObjectListRequest": meanwhile}
    kinds = [event.kind for event in of(unique(drain(sed)[0]), handed.key)]
    wanted = [EventKind.REGISTERED, EventKind.EXECUTOR_ASSIGNED, EventKind.ANSWER]
    assert [kind for kind in kinds if kind in wanted] == wanted


# -- what closes a message


def last_answer(peer, sed=None):
    return [event for event in drain(sed or peer.sed())[0] if event.kind is EventKind.ANSWER][-1]


def test_a_command_without_a_number_waits_for_the_number(peer, handed):
    peer.answer(handed.key, "Готово", {}, commanded=True, solved=True, number="О-1")
    (answer,) = peer.server.base.all(OUTGOING)
    answer.fields["regNumber"] = ""
    assert not last_answer(peer).commanded
    assert last_answer(peer, peer.sed(answer_numbered=False)).commanded
    answer.fields["regNumber"] = "О-1"
    assert last_answer(peer).commanded


def test_a_kind_of_document_may_be_the_command(peer, handed):
    peer.answer(handed.key, "Готово", {}, commanded=False, solved=True, number="О-1")
    (answer,) = peer.server.base.all(OUTGOING)
    kind = peer.server.base.named("DMOutgoingDocumentType", "Ответ в ПОС (вид)")
    answer.references["documentType"] = (kind.kind, kind.id)
    assert not last_answer(peer).commanded
    assert last_answer(peer, peer.sed(answer_types=("ответ в пос (ВИД)",))).commanded


def test_an_unknown_result_is_a_note_and_no_guess(peer, handed):
    peer.answer(handed.key, "Готово", {}, commanded=True, solved=True, number="О-1")
    next(iter(peer.server.base.all(OUTGOING))).properties["Результат ПОС"] = "Наверное"
    events, _cursor, notes = drain(peer.sed())
    assert events[-1].result is AnswerResult.UNKNOWN
    assert len(notes) == 1


def test_one_order_to_two_people_is_one_event(peer, handed):
    from stand.words import Official

    who = (Official("Первый", "П.", "", ""), Official("Второй", "В.", "", ""))
    peer.server.decide(
        handed.key, Decision(DecisionKind.ASSIGN, text="Ответить", deadline=LATER, executors=who)
    )
    events = drain(peer.sed())[0]
    (assigned,) = [event for event in events if event.kind is EventKind.EXECUTOR_ASSIGNED]
    assert [one.surname for one in assigned.executors] == ["Первый", "Второй"]
    (resolution,) = [event for event in events if event.kind is EventKind.RESOLUTION]
    assert resolution.deadline == LATER


def test_an_executor_s_report_is_progress(peer, handed):
    peer.assign(handed.key, "Исполнителев И.И.", "Ответить", DAY)
    peer.server.decide(handed.key, Decision(DecisionKind.PROGRESS, text="Выехали"))
    (progress,) = [event for event in drain(peer.sed())[0] if event.kind is EventKind.PROGRESS]
    assert (progress.text, progress.executors[0].surname) == ("Выехали", "Исполнителев")


def test_tasks_are_not_read_where_they_are_not_wanted(peer, handed):
    peer.assign(handed.key, "Исполнителев И.И.", "Ответить", DAY)
    kinds = {event.kind for event in drain(peer.sed(read_tasks=False))[0]}
    assert EventKind.EXECUTOR_ASSIGNED not in kinds


def test_names_of_properties_are_settings(peer, handed):
    sed = peer.sed(redirect_property="Место ПОС")
    assert "г. Примерск" in next(
        event.organisation for event in drain(sed)[0] if event.kind is EventKind.REDIRECTED
    )


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("0001-01-01T00:00:00", None),
        ("", None),
        ("когда-нибудь", None),
        ("2024-03-04T10:00:00", datetime(2024, 3, 4, 10)),  # noqa: DTZ001
        ("2024-03-04", datetime(2024, 3, 4)),  # noqa: DTZ001
    ],
)
def test_an_empty_date_is_no_date(told, moment):
    assert read_moment(told) == moment


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40))
def test_whatever_properties_hold_reading_ends_and_ids_are_stable(value):
    from config.secret import Secret
    from connector.sed.dms1c import Dms1cSettings

    reader = Reader(Dms1cSettings(url="https://1c.example.org/a", user="u", password=Secret("p")))
    base = type("Base", (), {"get": lambda _self, _id: None})()
    names = ("Отказ ПОС", "Код отказа ПОС", "Перенаправлено ПОС", "Сообщение ПОС №")
    card = Stored(INCOMING, fields={"regNumber": value}, properties=dict.fromkeys(names, value))
    ids = []
    for _turn in range(2):
        told = Reading()
        reader.card("pos:1:2:1", DmObject(Showing(base).whole("objects", card)), told)
        ids.append([event.id for event in told.events])
    assert ids[0] == ids[1]


# -- the mart


def test_cards_of_any_number_of_folders(peer):
    sed, store, base = peer.sed(), Store(), peer.server.base
    for number in range(6):
        folder = base.add(Stored("DMIncomingDocumentFolder", name=f"Папка {number}"))
        appeal = an_appeal(platform_id=str(number))
        from connector.sed.dms1c import Ref

        peer.sed(folder=Ref(folder.id)).register(appeal, (), store.open)
    wanted = (
        "Папка 1",
        "Папка 4",
        next(one.id for one in base.all("DMIncomingDocumentFolder") if one.name == "Папка 2"),
    )
    found = [(card.card_file, card.key) for card in sed.cards(CardQuery(card_files=wanted))]
    assert found == [(f"Папка {n}", f"pos:77:{n}:1") for n in (1, 4, 2)]
    with pytest.raises(PermanentError, match="Папка 9"):
        list(sed.cards(CardQuery(card_files=("Папка 9",))))


def test_cards_go_on_from_the_cursor_of_the_last_one(peer):
    sed, store = peer.sed(batch=2, look_back=1.0), Store()
    for number in range(6):
        appeal = an_appeal(platform_id=str(number))
        sed.register(appeal, (), store.open)
        peer.server.document(appeal.key).moments["modificationDate"] += timedelta(minutes=5 - number)
    cards = list(sed.cards(CardQuery()))
    assert [card.key for card in cards] == [f"pos:77:{n}:1" for n in (5, 4, 3, 2, 1, 0)]
    for place, card in enumerate(cards):  # whatever was the last one that was stored
        rest = {one.key for one in sed.cards(CardQuery(cursor=card.cursor))}
        assert rest >= {one.key for one in cards[place + 1 :]}
    assert len(list(sed.cards(CardQuery(cursor=cards[-1].cursor)))) == 2
    assert list(sed.cards(CardQuery(cursor=cards[-1].cursor, rubric_changed_to=date(2024, 1, 1)))) == []


def test_what_of_a_card_could_not_be_read_is_said(peer, handed):
    from stand.dms1c.infobase import PROPERTIES

    kinds = {**PROPERTIES[INCOMING], "Дата ответа ПОС": "string"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROPERTIES, INCOMING, kinds)
        peer.server.document(handed.key).properties["Дата ответа ПОС"] = "на днях"
        (card,) = peer.sed().cards(CardQuery())
    assert card.answered_at is None
    assert card.unread == {"Дата ответа ПОС": "на днях"}


def test_what_a_card_tells_the_mart(peer, handed):
    peer.register(handed.key, "Т-1", DAY)
    card = peer.server.document(handed.key)
    card.properties |= {
        "Дата ответа ПОС": datetime(2024, 4, 1, 12),  # noqa: DTZ001
        "Дата рубрики ПОС": datetime(2024, 3, 5, 12),  # noqa: DTZ001
        "Статус вопроса ПОС": "Находится на рассмотрении",
    }
    (told,) = peer.sed().cards(CardQuery())
    assert told.received_at == datetime(2024, 3, 1, 21, 30, tzinfo=UTC)
    assert told.due_at == datetime(2024, 3, 31, 21, 30, tzinfo=UTC)
    assert told.answered_at == datetime(2024, 4, 1, 9, tzinfo=UTC)
    (question,) = told.questions
    assert question.changed_at == datetime(2024, 3, 5, 9, tzinfo=UTC)
    assert (question.status, question.platform_status) == ("Находится на рассмотрении", "В работе")
    assert told.fields["Выгрузка в витрину ПОС"] == "true"
    assert (told.fields["confidential"], told.fields["address"]) == ("false", "г. Примерск, ул. Примерная, 1")
    assert list(peer.sed().cards(CardQuery(rubric_changed_from=date(2024, 3, 5)))) == [told]
    assert list(peer.sed().cards(CardQuery(rubric_changed_from=date(2024, 3, 6)))) == []


def test_a_mark_that_stands_already_writes_nothing(peer, handed):
    sed = peer.sed()
    (card,) = sed.cards(CardQuery())
    changed = peer.server.document(handed.key).moments["modificationDate"]
    peer.server.engine._calls = {**peer.server.engine._calls, "DMUpdateRequest": None}
    sed.annotate(card.ref, card.questions[0], {"Статус ПОС": "В работе", "Выгрузка в витрину ПОС": "да"})
    assert peer.server.document(handed.key).moments["modificationDate"] == changed
