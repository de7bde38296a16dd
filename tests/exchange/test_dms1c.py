"""The whole exchange with 1С as a user runs it: every fault at once, and sudden deaths of the daemon."""

from stand.running import Stand
from stand.snippet import write_config
from tests.exchange.test_daemon import daemon, sedlink, wait


def count(stand, what):
    return sum(entry.what == what for entry in stand.ledger.entries())


def test_faults_and_sudden_deaths_lose_and_double_nothing(tmp_path):
    with Stand(tmp_path / "stand", sed="dms1c", messages=5, seed=5, faults="all") as stand:
        path = write_config(stand, tmp_path)
        text = (
            path.read_text(encoding="utf-8")
            .replace('poll = "5s"', 'poll = "1s"')
            .replace('poll = "2s"', 'poll = "1s"')
        )
        quick = (
            '\n[journal]\nbackoff_first = "1s"\nbackoff_cap = "2s"\n\n[daemon]\nlease = "4s"\nworkers = 2\n'
        )
        path.write_text(text + quick, encoding="utf-8")
        assert sedlink(path, "db", "upgrade").returncode == 0
        for arrived in (1, 3):  # it dies in the midst of its work, however fast the machine is
            with daemon(path) as process:
                wait(lambda: count(stand, "arrived") >= arrived, seconds=120)  # noqa: B023
                process.kill()
        with daemon(path):
            wait(stand.settled)
            wait(lambda: '"waiting": 0' in sedlink(path, "status", "--json").stdout)
        found = stand.reconcile()
        assert found.exact, found
        assert not found.pending
