"""The report's own words, in the language of its reader; what a run says of itself stays as it is."""

import json
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from ..errors import InvalidArgument

Language = Literal["en", "ja"]


class Words:
    """Says a sentence of the report; the English one is its own key.

    >>> Words("en")("{count} captures", count=3), Words("ja")("{count} captures", count=3)
    ('3 captures', 'キャプチャ3件')
    """

    def __init__(self, language: Language = "en") -> None:
        """`language` is `"en"` or `"ja"`."""
        if language not in get_args(Language):
            raise InvalidArgument(f"lang={language!r}; expected one of {', '.join(get_args(Language))}")
        self.language = language
        self.known = {} if language == "en" else japanese()

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence, with the values in their places."""
        said = self.known.get(text, text)
        return said.format(**values) if values else said


@cache
def japanese() -> dict[str, str]:
    """English sentence to Japanese."""
    found: dict[str, str] = json.loads(files(__package__).joinpath("japanese.json").read_text("utf-8"))
    return found


ENGLISH = Words("en")
