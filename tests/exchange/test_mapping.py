"""The table in the exchange: what it does not answer waits, is counted once, and goes on by itself."""

from config.load import load
from connector.journal.opening import upgrade_database
from connector.runtime import open_runtime
from connector.sync import sync
from mappings.model import Content, Direction, Rule, Status
from mappings.store.seen import seen
from mappings.store.versions import apply
from stand.running import Stand
from tests.exchange.setup import write_configuration
from tests.exchange.test_exchange import relayed

CODE = "0003.0009.0099.0744"


def put_into_force(runtime, rules):
    with runtime.classifier.engine.begin() as connection:
        return apply(connection, Content(tuple(rules)), by="test", at=runtime.journal.clock())


def verified(path):
    return Rule(Direction.INCOMING, path=path, code=CODE, status=Status.VERIFIED)


def test_what_the_table_does_not_answer_waits_for_it(tmp_path):
    with Stand(tmp_path / "stand", messages=8, seed=6) as stand:
        settings = load(write_configuration(tmp_path, stand))
        upgrade_database(settings)
        runtime = open_runtime(settings)
        put_into_force(runtime, [verified(("Ничего такого", "нет"))])
        for _pass in range(2):
            sync(runtime)
        held = list(runtime.journal.dead())
        with runtime.classifier.engine.connect() as connection:
            met = seen(connection)
        assert {letter.error_code for letter in held} == {"mapping"}
        assert len(held) == 8
        assert sum(one.times for one in met) >= 8  # an appeal may hold several questions
        assert stand.reconcile().registered == 0

        put_into_force(runtime, [verified(one.names) for one in met])
        runtime.close()
        _counts, dead, _journal = relayed(stand, settings)
        assert not dead
        assert stand.reconcile().exact
        runtime = open_runtime(settings)
        with runtime.classifier.engine.connect() as connection:
            again = sum(one.times for one in seen(connection))
        codes = {q.code for one in runtime.journal.rounds() for q in one.appeal.questions}
        reworked = sum(len(one.appeal.questions) for one in runtime.journal.rounds() if one.round > 1)
        runtime.close()
    assert codes == {CODE}
    assert again == sum(one.times for one in met) + reworked  # counted once, however often it was tried
