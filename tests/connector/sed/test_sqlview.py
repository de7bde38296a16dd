"""Cards by SELECTs: wrong settings, the look at the schema, rights, odd values, memory, outcomes."""

import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.i18n import speaking
from connector.appeal import CardRef, RubricValue
from connector.errors import AuthError, OutcomeUnknownError, PermanentError, RetryableError
from connector.sed import CardQuery
from connector.sed.registry import build
from connector.sed.sqlview import client
from connector.sed.sqlview.statement import parameters, problem
from connector.sed.sqlview.translate import Layout
from connector.sed.sqlview.values import ValueProblemError, as_moment, as_text
from connector.sed.testing import CODE, NOON, STATUS, a_card
from tests.connector.sed.sql_peer import CARDS, SqlPeer

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture(autouse=True)
def english():
    with speaking("en"):
        yield


@pytest.fixture
def peer(tmp_path):
    with closing(SqlPeer(f"sqlite:///{tmp_path}/sed.db")) as peer:
        yield peer


@pytest.fixture
def two_roles(postgres_url):
    """PostgreSQL with an account that reads a view and one that may only call a procedure."""
    with closing(SqlPeer(postgres_url)) as peer:
        peer.run(
            "DROP ROLE IF EXISTS sedlink_reads", "DROP ROLE IF EXISTS sedlink_writes",
            "CREATE ROLE sedlink_reads LOGIN", "CREATE ROLE sedlink_writes LOGIN",
            "GRANT SELECT ON card, rubric TO sedlink_reads",
            "CREATE PROCEDURE set_pos(c text, q text, p text) SECURITY DEFINER LANGUAGE plpgsql AS $$ "
            "BEGIN UPDATE rubric SET pos = p WHERE card_id = c AND ord = q; "
            "IF NOT FOUND THEN RAISE EXCEPTION 'no such rubric'; END IF; END $$",
            "REVOKE EXECUTE ON PROCEDURE set_pos FROM PUBLIC",
            "GRANT EXECUTE ON PROCEDURE set_pos TO sedlink_writes",
        )  # fmt: skip
        reads = postgres_url.replace("postgres@", "sedlink_reads@")
        writes = postgres_url.replace("postgres@", "sedlink_writes@")
        peer.section |= {
            "url": reads,
            "annotate": {"url": writes, "sql": ["CALL set_pos(:card, :question, :platform_status)"]},
        }
        yield peer
        peer.run("DROP OWNED BY sedlink_reads, sedlink_writes", "DROP ROLE sedlink_reads, sedlink_writes")


def findings(sed):
    return {(one.what, one.ok): one.sentence for one in sed.check().findings}


# -- settings


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cards": "DELETE FROM card"}, "cards: must be a SELECT"),
        ({"cards": "SELECT 1; DROP TABLE card"}, "cards: give one statement"),
        ({"cards": "-- только примечание"}, "cards: is empty"),
        ({"cards": "SELECT :day"}, "cards: there is no parameter :day"),
        ({"card_files": "SELECT :from"}, "card_files: there is no parameter :from"),
        ({"url": "postgresql://u:secret@db.example.org/x"}, "url: leave the password out"),
        ({"url": "не адрес"}, "url: is no database address"),
        ({"annotate": {"sql": []}}, "annotate.sql: give at least one"),
        ({"annotate": {"sql": ["UPDATE card SET to_mart = :mart"]}}, "must say which card is meant"),
        ({"annotate": {"sql": ["UPDATE card SET x = :status WHERE id = :card"]}}, "no parameter :status"),
        ({"cards_sql": "SELECT 1"}, "unknown key; did you mean cards?"),
        ({"cursor": "rowversion"}, "cursor"),
        ({"password": "тайна"}, "password"),
    ],
)
def test_wrong_settings_are_named(peer, changes, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")) as told:
        peer.sed(**changes)
    assert "secret@" not in str(told.value)
    assert "тайна" not in str(told.value)


def test_parameters_are_told_from_texts_casts_and_remarks():
    sql = """SELECT '12:30 :no', x::date, " :b", 'it''s :n' -- don't :remark
        FROM t /* :other ' */ WHERE d >= :from AND '--' <> :cursor;"""
    assert parameters(sql) == {"from", "cursor"}
    assert problem(sql, frozenset({"from", "cursor"}), reads=True) == ""


# -- the look at the schema


def test_a_missing_column_is_named_with_what_may_be_meant(peer):
    said = findings(peer.sed(cards="SELECT id AS card_no, 'x' AS question, 'c' AS code FROM card"))
    assert said["cards", False] in {
        "there is no column received_at; there are: card_no, question, code",
        "there is no column card; write: card_no AS card",
    }
    with pytest.raises(PermanentError, match="card_no AS card"):
        list(peer.sed(cards="SELECT id AS card_no, 1 AS question, 'c' AS code FROM card").cards(CardQuery()))


def test_a_wrong_type_is_named_with_its_row(peer):
    peer.keep(a_card("1"), a_card("2"))
    peer.run("UPDATE card SET due = 'вчера' WHERE id = '2'")
    said = findings(peer.sed())
    assert said["cards.due_at", False] == "row 2: «вчера» is no date"


def test_an_empty_view_says_that_types_are_not_known(peer):
    assert findings(peer.sed())["cards", True] == "no row to try: types are not known"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"cards": "SELECT * FROM nowhere"}, "cards"),
        ({"card_files": "SELECT name FROM nowhere"}, "card_files"),
        ({"annotate": {"sql": ["UPDATE nowhere SET x = :mart WHERE id = :card"]}}, "annotate"),
        ({"url": "sqlite:////nowhere/at/all.db"}, "cards"),
    ],
)
def test_check_never_raises_and_names_the_statement(peer, changes, what):
    assert any(name == what and not ok for name, ok in findings(peer.sed(**changes)))


