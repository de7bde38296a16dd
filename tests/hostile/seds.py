"""What SEDs tell over HTTP and in databases, field by field: the stand's answers, changed on their way."""

import json

from lxml import etree

from connector.appeal import EventKind
from connector.errors import ConnectorError
from connector.journal import codec
from connector.sed import CardQuery
from connector.sed.testing import DAY, Store, an_appeal, drain
from tests.connector.sed.directum_peer import StandDirectum
from tests.connector.sed.dms1c_peer import StandDms1c
from tests.connector.sed.elma365_peer import StandElma
from tests.connector.sed.mayan_peer import StandMayan
from tests.connector.sed.sql_peer import SqlPeer
from tests.hostile import builders as b
from tests.hostile.attacks import ARCHIVE, HTTP, NAMES, XML, Cell, Reader, lacking

STUCK = "stuck"  # every page of a list is its first one
_HALF = "Т\ud800-9"
_LAST_NIGHT = "9999-12-31T23:59:59Z"


class Tampering:
    """Changes the rows of one card on their way from a peer to the adapter."""

    def __init__(self, peer, mine):
        self._app, self._mine = peer._app, mine
        self._first = {}
        self.change = {}
        peer._app = self

    def __call__(self, environ, start_response):
        told = []
        body = b"".join(self._app(environ, lambda *status: told.append(status)))
        status, headers = told[0][:2]
        if self.change == STUCK:
            body = self._first.setdefault(
                environ["PATH_INFO"], body.replace(b'"next": null', b'"next": "on"')
            )
        elif self.change and body[:1] in (b"{", b"["):
            tree = json.loads(body)
            for row in _rows(tree):
                if self._mine(environ["PATH_INFO"], row) and self.change.keys() <= row.keys():
                    row.update(self.change)
            body = json.dumps(tree).encode()
        headers = [one for one in headers if one[0].lower() != "content-length"]
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]


def _rows(tree):
    if isinstance(tree, dict):
        yield tree
    for one in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _rows(one)


def handed(peer, sed):
    """Let a SED have two messages, both registered and answered: one is to be changed, one is good."""
    keys = []
    for number in range(2):
        appeal = an_appeal(platform_id=str(number))
        sed.register(appeal, (), Store().open)
        peer.received(appeal.key)
        peer.register(appeal.key, f"Т-{number}", DAY)
        peer.answer(appeal.key, "Ответ", {"a.txt": b"x"}, commanded=True, solved=True, number=f"О-{number}")
        keys.append(appeal.key)
    return keys


def heard(sed, keys):
    """Say what was told of the changed card; the good one must be told whole and can be stored."""
    try:
        events, cursor, notes = drain(sed)
        drain(sed, cursor)
        cards = list(sed.cards(CardQuery())) if sed.capabilities.cards else []
    except ConnectorError as error:
        return f"{type(error).__name__}: {error.sentence}"
    for event in events:
        codec.dump_event(event)
    good = {event.kind for event in events if event.key == keys[1]}
    assert {EventKind.REGISTERED, EventKind.ANSWER} <= good, (good, notes)
    assert not cards or "Т-1" in {card.ref.number for card in cards}, cards
    mine = [f"{event.kind} {event.number} {event.text}" for event in events if event.key == keys[0]]
    unread = [card.unread for card in cards if card.unread]
    return f"notes: {notes}; told: {mine}; unread: {unread}; {len(cards)} cards"


def _over_http(start, mine, **page):
    def run(folder, given):
        peer = start(folder).start()
        try:
            keys = handed(peer, peer.sed())
            way = Tampering(peer, lambda path, row: mine(path, row, keys[0]))
            said = {}
            for attack, way.change in given.items():
                sed = peer.with_settings(**page) if way.change == STUCK else peer.sed()
                said[attack] = heard(sed, keys)
            return said
        finally:
            peer.stop()

    return run


def _deep(depth=400):
    told = []
    for _level in range(depth):
        told = [told]
    return told


_ELSEWHERE = lacking(
    JSON_has_no_DTD=XML,
    nothing_is_unpacked=ARCHIVE,
    the_bytes_of_the_answer_are_tried_on_the_wire=(
        *(one for one in HTTP if one != "no-end"),
        "duplicate-keys",
    ),
    a_file_is_taken_by_its_id_and_its_name_is_cleaned_where_it_is_written=NAMES,
    downloads_are_bounded_in_each_adapters_own_tests=("ten-gigabytes",),
)
_SAME = "the same rows again and again"

