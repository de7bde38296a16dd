"""Bodies of HTTP answers as they come: the whole within a time, the beginning of a complaint."""

import time
from collections.abc import Iterator

import httpx


def chunks(response: httpx.Response, seconds: float, size: int | None = None) -> Iterator[bytes]:
    """Yield the body, in parts of a size in bytes. A peer that drips one byte at a time meets the bound.

    Raises httpx.RequestError.
    """
    until = time.monotonic() + seconds
    for chunk in response.iter_bytes(size):
        yield chunk
        if time.monotonic() > until:
            raise httpx.ReadTimeout("the whole answer took too long", request=response.request)


def beginning(response: httpx.Response, most: int) -> bytes:
    """Return at most so many bytes of a body; nothing where it breaks: the status alone says enough."""
    body = b""
    try:
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) >= most:
                break
    except httpx.RequestError:
        return b""
    return body[:most]
