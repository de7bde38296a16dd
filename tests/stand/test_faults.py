"""Faults: seeded and repeatable, bounded, and each of them as a client meets it on the wire."""

import random
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stand.faults import Fault, FaultPlan, Pains, parse_kinds
from stand.running import Stand
from tests.stand.toy import ToyRelay
from tests.stand.wire import open_client

CALLS = [f"POST /appeal-service/edms/{n}" for n in range(40)] * 3


def strikes(seed, calls):
    plan = FaultPlan(Fault, seed=seed, probability=0.3)
    return sorted((call, str(plan.pick(call, Fault))) for call in calls)


def test_the_same_seed_strikes_the_same_calls_in_whatever_order_they_come():
    shuffled = random.Random(1).sample(CALLS, k=len(CALLS))
    assert strikes(7, CALLS) == strikes(7, shuffled)
    assert strikes(7, CALLS) != strikes(8, CALLS)


@given(st.integers(), st.integers(1, 4))
def test_no_call_is_struck_more_often_in_a_row_than_allowed(seed, most):
    plan = FaultPlan(Fault, seed=seed, probability=1.0, max_in_row=most)
    struck = [plan.pick("one", [Fault.ERROR]) for _n in range(3 * (most + 1))]
    assert struck == ([Fault.ERROR] * most + [None]) * 3


def test_a_plan_without_kinds_never_strikes():
    plan = FaultPlan()
    assert [plan.pick(call, Fault) for call in CALLS] == [None] * len(CALLS)
    assert plan.struck() == {}


def test_kinds_are_read_from_a_command_line():
    assert parse_kinds("all") == frozenset(Fault)
    assert parse_kinds("none") == parse_kinds("") == frozenset()
    assert parse_kinds("slow, cut_after") == {Fault.SLOW, Fault.CUT_AFTER}
    with pytest.raises(ValueError, match="slwo"):
        parse_kinds("slwo")


def struck_stand(tmp_path, kind, **settings):
    plan = FaultPlan([kind], probability=1.0, max_in_row=1, pains=Pains(slow=0.05, retry_after=2))
    return Stand(tmp_path, cabinets=1, messages=3, faults=plan, fsync=False, **settings)


@contextmanager
def logged_in(stand):
    """A client whose token call itself may have been struck once."""
    with ExitStack() as stack:
        try:
            client = stack.enter_context(open_client(stand))
        except (httpx.HTTPError, ValueError, KeyError):
            client = stack.enter_context(open_client(stand))
        yield client


@pytest.mark.parametrize(
    ("kind", "status"),
    [(Fault.ERROR, (500, 502, 503)), (Fault.TOO_MANY, (429,)), (Fault.EXPIRED_TOKEN, (401,))],
)
def test_an_error_comes_once_with_the_platforms_words(tmp_path, kind, status):
    with struck_stand(tmp_path, kind) as stand, logged_in(stand) as client:
        first = client.get("/appeal-service/edms")
        assert first.status_code in status
        assert first.json()["messages"]
        assert (first.headers.get("Retry-After") == "2") == (kind is Fault.TOO_MANY)
        if kind is Fault.EXPIRED_TOKEN:
            assert client.get("/appeal-service/edms").status_code == 401  # the token is gone for good
        else:
            assert client.get("/appeal-service/edms").status_code == 200
        assert stand.faults.struck()[kind] >= 1


@pytest.mark.parametrize(("kind", "accepted"), [(Fault.CUT_BEFORE, 0), (Fault.CUT_AFTER, 1)])
def test_a_cut_connection_did_all_or_nothing(tmp_path, kind, accepted):
    with struck_stand(tmp_path, kind) as stand, logged_in(stand) as client:
        message_id = stand.platform.items()[0].message.id
        with pytest.raises(httpx.TransportError):
            client.post(f"/appeal-service/edms/{message_id}/mark-accepted")
        assert stand.reconcile().received == accepted
        client.post(f"/appeal-service/edms/{message_id}/mark-accepted").raise_for_status()
        assert stand.reconcile().received == 1


def test_a_download_is_cut_in_the_middle(tmp_path):
    with struck_stand(tmp_path, Fault.CUT_AFTER) as stand, logged_in(stand) as client:
        file_id = next(key for item in stand.platform.items() for key, _s in item.message.files)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"/file-storage-service/filestorage/{file_id}")
        assert client.get(f"/file-storage-service/filestorage/{file_id}").status_code == 200


def test_garbage_is_no_json_and_a_listing_repeats_a_message(tmp_path):
    with struck_stand(tmp_path / "a", Fault.GARBAGE) as stand, logged_in(stand) as client:
        body = client.get("/appeal-service/edms").text
        assert body != client.get("/appeal-service/edms").text
    with struck_stand(tmp_path / "b", Fault.DUPLICATE_LISTING) as stand, logged_in(stand) as client:
        ids = [one["id"] for one in client.get("/appeal-service/edms").json()["content"]]
        assert len(ids) == len(set(ids)) + 1


def run(tmp_path, *kinds):
    plan = FaultPlan(kinds, probability=0.3, seed=2)
    with Stand(tmp_path, messages=20, seed=2, faults=plan, fsync=False) as stand:
        ToyRelay(stand, spoil=once_per_listing()).run()
        assert stand.faults.struck().keys() == {str(kind) for kind in kinds}
        return stand.reconcile()


def test_a_run_with_harmless_faults_is_exact(tmp_path):
    count = run(tmp_path, Fault.STRAY_FILE, Fault.DUPLICATE_LISTING)
    assert count.exact, count.as_json()


@pytest.mark.parametrize("kind", [Fault.ACCUMULATED_REPORT, Fault.DUPLICATE_REPORT])
def test_a_relay_that_takes_a_repeated_report_for_news_is_caught(tmp_path, kind):
    count = run(tmp_path, kind)
    assert count.doubled
    assert not count.lost


def once_per_listing():
    seen = set()

    def spoil(what, message, value):
        if what != "register":
            return value
        key = (message["id"], message.get("rework", {}).get("number", 1))
        repeated = key in seen
        seen.add(key)
        return None if repeated else value

    return spoil
