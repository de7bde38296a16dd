"""The Mayan adapter on a real Mayan EDMS: one life step by step, then the demo's 20 (`make test-real`)."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from config.secret import Secret
from connector.appeal import AnswerResult, EventKind
from connector.errors import AuthError
from connector.sed.mayan import MayanSed, MayanSettings
from connector.sed.testing import Store, an_appeal, drain, of, sha256, unique
from stand.mayan.desk import MayanDesk
from tests.real.mayan_server import MayanServer

pytestmark = pytest.mark.real
HOME = Path(__file__).resolve().parents[2] / ".venv-real" / "mayan"


@pytest.fixture(scope="module")
def server():
    if not (HOME / "venv").is_dir():
        pytest.skip(f"{HOME} has no server: make real-mayan")
    server = MayanServer(HOME)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def desk(server):
    with MayanDesk(server.url, server.token) as desk:
        desk.prepare()
        yield desk


@pytest.fixture
def sed(server):
    sed = MayanSed(MayanSettings(url=server.url, token=Secret(server.token)))
    yield sed
    sed.close()


def test_a_life_on_the_real_server(server, desk, sed):
    store = Store()
    assert sed.check().ok
    appeal = an_appeal(platform_id=str(time.time_ns()))
    _events, cursor, _notes = drain(sed)
    files = (store.put("фото.txt", b"one"), store.put("опись.txt", b"two"), store.put("empty.txt", b""))
    card = sed.register(appeal, files, store.open)
    assert sed.register(appeal, files, store.open) == sed.find(appeal.key) == card
    document = int(card.id)
    assert {(one["filename"], one["checksum"]) for one in desk.files_of(document)} == {
        ("фото.txt", sha256(b"one")), ("опись.txt", sha256(b"two")),
    }  # fmt: skip
    desk.move(document, "Регистрация", "", {"number": "Т-1", "date": "2024-03-04"})
    desk.move(document, "Назначение исполнителя", "Ответить", {"executor": "Исполнителев И.И."})
    desk.attach(document, "проект.txt", b"draft", "Проект")
    desk.move(document, "Проект ответа", "Черновик", {})
    desk.attach(document, "ответ.txt", b"final answer", "Ответ")
    desk.move(document, "Ответ: решено", "Готово", {"number": "О-1", "date": "2024-03-20"})
    told = of(unique(drain(sed, cursor)[0]), appeal.key)
    kinds = [EventKind.REGISTERED, EventKind.EXECUTOR_ASSIGNED, EventKind.ANSWER, EventKind.ANSWER]
    assert [one.kind for one in told] == kinds
    registered, assigned, draft, answer = told
    assert (registered.number, str(registered.document_date)) == ("Т-1", "2024-03-04")
    assert assigned.executors[0].surname == "Исполнителев"
    assert (draft.commanded, draft.files) == (False, ())
    assert (answer.commanded, answer.result, answer.text) == (True, AnswerResult.SOLVED, "Готово")
    [file] = answer.files
    with sed.open_file(file.ref) as body:
        assert (file.name, body.read()) == ("ответ.txt", b"final answer")
    found = desk.rows("search/advanced/documents.documentsearchresult/", metadata__value=f'"{appeal.key}"')
    assert document in [row["id"] for row in found]


def test_a_bad_token_is_403_and_an_auth_error(server):
    bad = {"Authorization": "Token bad"}
    assert httpx.get(f"{server.url}/api/v4/documents/", headers=bad).status_code == 403
    sed = MayanSed(MayanSettings(url=server.url, token=Secret("not-a-token")))
    with pytest.raises(AuthError):
        sed.changes("", 10)
    sed.close()


def test_the_demo_loses_and_doubles_nothing_on_the_real_server(server, desk, tmp_path):
    command = [sys.executable, "-m", "cli", "demo", "--sed", "mayan", "--messages", "20", "--cabinets", "2"]
    command += ["--dir", str(tmp_path / "demo"), "--seconds", "1500", "--json"]
    known = {"STAND_MAYAN_URL": server.url, "STAND_MAYAN_TOKEN": server.token}
    run = subprocess.run(command, env={**os.environ, **known}, capture_output=True, text=True, check=False)
    sys.stdout.write(run.stdout)  # kept for the report
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout)
    assert (told["received"] >= 20, told["lost"], told["doubled"], told["wrong"]) == (True, 0, 0, 0)
