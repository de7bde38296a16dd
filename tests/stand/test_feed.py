"""Feeds: the real sample, and every oddity a cell can hold."""

import csv
import json
from collections import Counter
from datetime import date

import pytest

from stand.columns import ColumnMapError, load_map
from stand.feed import FeedError, open_feed, write_oddities
from stand.generator import make_cabinets
from stand.words import DecisionKind

CABINETS = make_cabinets(2)
NOTHING = dict.fromkeys(load_map("nyc311").columns(), "")
GOOD = NOTHING | {
    "Unique Key": "7",
    "Created Date": "01/10/2019 10:00:00 AM",
    "Closed Date": "01/12/2019 10:00:00 AM",
    "Due Date": "01/11/2019 10:00:00 AM",
    "Complaint Type": "Noise",
    "Descriptor": "Music",
    "Status": "Closed",
    "Resolution Description": "The crew fixed it.",
    "Borough": "QUEENS",
    "Latitude": "40.5",
    "Longitude": "-73.5",
    "Agency Name": "Sanitation",
}


def read(tmp_path, *rows):
    path = tmp_path / "feed.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(NOTHING))
        writer.writeheader()
        writer.writerows({**GOOD, **row} for row in rows)
    feed = open_feed(path, "nyc311", CABINETS)
    return feed, list(feed.cases())


def kinds(case):
    return [decision.kind.value for decision in case.rounds[0].decisions]


def test_a_row_becomes_a_message_in_utc_and_a_late_one_is_prolonged_before_its_answer(tmp_path):
    feed, (case,) = read(tmp_path, {})
    wire = json.loads(case.message.wire)
    assert wire["createdAt"] == "2019-01-10T15:00:00Z"
    assert wire["answerAt"] == "2019-01-11T15:00:00Z"
    assert (wire["subjectName"], wire["subsubjectName"]) == ("Noise", "Music")
    assert wire["coordinates"] == "40.5,-73.5"
    assert kinds(case) == ["register", "assign", "prolong", "answer"]
    prolong, answer = case.rounds[0].decisions[2:]
    assert prolong.deadline == date(2019, 1, 12)
    assert (answer.text, answer.solved) == ("The crew fixed it.", True)
    assert not feed.oddities


@pytest.mark.parametrize(
    ("cells", "steps"),
    [
        ({"Due Date": ""}, ["register", "answer"]),
        ({"Status": "Open", "Closed Date": ""}, ["register"]),
        ({"Status": "Pending", "Closed Date": ""}, ["register", "assign"]),
        ({"Resolution Description": "This is a duplicate of a request."}, ["refuse"]),
        ({"Resolution Description": "It does not fall under our care."}, ["register", "redirect"]),
    ],
)
def test_status_and_resolution_decide(tmp_path, cells, steps):
    feed, (case,) = read(tmp_path, cells)
    assert kinds(case) == steps
    assert not feed.oddities


@pytest.mark.parametrize(
    ("cells", "column", "steps"),
    [
        ({"Closed Date": "01/01/2019 10:00:00 AM"}, "Closed Date", ["register", "answer"]),
        ({"Closed Date": "soon"}, "Closed Date", ["register", "answer"]),
        ({"Resolution Description": ""}, "Resolution Description", ["register", "assign"]),
        ({"Due Date": "01/01/2019 10:00:00 AM"}, "Due Date", ["register", "answer"]),
        ({"Status": "Lost"}, "Status", ["register"]),
        ({"Latitude": "north"}, "Latitude", ["register", "assign", "prolong", "answer"]),
        ({"Latitude": "95"}, "Latitude", ["register", "assign", "prolong", "answer"]),
        ({"Latitude": "nan"}, "Latitude", ["register", "assign", "prolong", "answer"]),
        ({"Descriptor": "N/A"}, "Descriptor", ["register", "assign", "prolong", "answer"]),
        ({"Created Date": "03/10/2019 02:30:00 AM", "Due Date": "", "Closed Date": "03/11/2019 02:30:00 AM"},
         "Created Date", ["register", "answer"]),
    ],
)  # fmt: skip
def test_an_odd_cell_is_reported_and_the_row_goes_on(tmp_path, cells, column, steps):
    feed, (case,) = read(tmp_path, cells)
    assert kinds(case) == steps
    assert column in {one.column for one in feed.oddities}
    assert {one.row for one in feed.oddities} == {2}


def test_a_row_without_id_or_date_makes_no_message_and_the_next_one_does(tmp_path):
    rows = [{"Unique Key": "x1"}, {"Created Date": ""}, {"Unique Key": "8"}, {"Unique Key": "8"}]
    feed, cases = read(tmp_path, *rows)
    assert [case.message.id for case in cases] == [8]
    assert [one.row for one in feed.oddities] == [2, 3, 5]


def test_cabinets_take_the_values_of_their_column_in_turn(tmp_path):
    rows = [{"Unique Key": str(n), "Borough": name} for n, name in enumerate("ABCAB", start=1)]
    _feed, cases = read(tmp_path, *rows)
    first, second = (cabinet.opa_id for cabinet in CABINETS)
    assert [case.message.opa_id for case in cases] == [first, second, first, first, second]


def test_the_report_of_oddities_is_no_formula(tmp_path):
    feed, _cases = read(tmp_path, {"Latitude": "=1+1"})
    write_oddities(feed.oddities, tmp_path / "odd.csv")
    text = (tmp_path / "odd.csv").read_text(encoding="utf-8-sig")
    assert "Latitude" in text
    assert "=1" not in text


def test_a_file_without_the_columns_and_a_wrong_map_say_so(tmp_path):
    path = tmp_path / "feed.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FeedError, match="Unique Key"):
        list(open_feed(path, "nyc311", CABINETS).cases())
    with pytest.raises(FeedError, match=r"nothing\.csv"):
        list(open_feed(tmp_path / "nothing.csv", "nyc311", CABINETS).cases())
    with pytest.raises(ColumnMapError, match="unheard-of"):
        load_map("unheard-of")
    own = tmp_path / "map.toml"
    own.write_text('[source]\nname = "x"\ntime_zone = "Mars/Base"\ndate_formats = ["%Y"]\ncolour = 1\n')
    with pytest.raises(ColumnMapError, match=r"source\.colour") as told:
        load_map(str(own))
    assert "Mars/Base" in str(told.value)


def test_the_real_sample_is_read_to_the_end(shared_data):
    path = shared_data / "real311" / "nyc311_2019_sample.csv"
    feed = open_feed(path, "nyc311", CABINETS)
    cases = list(feed.cases())
    assert len(cases) == 1000
    last = Counter(case.rounds[0].decisions[-1].kind for case in cases)
    assert last[DecisionKind.ANSWER] > 800
    assert min(last[DecisionKind.REFUSE], last[DecisionKind.REDIRECT], last[DecisionKind.REGISTER]) > 0
    reported = Counter(one.what for one in feed.oddities)
    assert reported["closed before it was created"] == 10
    assert reported["closed without a resolution: there is nothing to answer with"] == 62
