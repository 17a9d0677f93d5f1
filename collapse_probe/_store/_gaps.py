"""The times when a run's disk failed, and what is missing because of them: for run.json, for readers, in words."""

import time
from collections.abc import Mapping
from typing import Any

MOST = 100
"""A disk that comes and goes more often has its later gaps put together."""
ONCE = {"run": "the last state of run.json", "reference": "the reference", "best": "the weights of keep_best"}
"""Of these there is one file each; of the others, rows or files that are counted."""


class Gaps:
    """Of one process that writes a run; whoever shares it between threads locks it."""

    def __init__(self) -> None:
        self.stored: list[dict[str, Any]] = []
        """As run.json has them."""
        self._open: dict[str, Any] | None = None

    @property
    def error(self) -> str | None:
        """What the disk says now; None while it is well."""
        return None if self._open is None else self._open["error"]

    @property
    def missing(self) -> str:
        """All that was not written, in words; empty where nothing is missing."""
        return in_words(_together(self.stored))

    def begin(self, error: str) -> None:
        """The disk fails from now on."""
        if self._open is None:
            self._open = self._new(error)

    def end(self) -> str:
        """It is well again; how long it was not, and what is missing."""
        gap, self._open = self._open, None
        if gap is None:
            return ""
        gap["until"] = time.time()
        return f"after {gap['until'] - gap['from']:.0f} s; missing: {in_words(gap) or 'nothing'}"

    def lose(self, what: str, *, rows: int = 1, steps: tuple[int, int] | None = None) -> None:
        """So many rows, captures, ... will not be written."""
        gap = self._open
        if gap is None:
            gap = self._new("the disk is slower than what is to be written")
            gap["until"] = gap["from"]
        gap["missing"][what] = gap["missing"].get(what, 0) + rows
        if what == "steps" and steps is not None:
            low, high = gap.get("missing_steps", steps)
            gap["missing_steps"] = [min(low, steps[0]), max(high, steps[1])]

    def _new(self, error: str) -> dict[str, Any]:
        if len(self.stored) < MOST:
            self.stored.append({"from": time.time(), "until": None, "error": error, "missing": {}})
        self.stored[-1]["until"] = None
        return self.stored[-1]


def in_words(gap: Mapping[str, Any]) -> str:
    """What is missing.

    >>> in_words({"missing": {"steps": 120, "captures": 1, "run": 1}, "missing_steps": [40, 159]})
    '120 steps (between 40 and 159), 1 capture, the last state of run.json'
    """
    parts = []
    for what, count in gap["missing"].items():
        known = what == "steps" and "missing_steps" in gap
        between = " (between {} and {})".format(*gap["missing_steps"]) if known else ""
        name = "statistics rows" if what == "statistics" else what
        counted = f"{count} {name.removesuffix('s') if count == 1 else name}{between}"
        parts.append(ONCE.get(what, counted))
    return ", ".join(parts)


def gap_problems(info: Mapping[str, Any]) -> list[str]:
    """From the content of a run.json, whoever wrote it: one line for each gap in which something was lost."""
    found = []
    gaps = info.get("gaps")
    for gap in gaps if isinstance(gaps, list) else []:
        try:
            if missing := in_words(gap):
                found.append(f"run.json: the disk failed while this was recorded ({gap['error']}); missing: {missing}")
        except (TypeError, KeyError, ValueError, IndexError, AttributeError):
            found.append("run.json: one of its gaps is none")
    return found


def _together(gaps: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {"missing": {}}
    for gap in gaps:
        for what, count in gap["missing"].items():
            total["missing"][what] = total["missing"].get(what, 0) + count
    bounds = [step for gap in gaps for step in gap.get("missing_steps", [])]
    return total | ({"missing_steps": [min(bounds), max(bounds)]} if bounds else {})
