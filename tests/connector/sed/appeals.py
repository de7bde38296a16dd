"""Messages and files to hand to a SED in tests; nobody in them exists."""

import hashlib
import io
from contextlib import contextmanager
from datetime import UTC, datetime

from connector.appeal import Appeal, Applicant, Category, ItemKind, Person, Question, StoredFile, Territory

CREATED = datetime(2024, 3, 1, 21, 30, tzinfo=UTC)  # already the next day in Moscow
DUE = datetime(2024, 3, 31, 21, 30, tzinfo=UTC)


def an_appeal(platform_id="500123", **changes):
    facts = {
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

    def __init__(self):
        self._contents = {}

    def put(self, name, content):
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = content
        return StoredFile(digest, len(content), name)

    @contextmanager
    def open(self, file):
        yield io.BytesIO(self._contents[file.sha256])


def sha256(content):
    return hashlib.sha256(content).hexdigest()
