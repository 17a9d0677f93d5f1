"""The table of docs/attaching.md: what the probe attaches to, and how well it understood it."""

from pathlib import Path

from ._account import Account
from ._stage import SHAPES
from ._watch import outcome

PAGE = Path(__file__).parents[3] / "docs" / "attaching.md"
BEGIN = "<!-- The table below is written by `python -m tests.hooks.shapes`. -->"
END = "<!-- Here ends what is written by it. -->"
HEAD = ["| loop | what is special | what `attach` needs | calls tagged rightly | understood |", "|---|---|---|---|---|"]


def wrong_tags(account: Account, counts: dict[str, int]) -> int:
    """Calls with another tag than theirs, from counts by tag: such a call is missing here and too many there."""
    missing = sum(max(0, n - counts.get(tag, 0)) for tag, n in account.calls.items())
    extra = sum(max(0, n - account.calls[tag] - account.may_be[tag]) for tag, n in counts.items())
    return max(missing, extra)


def described(name: str) -> str:
    """What is known of a shape without training it: the beginning of its row."""
    shape = SHAPES[name]
    return f"| {name} | {shape.special} | {shape.needs or '-'} |"


def row(name: str) -> str:
    """A shape's row, by training it."""
    result = outcome(name)
    calls = sum(w.account.calls.total() for w in result.watched)
    wrong = sum(wrong_tags(w.account, w.loop["calls"]) for w in result.watched)
    steps = all(len(w.steps) == len(w.account.steps) for w in result.watched)
    understood = not result.warnings and steps and 100 * wrong <= calls
    return f"{described(name)} {max(0, calls - wrong)}/{calls} | {'yes' if understood else 'no'} |"


def rows_on(page: str) -> list[str]:
    """The rows that a page holds."""
    lines = page.partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    return lines[len(HEAD) :]


def write() -> None:
    """Measure every shape and put the table into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    table = "\n".join([BEGIN, "", *HEAD, *map(row, SHAPES), "", END])
    PAGE.write_text(before + table + rest.partition(END)[2], "utf-8")
