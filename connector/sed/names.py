"""File names between systems: ours made safe for any peer, a peer's never leading out of its folder."""

import re
from pathlib import PurePosixPath

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff\u200e\u200f\u202a-\u202e\ufffe\uffff]')
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_LONGEST = 180  # bytes in UTF-8: below every file system's 255, with room for a number and a folder's path


def safe_file_name(name: str, *, fallback: str = "file") -> str:
    """Return a name that Windows and Linux both accept, its extension kept; never empty, never a path."""
    cleaned = _FORBIDDEN.sub("_", name).strip().rstrip(". ")
    if _DEVICES.match(cleaned) or cleaned.startswith("."):
        cleaned = f"_{cleaned}"
    return _shortened(cleaned) if cleaned.strip("_.") else fallback


def unique_file_name(name: str, taken: set[str]) -> str:
    """Return the safe name with a number where it is taken, and take it (letter case does not tell apart)."""
    safe = safe_file_name(name)
    path, candidate, number = PurePosixPath(safe), safe, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{path.stem} ({number}){path.suffix}"
    taken.add(candidate.casefold())
    return candidate


def is_plain_name(name: str) -> bool:
    """Whether a name from outside names an entry of a folder and nothing else."""
    return (
        bool(name.strip())
        and name not in {".", ".."}
        and not any(char in name for char in "/\\\0")
        and len(name.encode(errors="replace")) <= 255
    )


def extension(name: str) -> str:
    """Return `.docx` of a name, or nothing."""
    return PurePosixPath(name).suffix


def _shortened(name: str) -> str:
    path = PurePosixPath(name)
    suffix = path.suffix if len(path.suffix.encode()) <= 20 else ""
    stem = name[: len(name) - len(suffix)].encode()
    room = _LONGEST - len(suffix.encode())
    return stem[:room].decode(errors="ignore") + suffix
