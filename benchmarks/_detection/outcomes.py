"""What our detectors make of a run: the live monitor, over the stored rows, in the order in which they came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collapse_probe._monitor import Monitor
from collapse_probe._recorder import observe_stored, parse_options
from collapse_probe._records import Event, VerdictKind
from collapse_probe._verdict import judge
from collapse_probe.detectors import AbstractDetector, DetectorOptions

from .observed import Observed

Make = Callable[[], Sequence[AbstractDetector]]
_STOP_ON = parse_options({}).stop_on


@dataclass(frozen=True)
class Outcome:
    """The step of the observation that stops the run, if any; all events, also those that a stop would have spared."""

    stop: int | None
    events: tuple[Event, ...] = ()
    verdict: VerdictKind | None = None


def watched(run: Observed, make: Make | None = None) -> Outcome:
    """The outcome of a run, with the default detectors or those that `make` gives; the verdict is that of its end."""
    detectors = None if make is None else list(make())
    monitor = Monitor(DetectorOptions(total_steps=run.length), None if detectors is None else lambda: detectors)
    # Without one that watches steps they need not be gone through, which is most of the time.
    unread = detectors is not None and all(detector.watches == "statistics" for detector in detectors)
    steps = (run.steps.iloc[:0] if unread else run.steps).assign(time=0.0)
    observe_stored(monitor, steps, run.statistics, bands=run.bands)
    stop = next((e.step for e in monitor.events if e.severity == "critical" and e.kind in _STOP_ON), None)
    verdict = judge(events=monitor.events, steps=run.steps, statistics=run.statistics, bands=run.bands, finished=True)
    return Outcome(stop, tuple(monitor.events), verdict.kind)