ELMA = Reader(
    "rows of ELMA365",
    ("connector.sed.elma365",),
    _over_http(lambda _folder: StandElma(), lambda _path, row, key: row.get("pos_key") == key, page=1),
    {
        "invalid-date": Cell({"reg_date": _LAST_NIGHT}, "notes: .*not a time: 9999.*2 cards"),
        "huge-number": Cell({"__status": {"status": 10**400}}, "told: .*registered Т-0"),
        "nul-bytes": Cell({"answer_files": ["a\0b"], "reg_number": "Т\0"}, "told: .*Т.x00.*answer"),
        "wrong-encoding": Cell({"reg_number": _HALF, "pos_due": _HALF}, "notes: .*not a time: Т\ufffd-9"),
        "right-to-left-text": Cell({"answer_text": b.MIRROR}, "told: .*answer"),
        "formula": Cell({"reg_number": "=1+1"}, "registered =1.1"),
        "deep-nesting": Cell({"executor": _deep(), "__status": _deep()}, "told: .*registered Т-0"),
        "noise": Cell({"__status": 5, "__updatedAt": "вчера", "answer_files": "x"}, "notes: .*not a time"),
        "no-end": Cell(STUCK, _SAME),
    },
    _ELSEWHERE,
)
DIRECTUM = Reader(
    "rows of Directum",
    ("connector.sed.directum",),
    _over_http(
        lambda _folder: StandDirectum(),
        lambda _path, row, key: row.get("PosKey") == key or row.get("RegistrationNumber") == "О-0",
        page=1,
    ),
    {
        "invalid-date": Cell({"RegistrationDate": _LAST_NIGHT, "Modified": "0001-01-01T00:00:00Z"}, "told"),
        "huge-number": Cell({"Versions": [{"Id": 1, "Number": "9" * 5000}]}, "answer О-0"),
        "nul-bytes": Cell({"Subject": "до\0после"}, "answer О-0 до.x00после"),
        "wrong-encoding": Cell({"Subject": _HALF}, "answer О-0 Т\ufffd-9"),
        "right-to-left-text": Cell({"Subject": b.MIRROR}, "answer О-0"),
        "formula": Cell({"Subject": "=1+1"}, "answer О-0 =1.1"),
        "deep-nesting": Cell({"Versions": _deep()}, "answer О-0"),
        "noise": Cell({"Versions": [{"Id": "x"}, 5]}, "answer О-0"),
        "no-end": Cell(STUCK, _SAME),
    },
    _ELSEWHERE,
)
MAYAN = Reader(
    "entries of Mayan",
    ("connector.sed.mayan",),
    _over_http(StandMayan, lambda path, row, _key: "/documents/1/" in path and "datetime" in row),
    {
        "invalid-date": Cell({"datetime": _LAST_NIGHT.replace("Z", "-09:00")}, "not a time"),
        "huge-number": Cell({"extra_data": '{"number": ' + "9" * 5000 + "}"}, "not JSON"),
        "nul-bytes": Cell({"comment": "до\0после"}, "до.x00после"),
        "wrong-encoding": Cell({"comment": _HALF}, "Т\ufffd-9"),
        "right-to-left-text": Cell({"comment": b.MIRROR}, "told: .*registered"),
        "formula": Cell({"comment": "=1+1"}, "=1.1"),
        "deep-nesting": Cell({"extra_data": "[" * b.DEEP + "]" * b.DEEP}, "not JSON"),
        "noise": Cell({"transition": 5}, "notes: .*transition is not an object"),
        "no-end": Cell(STUCK, _SAME),
    },
    _ELSEWHERE,
)


# ---- 1С


def _objects(_folder, given):
    """Change the texts of one card's fields in the XML of 1С's answers."""
    with StandDms1c(wsdl="own") as peer:
        keys = handed(peer, peer.sed())
        answer, said = peer.server.app._answer, {}
        for attack, change in given.items():
            peer.server.app._answer = lambda request, change=change: _changed(answer(request), change)
            said[attack] = heard(peer.sed(attempts=1), keys)
        return said


def _changed(response, change):
    body = response.get_data()
    if body.startswith(b"<"):
        root = etree.fromstring(body)
        for one in root.iter("{*}objects", "{*}object"):
            text = "".join(one.itertext())
            if "pos:77:0:1" in text or "О-0" in text or "size" in change:  # a file does not say whose it is
                for name, value in change.items():
                    for element in one.iter(f"{{*}}{name}"):
                        element.text = value
        response.set_data(etree.tostring(root))
    return response


