"""Bodies of requests, without setting aside more memory than was sent: `read(limit)` takes it at once."""

from werkzeug.wrappers import Request


def read_body(request: Request, limit: int) -> bytes | None:
    """Return the whole body, None when it is longer than the limit in bytes."""
    body = request.stream.read(min(request.content_length or limit, limit) + 1)
    return None if len(body) > limit else body
