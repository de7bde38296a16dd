"""Errors as a row holds them, so that they can be told later in any language."""

import json

from smev.errors import SmevError


def pack(error: SmevError | None) -> str:
    """Return the error as text, "" for none."""
    if error is None:
        return ""
    return json.dumps({"code": error.code, "text": str(error), "fields": error.fields}, ensure_ascii=False)


def unpack(text: str) -> SmevError | None:
    """Return an error with the code, text and fields of the one that was packed; its class is lost."""
    if not text:
        return None
    held = json.loads(text)
    error = SmevError(held["code"], "{told}", told=held["text"])
    error.fields = held["fields"]
    return error
