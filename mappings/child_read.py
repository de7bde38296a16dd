"""Old binary workbooks (.xls) are first read in a process of their own.

The compiled reader allocates the rectangle up to the farthest cell and *aborts the process* when there is no
memory for it; in a damaged .xls the farthest cell may be anywhere, and a chain of sectors that bites its own
tail reads as gigabytes. A zipped workbook is looked through before (`archive`); the old format has no such
cheap look.
"""

import subprocess
import sys
from pathlib import Path

from config.i18n import _
from mappings.archive import damaged
from mappings.errors import FileError

_SECONDS = 120
_MEMORY = 2 << 30  # bytes of address space: a full sheet of 65 536 rows and 256 columns fits several times
_REFUSED = 3

# What the reader refuses is not read again: it may have taken all that memory. Passwords the parent tells.
_READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from python_calamine import load_workbook
try:
    book = load_workbook(sys.argv[1])
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()
except BaseException as problem:
    if type(problem).__name__ == "PasswordError":
        sys.exit(0)
    sys.stdout.buffer.write(str(problem)[:200].encode("utf-8", "replace"))
    sys.stdout.flush()
    sys.exit(int(sys.argv[3]))
"""


def refuse_deadly(path: Path) -> None:
    """Raise FileError for a file that the reader does not survive."""
    try:
        result = subprocess.run(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-c", _READ, str(path), str(_MEMORY), str(_REFUSED)],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        code, told = result.returncode, result.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        code, told = -1, ""
    if code == _REFUSED and told:
        raise damaged(path, ValueError(told))
    if code:
        raise FileError(
            _("{file}: the file is damaged; open it in Excel or LibreOffice and save it as .xlsx").format(
                file=path
            )
        )
