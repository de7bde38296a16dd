"""The same facts in every engine, as the mart keeps them: table `fact`."""

import sqlite3
from dataclasses import astuple
from datetime import UTC, datetime

from exporter.fact import COLUMNS

_INT = {"version", "cabinet", "mapping_version", "round", "rating"}
_FLAG = {"overdue", "repeated", "new", "fast_track", "deleted"}
_TIME = {"received_at", "due_at", "answered_at"}


def _ddl(text, time, flag):
    kinds = {**dict.fromkeys(_INT, "BIGINT"), **dict.fromkeys(_FLAG, flag), **dict.fromkeys(_TIME, time)}
    columns = ", ".join(f'"{name}" {kinds.get(name, text)}' for name in COLUMNS)
    return f'CREATE TABLE fact ({columns}, "as_of" {time})'


def _values(facts, as_of, moment, flag):
    for fact in facts:
        row = zip(COLUMNS, astuple(fact), strict=True)
        yield [_one(name, value, moment, flag) for name, value in row] + [moment(as_of)]


def _one(name, value, moment, flag):
    if value is None:
        return None
    return moment(value) if name in _TIME else flag(value) if name in _FLAG else value


def sqlite_mart(path, facts, as_of):
    with sqlite3.connect(path) as connection:
        connection.execute(_ddl("TEXT", "TEXT", "INTEGER"))
        rows = _values(facts, as_of, _iso, int)
        connection.executemany(f"INSERT INTO fact VALUES ({', '.join('?' * (len(COLUMNS) + 1))})", rows)
    connection.close()
    return f"sqlite:///{path}"


def duckdb_mart(path, facts, as_of):
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute(_ddl("VARCHAR", "TIMESTAMP", "BOOLEAN"))
        rows = list(_values(facts, as_of, lambda moment: moment.astimezone(UTC).replace(tzinfo=None), bool))
        connection.executemany(f"INSERT INTO fact VALUES ({', '.join('?' * (len(COLUMNS) + 1))})", rows)
    return f"duckdb:///{path}"


def postgres_mart(url, facts, as_of):
    import psycopg

    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        cursor.execute(_ddl("text", "timestamptz", "boolean"))
        marks = ", ".join(["%s"] * (len(COLUMNS) + 1))
        cursor.executemany(f"INSERT INTO fact VALUES ({marks})", _values(facts, as_of, lambda one: one, bool))
    return url


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
