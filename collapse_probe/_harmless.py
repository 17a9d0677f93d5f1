"""Text from elsewhere, made safe to show in a terminal, in a message and on a page."""

import unicodedata

_KEPT = "\u200c\u200d"
"""Zero-width (non-)joiners: Persian words and many emoji are written with them."""


def harmless(text: object) -> str:
    """Its `str` in one line: control characters, marks that turn the direction of writing and lone surrogates escaped.

    A terminal would obey the first, a reader be deceived by the second, and no file take the third.

    >>> print(harmless("a\\x1b[2J\\u202eb"))
    a\\x1b[2J\\u202eb
    """
    said = str(text)
    return said if said.isprintable() else "".join(map(_shown, said))


def _shown(character: str) -> str:
    if character.isprintable() or character in _KEPT or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()
