"""Loading into a state data mart: what is held is what the facts say, whatever happens on the way."""

import contextlib
import itertools
import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import AuthError, RetryableError
from exporter.marts.datamart.csvfile import record
from exporter.marts.datamart.ledger import Ledger
from exporter.marts.datamart.packing import key_of
from exporter.marts.datamart.uploader import Patience
from stand.faults import Fault, FaultPlan, Pains
from stand.mart.rules import BrokenFileError, read
from tests.exporter.datamart.conftest import MOSCOW, PROFILE, Mart, row_of, rows_of, table_of
from tests.exporter.heatmap.made import make_facts

ROWS = rows_of(60)
FEW = ROWS[:25]  # several files, few enough for a kill at every point
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
KEYS = {key_of(row, "sed1") for row in ROWS}


def small(**changes):
    return PROFILE.model_copy(update={"max_file_bytes": 2000, **changes})


def test_what_was_sent_is_what_the_mart_holds(mart, tmp_path):
    outcome = mart.upload(tmp_path, ROWS, profile=small())
    assert set(mart.rows) == KEYS
    assert (outcome.rows_done, outcome.refused, outcome.failed, outcome.waiting) == (len(ROWS), 0, [], 0)
    assert outcome.done > 3
    one = ROWS[0]
    held = mart.rows[key_of(one, "sed1")]
    assert held["category"] == one["category"]
    assert held["received_at"] == one["received_at"].astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:%S")
    assert list((tmp_path / "files").glob("*")) == []


def test_a_second_run_sends_nothing_and_a_corrected_row_goes_alone(mart, tmp_path):
    mart.upload(tmp_path, ROWS)
    assert mart.upload(tmp_path, ROWS).packed.unchanged == len(ROWS)
    assert len(mart.state.bodies) == 1
    changed = [{**ROWS[0], "status": "Отправлен ответ заявителю!", "fingerprint": "other"}, *ROWS[1:]]
    assert mart.upload(tmp_path, changed).rows_done == 1
    assert mart.rows[key_of(ROWS[0], "sed1")]["status"] == "Отправлен ответ заявителю!"


def test_a_tombstone_is_a_delete_of_the_key_and_only_of_what_is_held(mart, tmp_path):
    mart.upload(tmp_path, ROWS)
    gone = [{**row, "deleted": True, "fingerprint": "gone"} for row in ROWS[:3]]
    never = {**row_of(next(make_facts(1))), "card": "never", "deleted": True}
    outcome = mart.upload(tmp_path, [*gone, never, *ROWS[3:]])
    assert outcome.packed.deletes == 3
    assert set(mart.rows) == {key_of(row, "sed1") for row in ROWS[3:]}
    assert mart.state.bodies[-1] == (
        "delete", "\n".join(("id", *(f'"{key_of(row, "sed1")}"' for row in gone))).encode()
    )  # fmt: skip


def test_a_wrong_row_comes_back_with_its_reason_and_the_others_go(mart, tmp_path):
    def refuses(request):
        if b'"sed1/list/7/1"' in request.body:
            return 7, "строка 9: нет такого статуса"
        return None

    mart.state.verdict = refuses
    outcome = mart.upload(tmp_path, ROWS)
    assert outcome.refused == 1
    assert set(mart.rows) == KEYS - {"sed1/list/7/1"}
    with Ledger(tmp_path / "ledger.db", "t/test") as ledger:
        assert [(one.key, one.reason) for one in ledger.refusals()] == [
            ("sed1/list/7/1", "строка 9: нет такого статуса")
        ]
    sent = len(mart.state.bodies)
    assert mart.upload(tmp_path, ROWS).packed.kept_back == 1  # in this very state it is not sent again
    assert len(mart.state.bodies) == sent
    mart.state.verdict = lambda _request: None
    mended = [{**row, "status": "Назначен исполнитель.", "fingerprint": row["fingerprint"] + "x"}
              if row["card"] == "7" else row for row in ROWS]  # fmt: skip
    assert mart.upload(tmp_path, mended).rows_done == 1
    with Ledger(tmp_path / "ledger.db", "t/test") as ledger:
        assert ledger.refusals() == []


def test_a_table_that_refuses_everything_is_not_asked_row_by_row(mart, tmp_path):
    mart.state.verdict = lambda _request: (7, "закрыто")
    outcome = mart.upload(tmp_path, ROWS, patience=Patience(poll=0, wait=30, wrong_rows=5))
    assert outcome.refused <= 6
    assert outcome.failed
    assert len(mart.state.bodies) < 40


def test_a_row_the_table_cannot_take_stays_here_with_its_reason(mart, tmp_path):
    wrong = {**ROWS[0], "region": "0" * 40, "fingerprint": "w"}
    outcome = mart.upload(tmp_path, [wrong, *ROWS[1:]])
    assert (outcome.packed.kept_back, outcome.rows_done) == (1, len(ROWS) - 1)
    with Ledger(tmp_path / "ledger.db", "t/test") as ledger:
        assert "region_oktmo" in ledger.refusals()[0].reason


@pytest.mark.parametrize("code", [4, 5])
def test_a_failed_or_forgotten_file_goes_again(mart, tmp_path, code):
    if code == 4:
        mart.state.verdict = lambda _request: (4, "сбой")
        assert mart.upload(tmp_path, ROWS).failed[0][1] == "сбой"
        mart.state.verdict = lambda _request: None
    else:
        count = itertools.count()

        def once(request):
            return (5, "") if next(count) == 0 else None

        mart.state.verdict = once
    mart.upload(tmp_path, ROWS)
    assert set(mart.rows) == KEYS


