"""TOML of others: what the standard library stumbles over is a mistake of the file too."""

import tomllib
from typing import Any


def parse(text: str) -> dict[str, Any]:
    """Return the tree of a TOML text. Raises tomllib.TOMLDecodeError, whatever is wrong with it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("brackets are nested too deep") from error
    except ValueError as error:  # a number of thousands of digits, a date that is none
        raise tomllib.TOMLDecodeError(str(error)) from error
