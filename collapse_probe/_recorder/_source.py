"""What a probe asks of that which feeds it."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Source(Protocol):
    """What feeds an attached probe."""

    paused: bool

    @property
    def error(self) -> str | None:
        """What failed, or what of the loop is not understood."""

    @property
    def steps(self) -> int:
        """The number of the next step."""

    @property
    def counting(self) -> bool:
        """Whether steps are still counted; not after a failure."""

    @property
    def refusal(self) -> str | None:
        """What of the loop was not understood by its end, where that is to be raised."""

    def polled(self) -> None:
        """The loop asked whether to stop."""

    def fail(self, failure: Exception) -> None:
        """Something of the probe failed: observe no more, with one warning."""

    def log(self, scalars: Mapping[str, Any]) -> None:
        """Attach scalars to the step in progress."""

    def detach(self) -> None:
        """Remove every hook and hand over what is left."""

    def described(self) -> dict[str, Any]:
        """What it saw of the loop and what observing cost."""
