"""Names as keys: what makes two spellings of one name equal, and what makes words of a text match.

Real names differ in case, quotes, spaces, ё, and by Latin letters inside Russian words; none of that makes
another category.
"""

import re
import unicodedata
from functools import lru_cache

SEPARATOR = " / "

_LOOKALIKES = str.maketrans("aceopxyktmhb", "асеорхуктмнв")
_WORD = re.compile(r"\w+")
_QUOTES = re.compile("[«»\"'`„“”‟‘’‚‛″′]")
_SPACES = re.compile(r"\s+")
_CYRILLIC = re.compile("[а-я]")
_LATIN = re.compile("[a-z]")
_ONLY_LOOKALIKES = re.compile("[aceopxyktmhb]+")


@lru_cache(maxsize=131_072)
def same_key(name: str) -> str:
    """Return the form in which equal names are equal: case, quotes, spaces, ё and lookalikes ignored."""
    text = unicodedata.normalize("NFC", _QUOTES.sub("", name))
    text = _SPACES.sub(" ", text).strip().casefold().replace("ё", "е")
    return _WORD.sub(_one_alphabet, text) if _CYRILLIC.search(text) else text


def _one_alphabet(match: re.Match[str]) -> str:
    word = match.group()
    russian = _CYRILLIC.search(word) or _ONLY_LOOKALIKES.fullmatch(word)
    return word.translate(_LOOKALIKES) if russian else word


def tokens_of(text: str) -> frozenset[str]:
    """Return the words of a text in their key form (not remembered: texts of citizens are personal data)."""
    folded = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    words = _WORD.findall(folded)
    if _LATIN.search(folded) and _CYRILLIC.search(folded):
        return frozenset(_WORD.sub(_one_alphabet, word) for word in words)
    return frozenset(words)


def clean(name: str) -> str:
    """Return a name for showing: spaces and line breaks collapsed; NUL, that no database holds, as U+FFFD."""
    return _SPACES.sub(" ", name.replace("\0", "\ufffd")).strip()
