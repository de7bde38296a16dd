"""A small SED's database of the tests' own: a real SQLite file or a real PostgreSQL."""

from sqlalchemy import create_engine, event, text

from connector.sed.sqlview import build

DDL = """
CREATE TABLE card (id TEXT PRIMARY KEY, reg_no TEXT, file TEXT, pos_key TEXT, region TEXT, to_mart TEXT,
    received {time}, due {time}, answered {time}, version BIGINT);
CREATE TABLE rubric (card_id TEXT, ord TEXT, code TEXT, sstu TEXT, pos TEXT, changed {time},
    PRIMARY KEY (card_id, ord))
"""
CARDS = """
SELECT c.id AS card, c.reg_no AS number, c.file AS card_file, c.pos_key AS key, c.region, c.to_mart AS mart,
       c.received AS received_at, c.due AS due_at, c.answered AS answered_at, c.version AS cursor,
       r.ord AS question, r.code, r.sstu AS status, r.pos AS platform_status, r.changed AS changed_at
FROM card c LEFT JOIN rubric r ON r.card_id = c.id
WHERE c.file = :cardfile -- картотека: одна за раз
  AND (c.answered IS NULL OR c.id IN (SELECT card_id FROM rubric WHERE changed >= :from AND changed < :to)
       OR r.card_id IS NULL)
ORDER BY c.id, r.ord
"""
BY_CURSOR = """
SELECT c.id AS card, c.reg_no AS number, c.file AS card_file, c.pos_key AS key, c.region, c.to_mart AS mart,
       c.received AS received_at, c.due AS due_at, c.answered AS answered_at, c.version AS cursor,
       r.ord AS question, r.code, r.sstu AS status, r.pos AS platform_status, r.changed AS changed_at
FROM card c LEFT JOIN rubric r ON r.card_id = c.id
WHERE c.version > :cursor
ORDER BY c.version, c.id, r.ord
"""
CARD_FILES = "SELECT DISTINCT file, file AS name FROM card ORDER BY 1"
ANNOTATE = [
    "UPDATE card SET to_mart = COALESCE(:mart, to_mart) WHERE id = :card",
    "UPDATE rubric SET pos = COALESCE(:platform_status, pos) WHERE card_id = :card AND ord = :question",
]


class SqlPeer:
    """Holds cards in a database. `url` reads and writes; the adapter is given accounts of its own."""

    def __init__(self, url, *, reader=None, writer=None, cards=CARDS, **more):
        self.engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", lambda db, _r: db.execute("PRAGMA synchronous = OFF"))
        kind = "TEXT" if self.engine.dialect.name == "sqlite" else "TIMESTAMPTZ"
        self.version = 0
        with self.engine.begin() as connection:
            for statement in DDL.format(time=kind).split(";"):
                connection.execute(text(statement))
        self.section = {"url": reader or url, "cards": cards, "card_files": CARD_FILES, **more}
        if writer is not False:
            self.section["annotate"] = {"sql": ANNOTATE, **({"url": writer} if writer else {})}

    def sed(self, **changes):
        from pathlib import Path

        return build({**self.section, **changes}, Path("/"))

    def keep(self, *cards):
        with self.engine.begin() as connection:
            for card in cards:
                self.version += 1
                connection.execute(text("DELETE FROM rubric WHERE card_id = :id"), {"id": card.ref.id})
                connection.execute(text("DELETE FROM card WHERE id = :id"), {"id": card.ref.id})
                connection.execute(text(
                    "INSERT INTO card VALUES (:id, :no, :file, :key, :region, :mart, :r, :d, :a, :v)"
                ), {
                    "id": card.ref.id, "no": card.ref.number, "file": card.card_file, "key": card.key,
                    "region": card.fields.get("region"), "mart": card.fields.get("Выгрузка в витрину ПОС"),
                    "r": self.at(card.received_at), "d": self.at(card.due_at), "a": self.at(card.answered_at),
                    "v": self.version,
                })  # fmt: skip
                for one in card.questions:
                    connection.execute(
                        text("INSERT INTO rubric VALUES (:c, :q, :code, :s, :p, :at)"),
                        {"c": card.ref.id, "q": one.id, "code": one.code, "s": one.status,
                         "p": one.platform_status or None, "at": self.at(one.changed_at)},
                    )  # fmt: skip

    def at(self, moment):
        """SQLite keeps local times as text, PostgreSQL instants."""
        if moment is None or self.engine.dialect.name != "sqlite":
            return moment
        from zoneinfo import ZoneInfo

        return moment.astimezone(ZoneInfo("Europe/Moscow")).strftime("%Y-%m-%d %H:%M:%S")

    def written(self, card, question):
        query = "SELECT to_mart, pos FROM card JOIN rubric ON card_id = id WHERE id = :c AND ord = :q"
        with self.engine.connect() as connection:
            mart, pos = connection.execute(text(query), {"c": card, "q": question}).one()
        return {"Выгрузка в витрину ПОС": mart or "", "Статус ПОС": pos or ""}

    def run(self, *statements):
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def close(self):
        self.engine.dispose()
