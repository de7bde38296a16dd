"""Prostore's upload: whole deltas or nothing, whatever breaks. The stand is modelled on documents."""

import itertools
import json
import random
from contextlib import closing, suppress

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import cli
from config.load import load
from config.secret import Secret
from connector.errors import AuthError, RetryableError
from exporter.marts.datamart.client import Access
from exporter.marts.datamart.ledger import Ledger
from exporter.marts.datamart.opening import client_of
from exporter.marts.datamart.packing import key_of
from exporter.marts.datamart.prostore import ProstoreClient
from stand.faults import Fault, FaultPlan, Pains
from stand.mart.prostore import ProstoreApp, ProstoreState
from tests.exporter.datamart.conftest import PROFILE, Running, rows_of, table_of

ROWS = rows_of(60)
FEW = ROWS[:30]  # several files, few enough for a kill at every point
KEYS = {key_of(row, "sed1") for row in ROWS}
SMALL = PROFILE.model_copy(update={"max_file_bytes": 4000})


class Prostore(Running):
    """A running node."""

    def __init__(self, **options):
        super().__init__(ProstoreState([table_of()]), lambda state: ProstoreApp(state, **options))

    def client(self, folder, **changes):
        access = Access(**{"url": self.server.base_url, "datamart": "appeals", **changes})
        return ProstoreClient(access, folder / "delta", sleep=self.sleeps.append, dice=random.Random(1))


@pytest.fixture
def node():
    with Prostore() as running:
        yield running


def test_every_file_is_a_delta_of_its_own(node, tmp_path):
    outcome = node.upload(tmp_path, ROWS, profile=SMALL)
    assert (set(node.rows), outcome.rows_done, outcome.failed) == (KEYS, len(ROWS), [])
    uploads = node.state.said.count("upload 0")
    assert uploads == outcome.done > 2
    assert node.state.said.count("BEGIN DELTA") == node.state.said.count("COMMIT DELTA") == uploads
    assert node.upload(tmp_path, ROWS).packed.unchanged == len(ROWS)


def test_a_tombstone_is_a_row_of_sys_op_1(node, tmp_path):
    node.upload(tmp_path, ROWS)
    node.upload(tmp_path, [{**ROWS[0], "deleted": True, "fingerprint": "gone"}, *ROWS[1:]])
    assert set(node.rows) == KEYS - {key_of(ROWS[0], "sed1")}
    assert "upload 1" in node.state.said


def test_a_row_the_entity_refuses_is_found_and_the_others_go(node, tmp_path):
    real = node.state.upload

    def strict(table, sys_op, body):
        from stand.mart.prostore import RefusedError

        if b'"sed1/list/7/1"' in body:
            raise RefusedError("нет такого статуса")
        return real(table, sys_op, body)

    node.state.upload = strict
    outcome = node.upload(tmp_path, ROWS)
    assert (outcome.refused, set(node.rows)) == (1, KEYS - {"sed1/list/7/1"})
    assert node.state.delta is None
    with Ledger(tmp_path / "ledger.db", "t/test") as ledger:
        assert "нет такого статуса" in ledger.refusals()[0].reason


def test_a_delta_of_another_loader_is_left_alone(node, tmp_path):
    node.state.query("BEGIN DELTA")
    with pytest.raises(RetryableError, match="another loader"):
        node.upload(tmp_path, ROWS, attempts=2)
    assert node.state.delta is not None
    node.state.query("COMMIT DELTA")
    node.upload(tmp_path, ROWS)
    assert set(node.rows) == KEYS


def test_a_broken_connection_rolls_the_rows_back(node, tmp_path):
    body = b'id\n"1"'
    node.state.query("BEGIN DELTA")
    url = f"{node.server.base_url}/api/v1/datamarts/appeals/entities/{PROFILE.table}/upload?sysOp=1"

    def breaking():
        yield body
        raise ConnectionError

    headers = {"Content-Type": "text/csv", "Content-Length": str(len(body) + 10)}
    with pytest.raises(ConnectionError):
        httpx.post(url, content=breaking(), headers=headers, timeout=5)
    assert node.state.delta.rows == {}


KINDS = [Fault.SLOW, Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.GARBAGE]


@pytest.mark.parametrize("seed", range(3))
def test_every_fault_at_once(tmp_path, seed):
    plan = FaultPlan(KINDS, seed=seed, probability=0.1, max_in_row=2, pains=Pains(slow=0.01, retry_after=0))
    with Prostore(faults=plan) as node:
        for _run in range(6):
            with suppress(RetryableError):
                if not node.upload(tmp_path, ROWS, profile=SMALL, attempts=8).waiting:
                    break
        assert set(node.rows) == KEYS
        assert node.state.delta is None
        assert len(plan.struck()) >= 3


class Killed(BaseException):
    pass


@settings(max_examples=12, deadline=None)
@given(point=st.integers(0, 20), before=st.booleans())
def test_killed_at_any_point_and_run_again_the_entity_is_the_same(tmp_path_factory, point, before):
    folder = tmp_path_factory.mktemp("killed")
    steps = itertools.count()

    def fragile(client):
        real = client._sent

        def sending(request, token=None):
            step = next(steps)
            if step >= point and before:
                raise Killed
            answer = real(request, token)
            if step >= point:
                raise Killed
            return answer

        client._sent = sending
        return client

    with Prostore() as node:
        with suppress(Killed):
            node.upload(folder, FEW, profile=SMALL, wire=fragile)
        changed = [
            {**row, "status": "Отправлен ответ", "fingerprint": row["fingerprint"] + "2"} for row in FEW
        ]
        node.upload(folder, changed, profile=SMALL)
        assert set(node.rows) == {key_of(row, "sed1") for row in FEW}
        assert {row["status"] for row in node.rows.values()} == {"Отправлен ответ"}
        assert node.state.delta is None


def test_a_wrong_token_names_itself_and_is_not_logged(tmp_path, caplog):
    for wrong in ("secret-2", "тайна"):
        with Prostore(token="secret-1") as node, pytest.raises(AuthError, match="token") as caught:
            node.upload(tmp_path, ROWS, token=Secret(wrong))
        assert wrong not in caplog.text + str(caught.value)


CONFIG = """
[export]
mart = "duckdb:///{folder}/mart.duckdb"
[datamart.store]
kind = "prostore"
url = "{url}"
environment = "test"
datamart = "appeals"
key_prefix = "sed1"
token = "env:PROSTORE_TOKEN"
folder = "{folder}/up"
"""


def test_the_same_command_by_kind(tmp_path, monkeypatch):
    from tests.exporter.facts import row
    from tests.exporter.mart_conformance import put

    monkeypatch.setenv("PROSTORE_TOKEN", "abc")
    put(f"duckdb:///{tmp_path}/mart.duckdb", row("1"), row("2"))
    with Prostore(token="abc") as node:
        config = tmp_path / "sedlink.toml"
        config.write_text(CONFIG.format(folder=tmp_path, url=node.server.base_url), encoding="utf-8")
        command = ["export", "datamart", "upload", "store", "--config", str(config), "--json"]
        done = CliRunner().invoke(cli.app, command)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["rows_done"] == 2
        assert set(node.rows) == {"sed1/delo/1/1", "sed1/delo/2/1"}
        chosen = load(config).datamart["store"]
        with closing(client_of(chosen, "store", lambda _: None)) as client:
            assert isinstance(client, ProstoreClient)