def test_a_file_that_is_not_there_is_not_created(peer, tmp_path):
    sed = peer.sed(url=f"sqlite:///{tmp_path}/no.db")
    with pytest.raises(AuthError, match="unable to open"):
        list(sed.cards(CardQuery()))
    assert not (tmp_path / "no.db").exists()


def test_relative_files_are_relative_to_the_settings(tmp_path):
    with closing(SqlPeer(f"sqlite:///{tmp_path}/sed.db")) as peer:
        peer.keep(a_card("1"))
    sed = build("sqlview", {"url": "sqlite:///sed.db", "cards": CARDS, "card_files": ["К1"]}, tmp_path)
    assert [card.ref.id for card in sed.cards(CardQuery())] == ["1"]


# -- rights


def test_reading_cannot_write(postgres_url):
    counting = "SELECT nextval('n') AS card, 1 AS question, '' AS code, NULL AS received_at"
    with closing(SqlPeer(postgres_url)) as peer:
        peer.run("CREATE SEQUENCE n")
        with pytest.raises(PermanentError, match="read-only transaction"):
            list(peer.sed(cards=counting).cards(CardQuery()))


def test_two_accounts_one_reads_one_calls_a_procedure(two_roles):
    two_roles.keep(a_card("1"))
    sed = two_roles.sed()
    assert sed.check().ok, findings(sed)
    [card] = sed.cards(CardQuery())
    sed.annotate(card.ref, card.questions[0], {STATUS: "Назначен исполнитель"})
    assert two_roles.written("1", "1")[STATUS] == "Назначен исполнитель"
    with pytest.raises(PermanentError, match="no such rubric"):
        sed.annotate(CardRef("9"), card.questions[0], {STATUS: "x"})


def test_an_account_without_rights_is_told_before_anything_is_written(two_roles):
    own = {"sql": ["UPDATE rubric SET pos = :platform_status WHERE card_id = :card AND ord = :question"]}
    sed = two_roles.sed(annotate=own)  # by the account that reads
    assert "permission denied" in findings(sed)["annotate", False]
    two_roles.run("REVOKE SELECT ON card FROM sedlink_reads")
    with pytest.raises(AuthError, match="permission denied") as told:
        list(sed.cards(CardQuery(("К1",))))
    assert told.value.code == "statement"


def test_a_database_that_is_away_is_tried_later(tmp_path):
    section = {"url": f"postgresql://u@/x?host={tmp_path}", "cards": "SELECT 1"}
    with pytest.raises(RetryableError, match="is not reached"):
        list(build("sqlview", section, tmp_path).cards(CardQuery()))


def test_a_user_that_is_not_known_stops_the_channel(postgres_url, tmp_path):
    url = postgres_url.replace("postgres@", "nobody_at_all@")
    with pytest.raises((AuthError, RetryableError), match="nobody_at_all"):
        list(build("sqlview", {"url": url, "cards": "SELECT 1"}, tmp_path).cards(CardQuery()))


