"""The SQL of the ClickHouse mart. Pure text; every word put together here is ours, values are bound.

ClickHouse has no transactions: what would be an UPDATE is a newer row, what is read are views that show the
newest. `rank` orders the states of a fact by version, then by the moment of judgement, so that the newest
wins in whatever order loads come, even two at once.
"""

# ruff: noqa: S608 - as said above

from exporter.marts.schema import BATCH_KINDS, KEY, KINDS, NAMED, QUARANTINE_KINDS, SPOOL_KINDS

TYPES = {
    "text": "String",
    "int": "Nullable(Int64)",
    "time": "Nullable(DateTime64(6, 'UTC'))",
    "flag": "Nullable(Bool)",
}
FACT = [*KINDS, "fingerprint", "as_of", "batch"]

_KEYS = ", ".join(KEY)
_MIDDLE = "4611686018427387904"  # 2^62: versions and moments before 1970 sort as well
_NOW = "toUInt64(toUnixTimestamp64Micro(now64(6)))"


def _columns(kinds: dict[str, str]) -> str:
    return ", ".join(f"`{name}` {TYPES[kind]}" for name, kind in kinds.items())


_FACT_ROW = f"{_columns({**KINDS, 'fingerprint': 'text', 'as_of': 'time', 'batch': 'int'})}, rank UInt128"

TABLES = (
    f"CREATE TABLE IF NOT EXISTS fact_row ({_FACT_ROW}) ENGINE = ReplacingMergeTree(rank) ORDER BY ({_KEYS})",
    (
        f"CREATE TABLE IF NOT EXISTS quarantine_row ({_columns(QUARANTINE_KINDS)}, batch Nullable(Int64), "
        f"stamp UInt64, gone UInt8) ENGINE = ReplacingMergeTree(stamp, gone) ORDER BY ({_KEYS})"
    ),
    (
        f"CREATE TABLE IF NOT EXISTS batch_row ({_columns({**BATCH_KINDS, 'id': 'text'})}, ready String, "
        "stamp UInt64) ENGINE = ReplacingMergeTree(stamp) ORDER BY id"
    ),
    f"CREATE VIEW IF NOT EXISTS fact AS SELECT {', '.join(f'`{name}`' for name in FACT)} FROM fact_row FINAL",
    (
        f"CREATE VIEW IF NOT EXISTS quarantine AS SELECT {', '.join((*QUARANTINE_KINDS, 'batch'))} "
        "FROM quarantine_row FINAL"
    ),
    (
        f"CREATE VIEW IF NOT EXISTS batch AS SELECT {', '.join(f'`{name}`' for name in BATCH_KINDS)} "
        "FROM batch_row FINAL"
    ),
)


def staging(token: str) -> dict[str, str]:
    """Return the statements that make a load's own tables, by their names."""
    return {
        f"staged_{token}": f"CREATE TABLE staged_{token} ({_columns(SPOOL_KINDS)}) "
        "ENGINE = MergeTree ORDER BY tuple()",
        f"refused_{token}": f"CREATE TABLE refused_{token} ({_columns(QUARANTINE_KINDS)}) "
        "ENGINE = MergeTree ORDER BY tuple()",
        f"coming_{token}": f"CREATE TABLE coming_{token} AS fact_row "
        f"ENGINE = ReplacingMergeTree(rank) ORDER BY ({_KEYS})",
    }


LEFT_BEHIND = (  # tables of loads that died long ago and that no batch waits for
    "SELECT name FROM system.tables WHERE database = currentDatabase() "
    "AND match(name, '^(staged|refused|coming)_[0-9a-f]{32}$') "
    "AND metadata_modification_time < now() - INTERVAL 1 DAY "
    "AND extract(name, '[0-9a-f]{32}$') NOT IN (SELECT ready FROM batch_row FINAL WHERE state = 'open')"
)

EXISTS = "SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = ?"

READY = (
    "SELECT id, ready FROM batch_row FINAL "
    "WHERE source = ? AND kind = ? AND state = 'open' AND ready <> '' ORDER BY number"
)

WRITE_BATCH = (
    f"INSERT INTO batch_row ({', '.join(BATCH_KINDS)}, ready, stamp) "
    f"SELECT {', '.join('?' * len(BATCH_KINDS))}, ?, {_NOW}"
)


