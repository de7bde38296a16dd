"""What the tests of the stand share: a client of the platform with a cabinet's token, replies it likes."""

from contextlib import contextmanager

import httpx


@contextmanager
def open_client(stand, cabinet=None):
    """A client with the token of a cabinet (the first one by default)."""
    cabinet = cabinet or stand.cabinets[0]
    form = {"grant_type": "password", "scope": "any"}
    form |= {"username": cabinet.client_id, "password": cabinet.secret}
    with httpx.Client(base_url=stand.base_url, timeout=10) as client:
        login = (stand.oauth.name, stand.oauth.secret)
        answer = client.post("/user-service/oauth/token", data=form, auth=login)
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def reply_about(message, **fields):
    """An interim reply as the platform likes it; `fields` change it."""
    body = {
        "answer": False,
        "status": "В работе",
        "statusText": "Обращение принято в работу",
        "id": message["id"],
        "opaId": message["opaId"],
        "opaName": message["opaName"],
        "notifyApplicant": True,
    } | fields
    return {name: value for name, value in body.items() if value is not ...}


FINAL = {
    "answer": True,
    "status": "Закрыто",
    "statusText": "Обращение рассмотрено",
    "appealAnswerType": "SOLVED",
}
