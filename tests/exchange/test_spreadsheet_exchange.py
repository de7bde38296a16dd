"""The main job without API access, end to end: exports in a folder, the stand's SED, a list for the clerk."""

import os
import time
from collections import Counter

import openpyxl

from config.load import load
from connector.journal.opening import upgrade_database
from connector.runtime import open_runtime
from connector.sync import sync
from stand.running import Stand
from tests.connector.platform.sheets import write_export
from tests.exchange.setup import WHOLE

CABINET = """
[[cabinet]]
opa_id = {opa_id}
name = "{name}"
platform = "spreadsheet"
environment = "test"
sed = "delo"
spreadsheet = {{ folder_in = "exports", folder_out = "replies", settle = "1s" }}
"""


def settings_of(folder, stand):
    [cabinet] = stand.cabinets
    (folder / "secret").write_text("unused")
    (folder / "secret").chmod(0o600)
    text = WHOLE.format(
        database="sqlite:///sedlink.db", url="", client="", secret=folder / "secret",
        out=stand.to_sed, into=stand.from_sed, index=stand.sed.identity.index,
    )  # fmt: skip
    path = folder / "sedlink.toml"
    path.write_text(text + CABINET.format(opa_id=cabinet.opa_id, name=cabinet.name), encoding="utf-8")
    return load(path, environ={})


def listed(folder):
    return [
        row
        for path in sorted((folder / "replies").glob("*.xlsx"))
        for row in list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))[1:]
    ]


def passes(settings, until, seconds=60):
    """Pass after pass, every one a process of its own as under cron."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        runtime = open_runtime(settings)
        sync(runtime)
        counts, dead = runtime.journal.counts(), list(runtime.journal.dead())
        runtime.close()
        if counts.waiting == 0 and until():
            return dead
        time.sleep(0.1)
    raise AssertionError(f"did not come to rest: {counts}, {listed(settings.folder)}")


def test_every_message_of_the_exports_is_registered_and_answered_in_the_list_once(tmp_path):
    with Stand(tmp_path / "stand", messages=12, cabinets=1, seed=3) as stand:
        settings = settings_of(tmp_path, stand)
        upgrade_database(settings)
        ids = [str(item.message.id) for item in stand.platform.items()]
        lines = [{"number": number} for number in ids]
        write_export(tmp_path / "exports/1.xlsx", *lines[:8])
        write_export(tmp_path / "exports/2.xlsx", *lines[4:], {"number": "wrong", "law": "?"})
        final = ("Закрыто",)

        def answered():
            return {row[0] for row in listed(tmp_path) if row[1] in final} == set(ids)

        dead = passes(settings, answered)
        registered = [entry for entry in stand.ledger.entries() if entry.what == "sed_registered"]
        rejected = [entry for entry in stand.ledger.entries() if entry.what == "sed_rejected"]
    rows = listed(tmp_path)
    assert len(registered) == 12, [entry.what for entry in stand.ledger.entries()]
    assert not rejected
    assert set(Counter(row[0] for row in rows if row[1] in final).values()) == {1}
    codes = [row[15] for row in rows]
    assert len(codes) == len(set(codes))
    for row in rows:
        for name in (row[13] or "").splitlines():
            assert (tmp_path / "replies" / name).stat().st_size >= 0
    assert [letter.platform_id for letter in dead] == ["wrong"]
    assert os.listdir(tmp_path / "exports/done") == ["1.xlsx"]
