"""The page in the language of its reader: the report's own words, and what a run says of itself."""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from ..errors import InvalidArgument

Language = Literal["en", "ja"]
LONGEST = 2000
"""No text of ours is longer; one that is was written by somebody else."""


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
        self.known = {} if language == "en" else japanese("page")

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence, with the values in their places."""
        said = self.known.get(text, text)
        return said.format(**values) if values else said

    def counted(self, count: int, things: str) -> str:
        """So many things, of which there may be one.

        >>> Words("en").counted(1200, "events"), Words("en").counted(1, "events"), Words("ja").counted(1, "events")
        ('1,200 events', '1 event', 'イベント1件')
        """
        one = count == 1 and self.language == "en"
        return f"1 {things.removesuffix('s')}" if one else self(f"{{count}} {things}", count=f"{count:,}")

    def name(self, text: str) -> str:
        """Title, unit or part of a statistic; as it stands where it is not one of ours."""
        return text if self.language == "en" else japanese("statistics").get(text, text)

    def told(self, text: str) -> str:
        """What a detector or a verdict said, sentence by sentence; as it stands where one of them is not ours.

        >>> Words("ja").told("Recovered: diversity is back at 92% of real data's. No action needed.")
        '回復:多様性は本物の92%に戻りました。対処は不要です。'
        """
        if self.language == "en" or len(text) > LONGEST:
            return text
        said, place = [], 0
        while place < len(text):
            found = [(match, to) for pattern, to in _sentences() if (match := pattern.match(text, place))]
            if not found:
                return text
            match, to = max(found, key=lambda pair: pair[0].end())
            said.append(to.format(**{name: self(value) for name, value in match.groupdict().items()}))
            place = match.end()
        return "".join(said)


@cache
def japanese(kind: Literal["page", "statistics", "sentences"]) -> dict[str, str]:
    """English to Japanese: the page's own words, names of statistics, or what detectors and verdicts say."""
    found: dict[str, str] = json.loads(files(__package__).joinpath("japanese", f"{kind}.json").read_text("utf-8"))
    return found


@cache
def _sentences() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of whole sentences, with the numbers in them: detectors compose their own, in English."""
    return [(re.compile(_pattern(english) + r"(?:\s+|\Z)"), to) for english, to in japanese("sentences").items()]


def _pattern(english: str) -> str:
    """Values are single words, but for lists."""
    lists, word = {"classes": r"[\w, -]+?", "kinds": r"[\w ]+?"}, r"\S+?"
    parts = re.split(r"\{(\w+)\}", english)
    values = [f"(?P<{name}>{lists.get(name, word)})" for name in parts[1::2]]
    return "".join(re.escape(text) + value for text, value in zip(parts[::2], [*values, ""], strict=True))


ENGLISH = Words("en")
