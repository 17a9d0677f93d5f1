"""The one place where statistics and detectors meet; live and replayed runs go through it alike."""

from collections.abc import Mapping

from .. import detectors
from .._records import Band, Event, Observation
from ..detectors._base import DetectorOptions
from ._time_left import with_time_left


class Monitor:
    """Feeds observations, in step order, to every detector and collects their events."""

    def __init__(self, options: DetectorOptions = DetectorOptions()) -> None:
        self._total_steps = options.total_steps
        self._detectors = [detectors.get(name)(options) for name in detectors.names()]
        self.events: list[Event] = []

    def observe_step(self, step: int, values: Mapping[str, float]) -> list[Event]:
        """Take the columns of a training step; the events that it raised."""
        return self._observe(Observation(step, values), "steps")

    def observe_statistics(self, step: int, values: Mapping[str, float], bands: Mapping[str, Band]) -> list[Event]:
        """Take the statistics of a capture, with what real data score; the events that it raised."""
        return self._observe(Observation(step, values, bands), "statistics")

    def _observe(self, observation: Observation, stream: str) -> list[Event]:
        raised = [
            with_time_left(event, self._total_steps)
            for detector in self._detectors
            if detector.watches in (stream, "both") and (event := detector.update(observation)) is not None
        ]
        self.events += raised
        return raised
