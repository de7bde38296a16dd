"""Reading a list that is cut into pages and changes while it is read. Pure but for the fetch it is given.

The marks of a page (`last`, `totalPages`) are not believed: a reading ends with a page that brings nothing
of its own. What leaves the front of a list moves the rest past the page that is read next, so a list that
fills a page is read again until two readings in a row are the same.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from config.i18n import _
from connector.errors import RetryableError

Row = TypeVar("Row")


def read_all(
    fetch: Callable[[int], Sequence[Row]],
    key: Callable[[Row], Hashable],
    *,
    page_size: int,
    max_pages: int,
    max_passes: int,
) -> Iterator[tuple[list[Row], bool]]:
    """Yield the rows of each page that were not yielded before, and whether the list is finished.

    The last thing yielded, and only that, is finished; it may hold no rows. A list that changed during
    each of `max_passes` readings is left to the next visit. Raises RetryableError for a list of more than
    `max_pages` pages.
    """
    yielded: set[Hashable] = set()
    before: list[Hashable] | None = None
    for _pass in range(max_passes):
        reading: list[Hashable] = []
        pages = 0
        for rows in _one_reading(fetch, key, max_pages):
            pages += 1
            reading += map(key, rows)
            if fresh := _not_in(yielded, rows, key):
                yield fresh, False
        if (pages <= 1 and len(reading) < page_size) or reading == before:
            break  # what ends inside its first page cannot move past it
        before = reading
    yield [], True


def _one_reading(
    fetch: Callable[[int], Sequence[Row]], key: Callable[[Row], Hashable], max_pages: int
) -> Iterator[Sequence[Row]]:
    """Yield pages until one is empty or repeats what this reading saw (the number was not listened to)."""
    seen: set[Hashable] = set()
    for number in range(max_pages):
        rows = fetch(number)
        if not _not_in(seen, rows, key):
            return
        yield rows
    raise RetryableError(_("the platform's list does not end after {pages} pages").format(pages=max_pages))


def _not_in(seen: set[Hashable], rows: Sequence[Row], key: Callable[[Row], Hashable]) -> list[Row]:
    fresh = []
    for row in rows:
        mark = key(row)
        if mark not in seen:
            seen.add(mark)
            fresh.append(row)
    return fresh
