"""A trouble that counts once it lasts, and is over once it has been gone for as long."""

from typing import Literal


class Lasting:
    """Counts checks in a row.

    >>> lasting = Lasting(checks=2)
    >>> [lasting.update(step, holds=step < 3, gone=step > 3) for step in range(6)]
    [None, 'begins', None, None, None, 'ends']
    """

    def __init__(self, *, checks: int) -> None:
        self.onset = 0
        """The first of the checks in a row at which it held."""
        self._checks = checks
        self._held = self._gone = 0
        self._told = False

    def update(self, step: int, *, holds: bool, gone: bool) -> Literal["begins", "ends"] | None:
        """Take the next check; what it is the news of. Neither need be true."""
        self.onset = self.onset if self._held else step
        self._held = self._held + 1 if holds else 0
        self._gone = self._gone + 1 if gone else 0
        if not self._told and self._held == self._checks:
            self._told = True
            return "begins"
        if self._told and self._gone >= self._checks:
            self._told = False
            return "ends"
        return None