def newest(token: str) -> str:
    """Return the batch without the older states of a key."""
    return f"(SELECT * FROM staged_{token} ORDER BY version DESC, ordinal DESC LIMIT 1 BY {_KEYS})"


def doubled(token: str) -> str:
    """Return the query of how many older states of a key were left out."""
    return f"SELECT count() - uniqExact({_KEYS}) FROM staged_{token}"


def _beside(token: str) -> str:
    """The batch beside what the mart holds of its keys; an empty `f.fingerprint` means: nothing."""
    return (
        f"FROM {newest(token)} AS s LEFT ANY JOIN (SELECT {_KEYS}, version, fingerprint, as_of FROM fact "
        f"WHERE ({_KEYS}) IN (SELECT {_KEYS} FROM staged_{token})) AS f USING ({_KEYS})"
    )


_NEWER = (
    "(s.version > f.version OR (s.version = f.version AND s.fingerprint <> f.fingerprint "
    "AND toDateTime64(?, 6, 'UTC') >= f.as_of))"
)


def count(token: str) -> str:
    """Return the query of what came, is new, changed, stayed and is to be written; takes as_of twice."""
    return (
        f"SELECT count(), countIf(f.fingerprint = ''), "
        f"countIf(f.fingerprint <> '' AND s.fingerprint <> f.fingerprint AND {_NEWER}), "
        f"countIf(f.fingerprint <> '' AND s.fingerprint = f.fingerprint), "
        f"countIf(f.fingerprint = '' OR {_NEWER}) {_beside(token)}"
    )


def prepare_rows(token: str) -> str:
    """Return the statement that fills `coming` with what is to be written; takes as_of thrice, number."""
    said = ", ".join(f"s.`{name}`" for name in (*KINDS, "fingerprint"))
    rank = (
        f"bitShiftLeft(toUInt128(s.version + {_MIDDLE}), 64) "
        f"+ toUInt128(toUnixTimestamp64Micro(toDateTime64(?, 6, 'UTC')) + {_MIDDLE})"
    )
    return (
        f"INSERT INTO coming_{token} ({', '.join(f'`{name}`' for name in FACT)}, rank) "
        f"SELECT {said}, toDateTime64(?, 6, 'UTC'), ?, {rank} {_beside(token)} "
        f"WHERE f.fingerprint = '' OR {_NEWER}"
    )


def carry(token: str) -> str:
    """Return the statement that makes all rows visible at once; harmless to repeat."""
    return f"ALTER TABLE fact_row ATTACH PARTITION tuple() FROM coming_{token}"


def release(table: str) -> str:
    """Return the statement that takes the keys of `table` out of the quarantine."""
    columns = ", ".join((*QUARANTINE_KINDS, "batch"))
    return (
        f"INSERT INTO quarantine_row ({columns}, stamp, gone) SELECT {columns}, {_NOW}, 1 FROM quarantine "
        f"WHERE ({_KEYS}) IN (SELECT {_KEYS} FROM {table})"
    )


def refuse(token: str) -> str:
    """Return the statement that puts the refused rows into the quarantine, the last of each key."""
    columns = ", ".join(QUARANTINE_KINDS)
    return (
        f"INSERT INTO quarantine_row ({columns}, batch, stamp, gone) SELECT {columns}, ?, {_NOW}, 0 "
        f"FROM (SELECT * FROM refused_{token} ORDER BY place DESC LIMIT 1 BY {_KEYS})"
    )


def differences(token: str) -> str:
    """Return the query of what source and mart do not hold alike; takes the source and the limit."""
    named = ", ".join(f"s.{name}" for name in NAMED)
    return (
        f"SELECT * FROM (SELECT if(f.fingerprint = '', 'missing', 'different') AS kind, {named} "
        f"{_beside(token)} WHERE f.fingerprint <> s.fingerprint UNION ALL "
        f"SELECT 'extra' AS kind, {', '.join(NAMED)} FROM fact WHERE source = ? AND NOT deleted "
        f"AND ({_KEYS}) NOT IN (SELECT {_KEYS} FROM staged_{token}) "
        f"AND ({_KEYS}) NOT IN (SELECT {_KEYS} FROM refused_{token})) ORDER BY 1, 2, 3, 4 LIMIT ?"
    )
