"""A folder of a piece of work: gone with it, and with the next piece where the process was killed."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.workfolder import WorkFolder

KILLED = """
import os, sys
from pathlib import Path
from config.workfolder import WorkFolder
own = WorkFolder("work-", Path(sys.argv[1]))
(own.path / "half").write_text("written")
os.kill(os.getpid(), 9)
"""


def test_it_goes_with_the_work(tmp_path):
    with WorkFolder("work-", tmp_path) as own:
        (own.path / "file").write_text("x", encoding="utf-8")
        assert list(tmp_path.iterdir()) == [own.path]
    assert list(tmp_path.iterdir()) == []
    own.close()


def test_what_a_killed_process_left_goes_with_the_next_piece_of_work(tmp_path):
    died = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert died.returncode == -9
    [left] = tmp_path.iterdir()
    assert (left / "half").exists()
    with WorkFolder("other-", tmp_path):
        assert left.exists(), "of another kind of work"
    with WorkFolder("work-", tmp_path) as own:
        assert list(tmp_path.iterdir()) == [own.path]


def test_what_is_at_work_stays(tmp_path):
    with WorkFolder("work-", tmp_path) as first, WorkFolder("work-", tmp_path) as second:
        assert first.path.is_dir()
        assert second.path.is_dir()


def test_what_is_no_folder_of_ours_stays(tmp_path):
    (tmp_path / "work-file").write_text("x", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "work-link").symlink_to(tmp_path / "elsewhere")
    with WorkFolder("work-", tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"work-file", "work-link", "elsewhere"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_stays(tmp_path):
    (tmp_path / "work-foreign").mkdir()
    os.chown(tmp_path / "work-foreign", 65534, 65534)
    with WorkFolder("work-", tmp_path):
        pass
    assert (tmp_path / "work-foreign").exists()


def test_many_at_once_never_take_each_others(tmp_path):
    def work(_number):
        with WorkFolder("work-", tmp_path) as own:
            (own.path / "file").write_text("x", encoding="utf-8")
            return (own.path / "file").read_text(encoding="utf-8")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(200))) == {"x"}
    assert list(tmp_path.iterdir()) == []
