"""Cards by SELECTs pass the suite of cards on SQLite and on PostgreSQL, by day and by cursor."""

import pytest

from connector.sed.testing import CardsConformance
from tests.connector.sed.sql_peer import BY_CURSOR, SqlPeer


class TestSqlite(CardsConformance):
    @pytest.fixture
    def peer(self, tmp_path):
        peer = SqlPeer(f"sqlite:///{tmp_path}/sed.db")
        yield peer
        peer.close()


class TestSqliteByCursor(CardsConformance):
    """A SELECT that knows only the cursor: day and card file are sorted out by the adapter."""

    @pytest.fixture
    def peer(self, tmp_path):
        peer = SqlPeer(f"sqlite:///{tmp_path}/sed.db", cards=BY_CURSOR)
        yield peer
        peer.close()


class TestPostgres(CardsConformance):
    @pytest.fixture
    def peer(self, postgres_url):
        peer = SqlPeer(postgres_url)
        yield peer
        peer.close()


class TestPostgresByCursor(CardsConformance):
    @pytest.fixture
    def peer(self, postgres_url):
        peer = SqlPeer(postgres_url, cards=BY_CURSOR)
        yield peer
        peer.close()
