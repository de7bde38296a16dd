"""The spreadsheet way with workbooks that LibreOffice itself writes, and its list read by LibreOffice."""

import csv
import os
import shutil
import subprocess
import time

import pytest

from connector.journal.opening import upgrade_database
from stand.running import Stand
from tests.connector.platform.sheets import COLUMNS, LINE
from tests.exchange.test_spreadsheet_exchange import listed, passes, settings_of

pytestmark = pytest.mark.real
# of the import filter: separator, quote, UTF-8, first row; then the kind of every column
_TEXT = "44,34,76,1"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Return what converts a file with LibreOffice: a process with a profile of its own."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("there is no LibreOffice: apt-get install libreoffice-calc")
    profile = tmp_path_factory.mktemp("profile")

    def convert(source, kind, folder, *more):
        command = [program, "--headless", f"-env:UserInstallation=file://{profile}", *more]
        command += ["--convert-to", kind, "--outdir", str(folder), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        return folder / f"{source.stem}.{kind.partition(':')[0]}"

    return convert


def export(office, folder, name, kind, lines, *, dates):
    """Write an export by LibreOffice: dates as text, or as true dates of cells."""
    source = folder / f"{name}.csv"
    names = [one for one in LINE if one != "epgu_number"][::-1]  # another order, a column fewer
    with source.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow([getattr(COLUMNS, one) for one in names])
        table.writerows([[(LINE | line)[one] for one in names] for line in lines])
    form = 4 if dates else 2  # 4 = day-month-year, 2 = text
    columns = "/".join(f"{place}/{form if names[place - 1] in _DATES else 2}" for place in range(1, 25))
    done = office(source, kind, folder / "exports", f"--infilter=CSV:{_TEXT},{columns}")
    past = time.time() - 60
    os.utime(done, (past, past))
    return done


_DATES = {"received", "due", "finished"}


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_exports_that_libreoffice_wrote_are_relayed_and_its_list_opens(tmp_path, office, kind):
    (tmp_path / "exports").mkdir()
    with Stand(tmp_path / "stand", messages=4, cabinets=1, seed=3, sed="sev") as stand:
        settings = settings_of(tmp_path, stand)
        upgrade_database(settings)
        ids = [str(item.message.id) for item in stand.platform.items()]
        lines = [{"number": number} for number in ids]
        export(office, tmp_path, "текстом", kind, lines[:3], dates=False)
        export(office, tmp_path, "датами", kind, lines[1:], dates=True)  # two of them were there already

        def answered():
            return {row[0] for row in listed(tmp_path) if row[1] == "Закрыто"} == set(ids)

        assert passes(tmp_path, settings, answered, seconds=60) == []
        registered = [entry for entry in stand.ledger.entries() if entry.what == "registered"]
    assert len(registered) == 4
    rows = listed(tmp_path)
    [book] = (tmp_path / "replies").glob("*.xlsx")
    shown = office(book, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true", tmp_path)
    with shown.open(encoding="utf-8", newline="") as read:
        told = list(csv.reader(read))[1:]
    assert [row[0] for row in told] == [str(row[0]) for row in rows]
    assert [row[1] for row in told] == [row[1] for row in rows]
