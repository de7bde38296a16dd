"""A real Mayan EDMS as processes of its own on the loopback: SQLite, no queue server, files below `home`.

`home/venv` is made by `make real-mayan`; the database is made here the first time, which takes minutes.
"""

import os
import socket
import subprocess
import time
from pathlib import Path

import httpx

SETTINGS = Path(__file__).parent / "mayan"
PASSWORD = "stand-mayan"
_ADMIN = (
    "from django.contrib.auth import get_user_model as g; U = g(); "
    "u = U.objects.filter(username='stand').first() or "
    "U.objects.create_superuser('stand', 'stand@example.org', 'x'); "
    f"u.set_password('{PASSWORD}'); u.is_superuser = u.is_staff = True; u.save()"
)


class MayanServer:
    """The server from `start` to `stop`; `url` and `token` are what the exchange needs."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._media = home / "media"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.token = ""

    def start(self) -> None:
        self._media.mkdir(exist_ok=True)
        if not (self._media / ".prepared").exists():
            self._manage("common_initial_setup", "--force", "--no-dependencies")
            (self._media / ".prepared").touch()
        self._manage("shell", "-c", _ADMIN)
        log = (self._home / "server.log").open("w")
        command = ["gunicorn", "mayan.wsgi:application", "--bind", f"127.0.0.1:{self._port}"]
        command += ["--workers", "1", "--threads", "4", "--timeout", "300"]
        self._process = subprocess.Popen(
            [str(self._home / "venv" / "bin" / command[0]), *command[1:]],
            env=self._environment(),
            stdout=log,
            stderr=log,
        )
        log.close()
        self._wait()

    def _wait(self) -> None:
        form = {"username": "stand", "password": PASSWORD}
        for _look in range(600):
            try:
                answer = httpx.post(
                    f"{self.url}/api/v4/auth/token/obtain/?format=json", data=form, timeout=60
                )
            except httpx.TransportError:
                time.sleep(0.5)
                continue
            self.token = answer.json()["token"]
            return
        raise AssertionError("Mayan does not answer, see server.log")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)

    def _manage(self, *words: str) -> None:
        command = [str(self._home / "venv" / "bin" / "mayan-edms.py"), *words]
        subprocess.run(command, env=self._environment(), check=True, capture_output=True)

    def _environment(self) -> dict[str, str]:
        database = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(self._media / "db.sqlite3"),
            "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE"},
        }
        return {
            **os.environ,
            "PYTHONPATH": str(SETTINGS),
            "DJANGO_SETTINGS_MODULE": "mayan_eager",
            "MAYAN_MEDIA_ROOT": str(self._media),
            "MAYAN_DATABASES": str({"default": database}),
            "MAYAN_LOCK_MANAGER_BACKEND": "mayan.apps.lock_manager.backends.file_lock.FileLock",
            "MAYAN_SEARCH_BACKEND": "mayan.apps.dynamic_search.backends.django.DjangoSearchBackend",
            "MAYAN_ALLOWED_HOSTS": "['127.0.0.1']",
            "MAYAN_OCR_AUTO_OCR": "false",
            "MAYAN_DOCUMENT_PARSING_AUTO_PARSING": "false",
            "MAYAN_FILE_METADATA_AUTO_PROCESS": "false",
        }
