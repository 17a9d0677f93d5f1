"""The one place where statistics and detectors meet; live and replayed runs go through it alike."""

from collections.abc import Callable, Mapping, Sequence

from .. import detectors
from .._records import Band, Event, Observation
from ..detectors._base import DetectorOptions
from ._time_left import with_time_left


class Monitor:
    """Feeds observations, in step order, to every detector, or to those given, and collects their events."""

    def __init__(
        self,
        options: DetectorOptions = DetectorOptions(),
        watching: Sequence[detectors.AbstractDetector] | None = None,
    ) -> None:
        if watching is None:
            watching = [detectors.get(name)(options) for name in detectors.names()]
        self._total_steps = options.total_steps
        self._of_steps = [detector.update for detector in watching if detector.watches != "statistics"]
        self._of_statistics = [detector.update for detector in watching if detector.watches != "steps"]
        self.events: list[Event] = []

    def observe_step(self, step: int, values: Mapping[str, float]) -> list[Event]:
        """Take the columns of a training step; the events that it raised."""
        return self._observe(Observation(step, values), self._of_steps)

    def observe_statistics(self, step: int, values: Mapping[str, float], bands: Mapping[str, Band]) -> list[Event]:
        """Take the statistics of a capture, with what real data score; the events that it raised."""
        return self._observe(Observation(step, values, bands), self._of_statistics)

    def _observe(
        self, observation: Observation, updates: Sequence[Callable[[Observation], Event | None]]
    ) -> list[Event]:
        raised = [
            with_time_left(event, self._total_steps) for update in updates if (event := update(observation)) is not None
        ]
        self.events += raised
        return raised
