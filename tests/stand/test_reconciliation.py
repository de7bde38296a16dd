"""A whole run is reconciled from the stand's record; every planted defect is found and named."""

import pytest

from stand import ledger as record
from stand.ledger import Ledger
from stand.reconciliation import reconcile
from stand.running import Stand
from tests.stand.toy import ToyRelay


def run(tmp_path, spoil=None, *, messages=40, faults="none", done=Stand.settled):
    with Stand(tmp_path, messages=messages, seed=5, faults=faults, fsync=False) as stand:
        ToyRelay(stand, spoil=spoil).run(done)
        return stand, stand.reconcile()


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """An honest run: the record on disk and its count."""
    folder = tmp_path_factory.mktemp("good")
    _stand, count = run(folder)
    return folder / "ledger.jsonl", count


def test_an_honest_run_is_exact_and_counts_every_kind(good):
    _path, count = good
    assert count.exact, count.as_json()
    assert not count.pending
    assert count.offered == count.received
    assert count.offered > 40  # rework opened more rounds
    assert count.registered + count.refused == count.offered
    assert count.answered + count.refused + count.redirected == count.offered
    assert min(count.interim, count.answered, count.refused, count.redirected, count.postponed) > 0


def entries(path):
    return list(record.read(path))


def test_the_record_on_disk_says_the_same(good):
    path, count = good
    assert reconcile(entries(path)) == count


def without(found, what, **detail):
    """The record without the first such entry, and that entry."""
    match = next(
        one for one in found if one.what == what and all(one.detail.get(k) == v for k, v in detail.items())
    )
    return [one for one in found if one is not match], match


def test_a_lost_message_is_found_unless_it_is_parked(good):
    left, gone = without(entries(good[0]), "arrived")
    name = f"{gone.message}/{gone.round}"
    assert name in reconcile(left).lost
    for spelling in (name, str(gone.message), f"pos:9001:{gone.message}:{gone.round}"):
        count = reconcile(left, [spelling])
        assert name not in count.lost
        assert name in count.parked


def test_a_lost_reply_is_found(good):
    left, gone = without(entries(good[0]), "replied", kind="interim.assigned")
    assert [one.rpartition("#")[0] for one in reconcile(left).lost] == [f"{gone.message}/{gone.round}"]


def test_a_doubled_reply_is_found(good):
    found = entries(good[0])
    _left, one = without(found, "replied", kind="interim.registered")
    assert reconcile([*found, one]).doubled == (f"{one.message}/{one.round}: interim.registered",)


def test_a_doubled_registration_is_found(good):
    found = entries(good[0])
    _left, one = without(found, "registered")
    assert reconcile([*found, one]).doubled == (f"{one.message}/{one.round}",)


def test_disorder_is_found(good):
    found = entries(good[0])
    late = next(one for one in found if one.what == "replied" and one.detail["kind"] == "interim.assigned")
    early = next(
        one for one in found
        if one.what == "replied" and (one.message, one.round) == (late.message, late.round)
    )  # fmt: skip
    swap = {late.n: early.n, early.n: late.n}
    moved = [record.Entry(swap.get(e.n, e.n), e.at, e.what, e.message, e.round, e.detail) for e in found]
    assert [one.rpartition("#")[0] for one in reconcile(moved).out_of_order] == [
        f"{late.message}/{late.round}"
    ]


def changed(found, what, **detail):
    match = next(one for one in found if one.what == what and one.detail["files"])
    new = record.Entry(match.n, match.at, what, match.message, match.round, {**match.detail, **detail})
    return [new if one is match else one for one in found], match


@pytest.mark.parametrize(
    ("what", "detail"),
    [("replied", {"files": ["0" * 64]}), ("arrived", {"files": []}), ("arrived", {"text": False})],
)
def test_a_changed_file_or_text_is_found(good, what, detail):
    spoilt, match = changed(entries(good[0]), what, **detail)
    count = reconcile(spoilt)
    assert len(count.wrong) == 1
    assert count.wrong[0].startswith(f"{match.message}/{match.round}")


def test_a_leaked_draft_and_a_wrong_result_are_found(good):
    found = entries(good[0])
    answer = next(one for one in found if one.what == "replied" and one.detail["kind"] == "solved")
    early = record.Entry(1, answer.at, "replied", answer.message, answer.round, answer.detail)
    assert "before the clerk decided" in reconcile([early if e is answer else e for e in found]).wrong[0]
    told = record.Entry(
        answer.n, answer.at, "replied", answer.message, answer.round, {**answer.detail, "kind": "not_solved"}
    )
    assert "instead of" in reconcile([told if e is answer else e for e in found]).wrong[0]


def drop_first(step):
    dropped = []

    def spoil(what, message, value):
        if what == step and not dropped:
            dropped.append(message["id"])
            return None if what == "register" else []
        return value

    return spoil, dropped


@pytest.mark.parametrize("step", ["register", "reply"])
def test_a_relay_that_forgets_is_caught(tmp_path, step):
    spoil, dropped = drop_first(step)

    def only_that_is_left(stand):  # with one forgotten the stand never settles
        count = stand.reconcile()
        left = {int(name.partition("/")[0]) for name in (*count.lost, *count.pending)}
        return count.offered >= 6 and len(count.lost) == 1 and left == set(dropped)

    _stand, count = run(tmp_path, spoil, messages=6, done=only_that_is_left)
    assert [name.partition("/")[0] for name in count.lost] == [str(dropped[0])]


@pytest.mark.parametrize(
    ("step", "found"), [("register twice", "doubled"), ("reply", "doubled"), ("file", "wrong")]
)
def test_a_relay_that_repeats_or_changes_is_caught(tmp_path, step, found):
    spoilt = set()

    def spoil(what, message, value):
        if what != step or (step == "reply" and value[0].get("answer")):
            return value
        spoilt.add(message["id"])
        return {"register twice": True, "reply": value * 2, "file": b"other"}[step]

    _stand, count = run(tmp_path, spoil, messages=12)
    assert spoilt
    assert {int(name.partition("/")[0]) for name in getattr(count, found)} == spoilt


def test_the_record_survives_on_disk_and_names_a_broken_line(tmp_path):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.note("offered", 1, 1, files=[])
    ledger.close()
    assert [one.what for one in record.read(path)] == ["offered"]
    path.write_text(path.read_text() + "{broken\n")
    with pytest.raises(ValueError, match="line 2"):
        list(record.read(path))