def test_code_6_is_on_the_way_and_no_failure(mart, tmp_path):
    seen = []

    class Watching:
        def __init__(self, client):
            self.client = client
            self.upload = client.upload

        def status(self, request_id):
            told = self.client.status(request_id)
            seen.append(int(told.code))
            return told

    assert mart.upload(tmp_path, ROWS, wire=Watching).failed == []
    assert seen == [-1, 0, 1, 2, 6, 3]


def test_the_bytes_in_flight_are_bounded(mart, tmp_path):
    mart.upload(tmp_path, rows_of(300), profile=small(max_bytes_in_flight=6000))
    assert len(mart.state.bodies) > 10
    assert mart.state.most_in_flight <= 6000


def test_a_mart_that_does_not_finish_is_left_to_the_next_run(mart, tmp_path):
    mart.state.hold = True
    outcome = mart.upload(tmp_path, ROWS, patience=Patience(poll=0, wait=0))
    assert (outcome.waiting, outcome.rows_done) == (1, 0)
    mart.state.hold = False
    assert mart.upload(tmp_path, ROWS).rows_done == len(ROWS)
    assert len(mart.state.bodies) == 1  # nothing was sent twice
    assert set(mart.rows) == KEYS


def test_a_file_removed_by_hand_is_written_again(mart, tmp_path):
    class Dying:
        def __init__(self, client):
            pass

        def upload(self, table, operation, path):
            raise RetryableError("away")

    with pytest.raises(RetryableError):
        mart.upload(tmp_path, ROWS, wire=Dying)
    for file in (tmp_path / "files").glob("*.csv"):
        file.unlink()
    mart.upload(tmp_path, ROWS)
    assert set(mart.rows) == KEYS


class Killed(BaseException):
    pass


@settings(max_examples=15, deadline=None)
@given(point=st.integers(0, 20), seed=st.integers(0, 1000))
def test_killed_at_any_point_and_run_again_the_mart_is_the_same(tmp_path_factory, point, seed):
    folder = tmp_path_factory.mktemp("killed")
    dice = random.Random(seed)
    steps = itertools.count()

    class Fragile:
        def __init__(self, client):
            self.client = client

        def upload(self, *arguments):
            before = dice.random() < 0.5
            if next(steps) == point and before:
                raise Killed
            taken = self.client.upload(*arguments)
            if next(steps) >= point and not before:
                raise Killed
            return taken

        def status(self, request_id):
            if next(steps) == point:
                raise Killed
            return self.client.status(request_id)

    with Mart() as mart:
        with contextlib.suppress(Killed):
            mart.upload(folder, FEW, profile=small(), wire=Fragile)
        changed = [
            {**row, "status": "Отправлен ответ заявителю", "fingerprint": row["fingerprint"] + "2"}
            for row in FEW
        ]
        mart.upload(folder, changed, profile=small())
        assert set(mart.rows) == {key_of(row, "sed1") for row in FEW}
        assert {row["status"] for row in mart.rows.values()} == {"Отправлен ответ заявителю"}


@pytest.mark.parametrize("proxy", [False, True])
def test_every_fault_at_once(tmp_path, proxy):
    kinds = [
        Fault.SLOW,
        Fault.ERROR,
        Fault.TOO_MANY,
        Fault.CUT_BEFORE,
        Fault.CUT_AFTER,
        Fault.EXPIRED_TOKEN,
        Fault.GARBAGE,
    ]
    plan = FaultPlan(kinds, seed=3, probability=0.15, max_in_row=2, pains=Pains(slow=0.01, retry_after=0))
    with Mart(password="тайна" if proxy else "", faults=plan) as mart:
        for _run in range(5):
            try:
                outcome = mart.upload(tmp_path, ROWS, profile=small(), attempts=8)
            except RetryableError:
                continue
            if not outcome.waiting:
                break
        assert set(mart.rows) == KEYS
        assert len(plan.struck()) >= 5


def test_a_token_that_is_refused_twice_is_renewed_twice(tmp_path):
    plan = FaultPlan([Fault.EXPIRED_TOKEN], probability=1.0, max_in_row=2)
    with Mart(password="тайна", faults=plan) as mart:
        mart.upload(tmp_path, ROWS, profile=small())
        assert set(mart.rows) == KEYS
        assert plan.struck()["expired_token"] >= 2


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_text_keeps_to_the_rules_of_the_file(category, status):
    row = {**ROWS[0], "category": "К" + category, "status": "С" + status, "key": "k"}
    head = ";".join(column.name for column in PROFILE.column)
    try:
        body = f"{head}\n{record(PROFILE.column, row, MOSCOW)}".encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair is no text
    told = read(table_of(), "upload", body)[0]
    assert told["category"] == CONTROL.sub("", "К" + category)
    assert told["status"] == CONTROL.sub("", "С" + status)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'id\n"1"\n', "line end"), (b"id\n1", "without quotes"), (b'id\n"1"\r\n"2"', "control"),
        (b"ID\n1", "header"), (b'id\n""', ""), (b'id\n"1"\n"1"', "second state"), (b"id\n\xff", "UTF-8"),
        (b"id", "no records"),
    ],
)  # fmt: skip
def test_the_stands_mart_is_strict(body, said):
    table = replace(table_of(), fields=table_of().fields[:1])
    if body == b'id\n""':
        assert read(table, "delete", body)  # a required text may be empty
        return
    with pytest.raises(BrokenFileError, match=said):
        read(table, "delete", body)


def test_wrong_password_names_what_to_check(tmp_path):
    with Mart(password="тайна") as mart:
        from config.secret import Secret

        with pytest.raises(AuthError, match="ОГРН") as caught:
            mart.upload(tmp_path, ROWS, password=Secret("другая"))
        assert "другая" not in str(caught.value)
