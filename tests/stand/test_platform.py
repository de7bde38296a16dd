"""The platform of the stand on the wire: token, pages, files, acceptance, replies, history, dictionaries."""

import hashlib

import httpx
import pytest

from stand.running import Stand
from tests.stand.wire import FINAL, open_client, reply_about


def listed(client, **query):
    return client.get("/appeal-service/edms", params=query).json()["content"]


def accepted(client):
    message = listed(client)[0]
    assert client.post(f"/appeal-service/edms/{message['id']}/mark-accepted").status_code == 200
    return message


def send(client, message, **fields):
    return client.post(f"/appeal-service/edms/{message['id']}", json=reply_about(message, **fields))


def test_token_wants_the_oauth_client_and_the_cabinet(stand):
    form = {"grant_type": "password", "scope": "any", "username": "nobody", "password": "wrong"}
    url = f"{stand.base_url}/user-service/oauth/token"
    assert httpx.post(url, data=form, auth=("edms", "wrong")).status_code == 401
    refused = httpx.post(url, data=form, auth=(stand.oauth.name, stand.oauth.secret))
    assert refused.status_code == 401
    assert refused.json()["messages"]


def test_unknown_and_expired_tokens_get_401(tmp_path):
    with Stand(tmp_path, messages=1, token_seconds=0) as stand, open_client(stand) as client:
        assert client.get("/appeal-service/edms").status_code == 401
        client.headers["Authorization"] = "Bearer 0"
        assert client.get("/appeal-service/edms").json()["messages"]


def test_every_page_is_needed_and_cabinets_are_apart(stand, client):
    first = client.get("/appeal-service/edms", params={"size": 4}).json()
    second = client.get("/appeal-service/edms", params={"size": 4, "page": 1}).json()
    assert (first["totalElements"], first["totalPages"], first["last"], second["last"]) == (6, 2, False, True)
    mine = {message["id"] for message in first["content"] + second["content"]}
    with open_client(stand, stand.cabinets[1]) as other:
        theirs = {message["id"] for message in listed(other)}
        stolen = other.post(f"/appeal-service/edms/{min(mine)}/mark-accepted")
    assert (len(mine), len(theirs), mine & theirs) == (6, 6, set())
    assert stolen.status_code == 404


def test_an_accepted_message_is_not_listed_again_and_accepting_twice_is_harmless(client):
    message = accepted(client)
    assert client.post(f"/appeal-service/edms/{message['id']}/mark-accepted").status_code == 200
    assert message["id"] not in {one["id"] for one in listed(client)}


def test_files_come_with_their_names_and_bytes(stand, client):
    specs = {key: spec for item in stand.platform.items() for key, spec in item.message.files}
    urls = [url for message in listed(client) for url in message["attachments"]]
    assert urls
    for url in urls:
        answer = client.get(url)
        spec = specs[url.rsplit("/", 1)[1]]
        assert hashlib.sha256(answer.content).hexdigest() == spec.sha256
        assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]


def test_a_whole_round_and_its_history_then_rework(stand, client):
    message = accepted(client)
    number = {"regNumber": "ОГ-1", "regNumberSetAt": "2025-01-01T00:00:00Z"}
    assert send(client, message, **number).status_code == 200
    upload = client.post("/file-storage-service/filestorage", files={"file": ("Ответ.pdf", b"answer")}).json()
    final = number | FINAL | {"attachmentIds": [upload["id"]], "answerText": "Сделано"}
    assert send(client, message, **final).status_code == 200
    assert send(client, message, **final).status_code == 400  # a final answer comes once in a round
    history = client.get(f"/appeal-service/external-appeal-system/appeals/{message['id']}").json()["history"]
    assert [row["status"] for row in history][2:] == ["TAKE_TO_WORK", "SEND_RESPONSE"]
    assert history[-1]["answer"]["answerType"] == "SOLVED"
    stand.platform.rework(message["id"], "Не сделано")
    again = next(one for one in listed(client) if one["id"] == message["id"])
    assert again["rework"] == {"number": 2, "comment": "Не сделано"}
    replied = [entry for entry in stand.ledger.entries() if entry.what == "replied"]
    assert replied[-1].detail["files"] == [hashlib.sha256(b"answer").hexdigest()]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"answer": "false"}, "answer"),
        ({"answer": ...}, "answer"),
        ({"status": "Не пойми что"}, "status"),
        ({"status": "Закрыто"}, "status"),
        ({"statusText": "None"}, "statusText"),
        ({"statusText": "Принято"}, "statusText"),
        ({"comment": None}, "comment"),
        ({"comment": ""}, "comment"),
        ({"answer": True}, "answer"),
        ({"id": 5}, "id"),
        ({"id": "5"}, "id"),
        ({"opaId": 5}, "opaId"),
        ({"notifyApplicant": "да"}, "notifyApplicant"),
        ({"regNumber": "1"}, "regNumberSetAt"),
        ({"regNumber": "1", "regNumberSetAt": "2025-01-01"}, "regNumberSetAt"),
        ({"regNumber": "1", "regNumberSetAt": "2025-02-30T00:00:00Z"}, "regNumberSetAt"),
        ({"executorInfo": {"name": "Тест"}}, "executorInfo"),
        ({"executorInfo": {"surname": "Тестов", "post": "глава"}}, "executorInfo"),
        ({"attachmentIds": []}, "attachmentIds"),
        ({"attachmentIds": ["nothing"]}, "attachmentIds"),
        ({"colour": "red"}, "colour"),
        (FINAL, "answerText"),
        (FINAL | {"answerText": "Да", "answer": False}, "answer"),
        (FINAL | {"answerText": "Да", "appealAnswerType": "DONE"}, "appealAnswerType"),
        (FINAL | {"answerText": "Да", "statusText": "Назначен исполнитель"}, "statusText"),
        ({"appealAnswerType": "POSTPONED"}, "postponedDate"),
        ({"postponedDate": "2025-01-01T00:00:00Z"}, "postponedDate"),
    ],
)
def test_a_wrong_reply_gets_the_platforms_error_that_names_the_field(client, fields, named):
    answer = send(client, accepted(client), **fields)
    assert answer.status_code == 400
    assert any(named in message for message in answer.json()["messages"]), answer.json()


def test_a_reply_before_acceptance_or_with_another_number_is_refused(client):
    assert send(client, listed(client)[0]).status_code == 400
    message = accepted(client)
    moment = {"regNumberSetAt": "2025-01-01T00:00:00Z"}
    assert send(client, message, regNumber="ОГ-1", **moment).status_code == 200
    assert send(client, message, regNumber="ОГ-2", **moment).status_code == 400


def test_dictionaries(client):
    region = client.get("/inbox-service/regions/all").json()[0]
    subjects = client.get(f"/inbox-service/subjects/region/{region['id']}", params={"size": 100}).json()
    rows = client.get(
        "/inbox-service/subsubjects/search", params={"regionId": region["id"], "size": 5, "page": 1}
    ).json()
    assert any(row["deleted"] for row in subjects["content"])
    assert rows["number"] == 1
    assert {"id", "name", "deleted", "subject"} == set(rows["content"][0])