# -- writing back


def test_a_statement_that_would_change_several_rows_changes_none(peer):
    peer.keep(a_card("1", CODE, CODE))
    loose = {"sql": ["UPDATE rubric SET pos = :platform_status WHERE card_id = :card"]}
    with pytest.raises(PermanentError, match="would change 2 rows"):
        peer.sed(annotate=loose).annotate(CardRef("1"), RubricValue("1", CODE), {STATUS: "x"})
    assert peer.written("1", "1")[STATUS] == ""


def test_a_broken_commit_is_an_unknown_outcome(peer, monkeypatch):
    from sqlalchemy.exc import OperationalError

    peer.keep(a_card("1"))
    sed = peer.sed()

    def broken(connection):
        raise OperationalError("COMMIT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(client.Connection, "commit", broken)
    with pytest.raises(OutcomeUnknownError, match="look before it is repeated"):
        sed.annotate(CardRef("1"), RubricValue("1", CODE), {STATUS: "x"})


# -- values


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-03-02 15:00:00", NOON),
        ("2026-03-02T12:00:00+00:00", NOON),
        ("02.03.2026 15:00", NOON),
        (datetime(2026, 3, 2, 15), NOON),  # noqa: DTZ001 - as drivers give a local time
        (NOON, NOON),
        ("02.03.2026", datetime(2026, 3, 1, 21, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("0001-01-01", None),
        (datetime(1753, 1, 1), None),  # noqa: DTZ001 - the same
    ],
)
def test_dates_of_every_database(value, moment):
    assert as_moment(value, MOSCOW) == moment


def test_a_day_that_is_due_ends_with_it():
    assert as_moment("2026-03-02", MOSCOW, end_of_day=True) == datetime(2026, 3, 2, 20, 59, 59, tzinfo=UTC)


@given(
    st.one_of(st.text(), st.integers(), st.floats(), st.binary(), st.dates(), st.datetimes(), st.booleans())
)
def test_no_value_breaks_the_reader(value):
    assert isinstance(as_text(value), str)
    try:
        moment = as_moment(value, MOSCOW)
    except ValueProblemError:
        return
    assert moment is None or moment.tzinfo is UTC


@given(st.lists(st.tuples(st.sampled_from("абв"), st.integers(0, 3)), max_size=30))
def test_no_row_is_lost_in_grouping(rows):
    layout = Layout.of(("CARD", "QUESTION", "CODE", "RECEIVED_AT"), MOSCOW)
    cards = list(layout.cards([(card, question, CODE, None) for card, question in rows]))
    told = [(card.ref.id, question.id) for card in cards for question in card.questions]
    assert told == [(card, str(question)) for card, question in rows]
    assert all(one.ref.id != other.ref.id for one, other in pairwise(cards))


def test_an_odd_value_is_kept_by_its_column_and_the_rest_goes_on(peer):
    peer.keep(a_card("1"), a_card("2"))
    peer.run("UPDATE card SET answered = 'скоро' WHERE id = '1'")
    first, second = peer.sed().cards(CardQuery(("К1",)))
    assert (first.unread, first.answered_at) == ({"answered_at": "скоро"}, None)
    assert second.unread == {}


def test_memory_stays_flat(tmp_path):
    with closing(SqlPeer(f"sqlite:///{tmp_path}/sed.db")) as peer:
        many = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
            "SELECT i AS card, 1 AS question, '0005.0005' AS code, '2026-03-02' AS received_at FROM n"
        )

        def peak(count):
            tracemalloc.start()
            assert sum(1 for _card in peer.sed(cards=many.format(count)).cards(CardQuery())) == count
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return found

        peak(2_000)
        assert peak(6_000) < peak(1_000) + 200_000


def test_a_reading_that_is_given_up_lets_go_of_the_database(peer):
    peer.keep(a_card("1"), a_card("2"))
    reading = peer.sed().cards(CardQuery())
    next(reading)
    reading.close()
    peer.keep(a_card("3"))


def test_the_address_of_another_engine_says_which_driver_is_missing(peer):
    with pytest.raises(AuthError, match=r"(?i)oracle"):
        list(peer.sed(url="oracle://u@db.example.org/x", annotate=None).cards(CardQuery()))
