"""The stand's Directum refuses what the real Integration Service refuses (sed.md 4)."""

import base64

import httpx
import pytest

from stand.directum.clerk import PASSWORD, USER, Directum
from stand.directum.model import SETS
from stand.directum.query import QueryError, read_query
from stand.ledger import Ledger
from tests.connector.sed.stand_peer import AnyPlan

CARD = {"Name": "Имя", "Subject": "Тема", "RequestDate": "2024-03-01T00:00:00Z", "FullName": "Примеров П."}


@pytest.fixture
def directum():
    directum = Directum(plans=AnyPlan(), ledger=Ledger())
    directum.http.start()
    yield directum
    directum.http.stop()


@pytest.fixture
def client(directum):
    with httpx.Client(base_url=f"{directum.url}/", auth=(USER, PASSWORD)) as client:
        yield client


def status(client, method, path, **options):
    return client.request(method, path, **options).status_code


def test_a_stranger_is_refused(directum):
    assert httpx.get(f"{directum.url}/IRequests?$filter=Id%20gt%200", auth=("x", "y")).status_code == 401
    assert httpx.get(f"{directum.url}/$metadata").status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        "",
        "$top=1",
        "$filter=Id+gt+0",
        "$filter=Id%20gt%200&$skip=5",
        "$filter=Id%20gt%200&$count=true",
        "$filter=Id%20gt",
        "$filter=Nothing%20eq%201",
        "$filter=Id%20gt%200&$expand=Nothing",
        "$filter=Id%20gt%200&$select=Nothing",
        "$filter=Id%20gt%200&$top=many",
        "$filter=Id%20like%20'x'",
        "$filter=(Id%20gt%200",
        "$filter=Name%20eq%20'a",
    ],
)
def test_a_list_is_asked_for_properly(directum, client, query):
    directum.store.create("IRequests", CARD)
    assert status(client, "GET", f"IRequests?{query}") == 400


def test_filters_select_what_they_say(directum, client):
    for name in ("а'б", "в"):
        directum.store.create("IRequests", {**CARD, "Name": name})
    where = "startswith(Name,'а') and Name eq 'а''б' and (Id gt 0 or Id eq 5)"
    where += " and RequestDate ge 2024-01-01T00:00:00Z"
    address = "IRequests?$filter=" + where.replace(" ", "%20")
    assert [row["Name"] for row in client.get(address).json()["value"]] == ["а'б"]


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (CARD, {"Content-Type": "text/plain"}, 415),
        (CARD, {"Accept": "text/html"}, 406),
        ({**CARD, "Nothing": 1}, {}, 400),
        ({**CARD, "Id": 5}, {}, 400),
        ({**CARD, "Name": "x" * 251}, {}, 400),
        ({**CARD, "Name": 5}, {}, 400),
        ({**CARD, "RequestDate": "вчера"}, {}, 400),
        ({**CARD, "LifeCycleState": "Черновик"}, {}, 400),
        ({**CARD, "Assignee": {"Id": 999_999}}, {}, 400),
        ({**CARD, "Assignee": 5}, {}, 400),
        ({"Name": "Имя"}, {}, 400),
        (CARD, {"Return": "minimal"}, 201),
    ],
)
def test_a_card_is_made_properly(client, body, headers, code):
    answer = client.post("IRequests", json=body, headers=headers)
    assert answer.status_code == code
    if code == 201:
        assert list(answer.json()) == ["Id"]


def test_bodies_are_base64_and_drafts_only_are_deleted(directum, client):
    card = client.post("IRequests", json=CARD).json()["Id"]
    txt = next(
        row["Id"] for row in directum.store.rows("IAssociatedApplications") if row["Extension"] == "txt"
    )
    told = {"Number": 1, "AssociatedApplication": {"Id": txt}}
    version = client.post(f"IRequests({card})/Versions", json=told).json()["Id"]
    body = f"IRequests({card})/Versions({version})/Body"
    assert status(client, "POST", body, json={"Value": "***"}) == 400
    assert status(client, "POST", body, json={"Text": "x"}) == 400
    assert status(client, "POST", body, json={"Value": base64.b64encode(b"\xfb\xff").decode()}) == 204
    assert b"\\u002B" in client.get(body).content
    assert client.get(body).json()["Value"] == "+/8="
    assert status(client, "POST", f"IRequests({card})/Versions", json={"Number": 1}) == 400
    assert status(client, "PATCH", f"IRequests({card})", json={"LifeCycleState": "Active"}) == 204
    assert status(client, "DELETE", f"IRequests({card})") == 400
    assert status(client, "DELETE", "IRequests(999999)") == 404
    assert status(client, "PUT", f"IRequests({card})", json={}) == 405
    assert status(client, "GET", "INothing?$filter=Id%20gt%200") == 404


def test_nested_expands_may_be_refused():
    with pytest.raises(QueryError):
        read_query(
            "$filter=Id%20gt%200&$expand=Questions($expand=Question)",
            "IRequests",
            SETS["IRequests"],
            nested=False,
        )


def test_a_card_that_names_no_message_is_noted(directum):
    class Nobody:
        def find(self, hints, uid):
            return None, False

    stranger = Directum(plans=Nobody(), ledger=Ledger())
    card = stranger.store.create("IRequests", {**CARD, "PosKey": "pos:1:2:3", "LifeCycleState": "Active"})
    stranger._ready.put(card["Id"])
    stranger.step()
    assert [one.what for one in stranger._ledger.entries()] == ["sed_rejected"]
    stranger.http._server.server_close()
