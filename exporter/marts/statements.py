"""The SQL of a load, in words that PostgreSQL, DuckDB and SQLite share. Pure text.

`staged` holds the batch, `refused` its quarantine; both are temporary tables of the transaction.
Every word put together here is a constant of schema.py; values are always bound.
"""

# ruff: noqa: S608 - as said above

from exporter.marts.schema import KEY, KINDS, NAMED, QUARANTINE_KINDS

_COLUMNS = [*KINDS, "fingerprint"]
_ON = " AND ".join(f"f.{name} = s.{name}" for name in KEY)

# A newer version wins; of one version the later judgement (overdue comes with time), if it says otherwise.
_NEWER = (
    "(s.version > f.version OR (s.version = f.version AND s.fingerprint <> f.fingerprint AND ? >= f.as_of))"
)

DOUBLES = (
    f"DELETE FROM staged WHERE ordinal IN (SELECT ordinal FROM (SELECT ordinal, row_number() OVER "
    f"(PARTITION BY {', '.join(KEY)} ORDER BY version DESC, ordinal DESC) AS place FROM staged) AS ranked "
    "WHERE place > 1)"
)

HAS_DOUBLES = f"SELECT 1 FROM staged GROUP BY {', '.join(KEY)} HAVING count(*) > 1 LIMIT 1"
# The same by digests of keys: may suspect doubles where there are none, which costs only the second look.
MAY_HAVE_DOUBLES = (
    f"SELECT 1 FROM staged GROUP BY hashtextextended(concat_ws(chr(31), {', '.join(KEY)}), 0) "
    "HAVING count(*) > 1 LIMIT 1"
)

COUNT = (
    "SELECT count(*) AS all_rows, "
    "sum(CASE WHEN f.source IS NULL THEN 1 ELSE 0 END) AS inserted, "
    f"sum(CASE WHEN f.source IS NOT NULL AND s.fingerprint <> f.fingerprint AND {_NEWER} "
    "THEN 1 ELSE 0 END) AS updated, "
    "sum(CASE WHEN f.source IS NOT NULL AND s.fingerprint = f.fingerprint THEN 1 ELSE 0 END) AS unchanged, "
    f"sum(CASE WHEN f.source IS NOT NULL AND {_NEWER} THEN 1 ELSE 0 END) AS newer "
    f"FROM staged AS s LEFT JOIN fact AS f ON {_ON}"
)

UPDATE = (
    f"UPDATE fact AS f SET {', '.join(f'{name} = s.{name}' for name in _COLUMNS if name not in KEY)}, "
    f"as_of = ?, batch = ? FROM staged AS s WHERE {_ON} AND {_NEWER}"
)

INSERT = (
    f"INSERT INTO fact ({', '.join(_COLUMNS)}, as_of, batch) "
    f"SELECT {', '.join(f's.{name}' for name in _COLUMNS)}, ?, ? FROM staged AS s "
    f"WHERE NOT EXISTS (SELECT 1 FROM fact AS f WHERE {_ON})"
)

INSERT_ALL = (  # into an empty mart: nothing to be compared with
    f"INSERT INTO fact ({', '.join(_COLUMNS)}, as_of, batch) SELECT {', '.join(_COLUMNS)}, ?, ? FROM staged"
)

# What went well leaves the quarantine, what is refused again gets its new reasons.
RELEASE = (
    "DELETE FROM quarantine WHERE EXISTS (SELECT 1 FROM staged AS s WHERE "
    + " AND ".join(f"s.{name} = quarantine.{name}" for name in KEY)
    + ")"
)
FORGET = (
    "DELETE FROM quarantine WHERE EXISTS (SELECT 1 FROM refused AS r WHERE "
    + " AND ".join(f"r.{name} = quarantine.{name}" for name in KEY)
    + ")"
)
# Keys refused twice in one batch (two lines without a number): the last line stands for them.
QUARANTINE = (
    f"INSERT INTO quarantine ({', '.join(QUARANTINE_KINDS)}, batch) "
    f"SELECT {', '.join(QUARANTINE_KINDS)}, ? FROM (SELECT *, row_number() OVER "
    f"(PARTITION BY {', '.join(KEY)} ORDER BY place DESC) AS nth FROM refused) AS ranked WHERE nth = 1"
)

DIFFERENCES = (
    "SELECT CASE WHEN f.source IS NULL THEN 'missing' ELSE 'different' END AS kind, "
    f"{', '.join(f's.{name}' for name in NAMED)} FROM staged AS s "
    f"LEFT JOIN fact AS f ON {_ON} WHERE f.source IS NULL OR f.fingerprint <> s.fingerprint "
    "UNION ALL "
    f"SELECT 'extra', {', '.join(f'f.{name}' for name in NAMED)} FROM fact AS f WHERE f.source = ? "
    f"AND NOT f.deleted AND NOT EXISTS (SELECT 1 FROM staged AS s WHERE {_ON}) "
    "AND NOT EXISTS (SELECT 1 FROM refused AS r WHERE "
    + " AND ".join(f"r.{name} = f.{name}" for name in KEY)
    + ") ORDER BY 1, 2, 3, 4 LIMIT ?"
)


def tallies(day: str, staged: str = "staged") -> str:
    """Return the query that counts both sides; `day` is the engine's expression for a day of {}."""
    return (
        "SELECT day, cabinet, category, sum(here), sum(there) FROM ("
        f"SELECT {day.format('received_at')} AS day, cabinet, category, 1 AS here, 0 AS there FROM {staged} "
        f"WHERE NOT deleted UNION ALL "
        f"SELECT {day.format('received_at')}, cabinet, category, 0, 1 FROM fact WHERE source = ? "
        "AND NOT deleted) AS both_sides GROUP BY day, cabinet, category ORDER BY 1, 2, 3"
    )
