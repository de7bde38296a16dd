"""Messages and files to hand to a SED in tests; nobody in them exists."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO

from connector.appeal import Appeal, Applicant, Category, ItemKind, Person, Question, StoredFile, Territory

CREATED = datetime(2024, 3, 1, 21, 30, tzinfo=UTC)  # already the next day in Moscow
DUE = datetime(2024, 3, 31, 21, 30, tzinfo=UTC)


def an_appeal(platform_id: str = "500123", **changes: Any) -> Appeal:
    """Return a message that nobody wrote, changed in the fields that are named."""
    facts: dict[str, Any] = {
        "opa_id": 77,
        "platform_id": platform_id,
        "round": 1,
        "kind": ItemKind.MESSAGE,
        "text": "Во дворе не горит фонарь",
        "questions": (
            Question(
                1, "Во дворе не горит фонарь", Category(1, "Дороги", 2, "Освещение"), "0005.0005.0056.1159"
            ),
        ),
        "applicant": Applicant(
            Person("Примеров", "Пример", "Примерович", "primer@example.org", "+70000000000"),
            post_address="000000, г. Примерск, ул. Примерная, 1",
        ),
        "created_at": CREATED,
        "due_at": DUE,
        "number": f"ПОС-{platform_id}",
        "numbered_at": CREATED,
        "territory": Territory(address="г. Примерск, ул. Примерная, 1", latitude=55.5, longitude=37.25),
    }
    return Appeal(**{**facts, **changes})


class Store:
    """A file store in memory: what `register` is given to open files with."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> StoredFile:
        """Keep a file, return what names it."""
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = content
        return StoredFile(digest, len(content), name)

    @contextmanager
    def open(self, file: StoredFile) -> Iterator[BinaryIO]:
        """Open a kept file."""
        yield io.BytesIO(self._contents[file.sha256])


def sha256(content: bytes) -> str:
    """Return the hash by which files are compared."""
    return hashlib.sha256(content).hexdigest()
