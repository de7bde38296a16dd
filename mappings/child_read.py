"""Old binary workbooks (.xls) are first read in a process of their own.

The compiled reader allocates the rectangle up to the farthest cell and *aborts the process* when there is no
memory for it; in a damaged .xls the farthest cell may be anywhere. A zipped workbook is looked through
before (`archive`); the old format has no such cheap look.
"""

import subprocess
import sys
from pathlib import Path

from config.i18n import _
from mappings.errors import FileError

_SECONDS = 120
_MEMORY = 4 << 30  # bytes of address space: a full sheet of 65 536 rows fits many times

# Errors of the reader are told by the parent, which meets them too; here only survival matters.
_READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from python_calamine import load_workbook
try:
    book = load_workbook(sys.argv[1])
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()
except BaseException:
    sys.exit(0)
"""


def refuse_deadly(path: Path) -> None:
    """Raise FileError for a file that the reader does not survive."""
    try:
        result = subprocess.run(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-c", _READ, str(path), str(_MEMORY)],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        survived = result.returncode == 0
    except subprocess.TimeoutExpired:
        survived = False
    if not survived:
        raise FileError(
            _("{file}: the file is damaged; open it in Excel or LibreOffice and save it as .xlsx").format(
                file=path
            )
        )
