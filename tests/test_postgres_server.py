"""The tests' PostgreSQL starts wherever the checkout lies, also in a folder closed to the server's user."""

from tests.postgres_server import PostgresServer, _copied, binaries


def test_a_copy_of_the_programs_starts_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.postgres_server.binaries", lambda: _copied(binaries(), tmp_path))
    tmp_path.chmod(0o700)  # as the checkout; the server's own home is another folder
    with PostgresServer() as server:
        assert server.create()
        assert server.alive