ONE_C = Reader(
    "objects of 1С",
    ("connector.sed.dms1c",),
    _objects,
    {
        "invalid-date": Cell(
            {"regDate": "2026-13-45T00:00:00", "modificationDate": "9999-12-31T23:59:59"}, "told: .*Т-0"
        ),
        "huge-number": Cell({"size": "9" * 5000}, "told: .*answer О-0"),
        "right-to-left-text": Cell({"regNumber": b.MIRROR}, "told: .*registered счёт"),
        "formula": Cell({"regNumber": "=1+1"}, "told: .*registered =1.1"),
        "noise": Cell({"regNumber": "", "type": "x"}, "notes"),
    },
    lacking(
        the_bytes_of_the_answer_are_tried_on_the_wire=(
            *XML,
            *HTTP,
            "deep-nesting",
            "wrong-encoding",
            "nul-bytes",
            "duplicate-keys",
            "ten-gigabytes",
        ),
        nothing_is_unpacked=ARCHIVE,
        a_file_is_taken_by_its_id_and_its_name_is_cleaned_where_it_is_written=NAMES,
    ),
)


# ---- a database of cards


def _database(folder, given):
    """Give a row of the SELECT hostile values; the good card beside it is read whole."""
    said = {}
    for attack, values in given.items():
        peer = SqlPeer(f"sqlite:///{folder}/{attack}.db")
        columns = ", ".join(("id", *values))
        marks = ", ".join("?" * (len(values) + 1))
        with peer.engine.begin() as connection:
            for number, told in (("к-0", tuple(values.values())), ("к-1", ("2026-03-01",) * len(values))):
                connection.exec_driver_sql(
                    "INSERT INTO rubric VALUES (?, '1', '0001', '', '', NULL)", (number,)
                )
                connection.exec_driver_sql(f"INSERT INTO card ({columns}) VALUES ({marks})", (number, *told))
            connection.exec_driver_sql("UPDATE card SET file = 'Обращения'")
        cards = {card.ref.id: card for card in peer.sed().cards(CardQuery(card_files=("Обращения",)))}
        peer.engine.dispose()
        assert len(cards) == 2, cards
        assert not cards["к-1"].unread, cards
        said[attack] = f"unread: {cards['к-0'].unread}; {str(cards['к-0'])[:500]!r}"
    return said


DATABASE = Reader(
    "a database of cards",
    ("connector.sed.sqlview",),
    _database,
    {
        "invalid-date": Cell({"received": "2026-13-45", "due": _LAST_NIGHT}, "unread: .*received_at.*13-45"),
        "huge-number": Cell({"due": 10**18, "received": 1e308}, "unread: .*due_at"),
        "nul-bytes": Cell({"reg_no": "Т\0-9"}, "Т.{1,2}x00-9"),
        "wrong-encoding": Cell({"reg_no": "Яма".encode("cp1251")}, "number='dfece0'"),
        "right-to-left-text": Cell({"reg_no": b.MIRROR}, "unread: {}"),
        "formula": Cell({"reg_no": "=1+1"}, "number='=1.1'"),
        "noise": Cell({"received": b.NOISE}, "unread: .*received_at"),
    },
    lacking(
        it_is_no_XML=(*XML, "deep-nesting"),
        nothing_is_unpacked=ARCHIVE,
        it_names_no_files=NAMES,
        there_is_no_HTTP=HTTP,
        a_SELECT_names_each_column_once=("duplicate-keys",),
        rows_are_streamed_and_a_card_is_held_at_a_time=("ten-gigabytes",),
    ),
)
SEDS = (ELMA, DIRECTUM, MAYAN, ONE_C, DATABASE)


def carried_away(peer, field, written):
    """Let a card bear a time of another century; say what is told of the good one's later news."""
    sed = peer.sed()
    keys = handed(peer, sed)
    way = Tampering(peer, lambda _path, row: keys[0] in (row.get("pos_key"), row.get("PosKey")))
    way.change = {field: written}
    cursor = drain(sed)[1]
    peer.refuse(keys[1], "39", "Отсутствуют данные об авторе")
    events, cursor, notes = drain(sed, cursor)
    assert drain(sed, cursor)[0] == []
    return {event.kind for event in events if event.key == keys[1]}, notes
