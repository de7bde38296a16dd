"""The main job without API access, end to end: exports in a folder, the stand's SED, a list for the clerk."""

import time
from collections import Counter

import openpyxl
import pytest

from config.load import load
from config.settings import SpreadsheetSettings
from connector.journal.opening import upgrade_database
from connector.runtime import open_runtime
from connector.sync import sync
from stand.running import Stand
from stand.snippet import write_config
from tests.connector.platform.sheets import write_export


def settings_of(folder, stand):
    """Return what connects sedlink to the stand's SED, its cabinet reached by spreadsheets."""
    prefix = f"SEDLINK__SED__{stand.sed_section.upper()}__"
    hurry = {prefix + name.upper(): value for name, value in stand.sed.hurry().items()}
    settings = load(write_config(stand, folder), environ=hurry)
    sheets = SpreadsheetSettings(
        folder_in=folder / "exports", folder_out=folder / "replies", folder_state=folder / "state"
    )
    [cabinet] = settings.cabinet
    changes = {"platform": "spreadsheet", "spreadsheet": sheets, "secret": None, "client_id": ""}
    return settings.model_copy(update={"cabinet": (cabinet.model_copy(update=changes),)})


def listed(folder):
    return [
        row
        for path in sorted((folder / "replies").glob("*.xlsx"))
        for row in list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))[1:]
    ]


def passes(folder, settings, until, seconds=20):
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
    raise AssertionError(f"did not come to rest: {counts}, {dead}")


@pytest.mark.parametrize("kind", ["sev", "medo", "directum", "dms1c", "mayan"])
def test_every_message_of_the_exports_is_registered_and_answered_in_the_list_once(tmp_path, kind):
    with Stand(tmp_path / "stand", messages=6, cabinets=1, seed=3, sed=kind) as stand:
        settings = settings_of(tmp_path, stand)
        upgrade_database(settings)
        ids = [str(item.message.id) for item in stand.platform.items()]
        lines = [{"number": number} for number in ids]
        write_export(tmp_path / "exports/1.xlsx", *lines[:4])
        write_export(tmp_path / "exports/2.xlsx", *lines[2:], {"number": "wrong", "law": "?"})
        final = ("Закрыто",)

        def answered():
            return {row[0] for row in listed(tmp_path) if row[1] in final} == set(ids)

        dead = passes(tmp_path, settings, answered)
        passes(tmp_path, settings, (tmp_path / "exports/done").exists)  # put away when all are accepted
        registered = [entry for entry in stand.ledger.entries() if entry.what == "registered"]
        rejected = [entry for entry in stand.ledger.entries() if entry.what == "sed_rejected"]
    rows = listed(tmp_path)
    assert len(registered) == 6
    assert not rejected
    assert set(Counter(row[0] for row in rows if row[1] in final).values()) == {1}
    codes = [row[15] for row in rows]
    assert len(codes) == len(set(codes))
    for row in rows:
        for name in (row[13] or "").splitlines():
            assert (tmp_path / "replies" / name).stat().st_size >= 0
    assert [letter.platform_id for letter in dead] == ["wrong"]
    assert [path.name for path in (tmp_path / "exports/done").iterdir()] == ["1.xlsx"]
