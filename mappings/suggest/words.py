"""Text to stems: what of a name counts when a category meets a classifier entry."""

import re
from functools import cache, lru_cache
from typing import Protocol, cast

from mappings.words import same_key

MAX_TEXT = 2000  # characters: names are short; a pasted document must not stall the work

_WORD = re.compile(r"[^\W_]+")
# Words that say nothing about the subject: function words, catch-alls, and the complaint itself.
_SAYS_NOTHING = """
    а без бы в во вне вся все всего для до его ее если же за и из или им их к как ко кроме ли либо между на
    над не нет ни но о об обо от по под при про с со так также то том у чем через что эта это этот
    числе т д др пр п е г
    связанные связанных связанная отношении части
    иное иной иная иные иных другое другой другая другие других прочее прочие прочий прочих прочая
    вопрос вопросы вопросов проблема проблемы проблем обращение обращения жалоба жалобы факт факты
"""
_SILENT = frozenset(_SAYS_NOTHING.split())


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - the library's name


@cache
def _stemmer() -> _Stemmer:
    import snowballstemmer

    return cast("_Stemmer", snowballstemmer.stemmer("russian"))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of one word in its key form."""
    return _stemmer().stemWord(word)


def words(text: str) -> list[str]:
    """Return the words of a text that carry meaning, in their key form, in order."""
    found = _WORD.findall(same_key(text[:MAX_TEXT]))
    return [word for word in found if word not in _SILENT and (len(word) > 1 or word.isdigit())]


def stems(text: str) -> list[str]:
    """Return the stems of the words of a text, in order, repeated ones too."""
    return [stem(word) for word in words(text)]


def says_other(text: str) -> bool:
    """Tell whether a name is a catch-all («Иное», «Прочие вопросы») and says nothing more."""
    return bool(text.strip()) and not words(text)
