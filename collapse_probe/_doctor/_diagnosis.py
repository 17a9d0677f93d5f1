"""What an examination found."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing about a run: `damage` is something lost or unreadable, a `note` is worth knowing and no harm."""

    kind: Literal["damage", "note"]
    where: str
    """The file, from the run folder; empty for the run as a whole."""
    byte: int | None
    what: str
    advice: str = ""

    def __str__(self) -> str:
        place = self.where + (f", byte {self.byte:,}" if self.byte is not None else "")
        said = f"{place}: {self.what}" if place else self.what
        return f"{said}. {self.advice}." if self.advice else f"{said}."


@dataclass
class Diagnosis:
    """One run: its findings, and what it holds."""

    run: str
    findings: list[Finding] = field(default_factory=list)
    steps: int | None = None
    """None where run.json cannot be read."""
    captures: int = 0
    sheets: int = 0
    bytes_on_disk: dict[str, int] = field(default_factory=dict)
    thinned: dict[str, int] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged."""
        return not any(finding.kind == "damage" for finding in self.findings)

    def damage(self, where: str, what: str, *, byte: int | None = None, advice: str = "") -> None:
        """Note something lost or unreadable."""
        self.findings.append(Finding("damage", where, byte, what.rstrip("."), advice))

    def note(self, where: str, what: str, *, byte: int | None = None, advice: str = "") -> None:
        """Note something that is worth knowing."""
        self.findings.append(Finding("note", where, byte, what.rstrip("."), advice))
