"""The one place where statistics and detectors meet; live and replayed runs go through it alike."""

from collections.abc import Callable, Mapping, Sequence

from .. import detectors
from .._best import BestCapture
from .._records import Band, Event, Observation
from ..detectors._base import DetectorOptions
from ._advice import with_best_step, with_time_left
from ._alone import Company


class Monitor:
    """Feeds observations, in step order, to every detector or to those that `make` gives; collects their events."""

    def __init__(
        self,
        options: DetectorOptions = DetectorOptions(),
        make: Callable[[], Sequence[detectors.AbstractDetector]] | None = None,
    ) -> None:
        watching = [detectors.get(name)(options) for name in detectors.names()] if make is None else make()
        self._total_steps = options.total_steps
        self._of_steps = [detector.update for detector in watching if detector.watches != "statistics"]
        self._of_statistics = [detector.update for detector in watching if detector.watches != "steps"]
        self._best = BestCapture()
        self._company = Company()
        self.events: list[Event] = []

    def observe_step(self, step: int, values: Mapping[str, float]) -> list[Event]:
        """Take the columns of a training step; the events that it raised."""
        self._company.observe(values)
        return self._observe(Observation(step, values), self._of_steps)

    def observe_statistics(self, step: int, values: Mapping[str, float], bands: Mapping[str, Band]) -> list[Event]:
        """Take the statistics of a capture, with what real data score; the events that it raised."""
        raised = self._observe(Observation(step, values, bands), self._of_statistics)
        self._best.observe(step, values, bands)
        return raised

    def _observe(
        self, observation: Observation, updates: Sequence[Callable[[Observation], Event | None]]
    ) -> list[Event]:
        raised = []
        for update in updates:
            event = update(observation)
            if event is not None:
                self._best.note(event)
                event = with_best_step(self._company.fitting(event), self._best.step)
                raised.append(with_time_left(event, self._total_steps))
        self.events += raised
        return raised
