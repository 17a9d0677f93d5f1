"""How good a judge is: counted over runs, with 95 % intervals."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from _claims import Interval, interval
from scipy.stats import binomtest

from collapse_probe._records import subject

from .judged import OURS, Judged
from .measures import (
    Run,
    caught,
    dated,
    delay,
    lag,
    lead_to_settled,
    onset_error,
    saving,
    stopped_diverged,
    too_early,
    warning,
)

LEAD = 0.05


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def interval(self) -> Interval | None:
        """The share in percent with its exact (Clopper-Pearson) 95 % interval; None of none.

        >>> Share(0, 150).interval
        Interval(median=0.0, low=0.0, high=2.42...)
        """
        if not self.of:
            return None
        found = binomtest(self.hits, self.of).proportion_ci(method="exact")
        return Interval(100 * self.hits / self.of, 100 * float(found.low), 100 * float(found.high))


def median(values: Sequence[float]) -> Interval | None:
    """The median in percent with its bootstrap interval over the runs; None of none."""
    return interval([100 * value for value in values]) if values else None


@dataclass(frozen=True)
class Score:
    """What is counted; where it says so of the runs' lengths, the share is one of these."""

    stopped: Share
    """Settled collapses that were stopped between begin and end."""
    warned: Share
    """Settled collapses with a warning standing between begin and end."""
    early: Share
    """Settled collapses stopped before they began: false, and the collapse is missed."""
    false_stops: Share
    false_warnings: Share
    """Of healthy runs, like false stops and false revolutions."""
    false_revolutions: Share
    false_standstills: Share
    """Of healthy runs too."""
    standstills: tuple[str, ...]
    """What the runs flagged with one truly were."""
    untouched_stops: Share
    """Of healthy runs to which nothing was done."""
    healthy_steps: int
    """Of healthy runs, up to where they were stopped."""
    premature: Share
    """Stopped, of those that lost half of their modes and would soon have recovered."""
    late: Share
    """Stopped, of those that would have recovered after more than a tenth of the run."""
    partial_stops: Share
    partial_warnings: Share
    """Of partly collapsed runs, like partial stops: neither right nor wrong."""
    savings: tuple[float, ...]
    """(T - stop) / (T - settled) of every settled collapse, at most 1; 0 where missed."""
    delays: tuple[float, ...]
    """(stop - settled) / T of those stopped."""
    leads_to_settled: tuple[float, ...]
    lags_to_begin: tuple[float, ...]
    """Of the first warning, as shares of T, in settled collapses with one."""
    gradual_warned: Share
    gradual_led: Share
    """Gradual collapses with a warning before settled; and at least 5 % of the run before."""
    revolutions: Share
    """Flagged, whatever the onset."""
    revolutions_dated: Share
    """Flagged with an onset within 3 % of the run."""
    onset_errors: tuple[float, ...]
    diverged: Share
    """Stopped after the divergence, or after the collapse that came first."""
    never_fitted: Share
    """By event while it ran."""
    never_fitted_verdicts: Share
    """By verdict at the end."""
    oscillating: Share
    narrowed_classes: Share
    """Runs that were shown one sample of one class, with a class told of."""
    false_classes: Share
    """Of healthy runs to which nothing was done."""

    @property
    def false_stops_per_10_000_steps(self) -> float:
        """Of healthy steps; NaN without any."""
        return 10_000 * self.false_stops.hits / self.healthy_steps if self.healthy_steps else float("nan")


def score(runs: Iterable[Judged], judge: str = OURS) -> Score:
    """The score of a judge over these runs."""
    every: list[Run] = [(run, run.outcomes[judge]) for run in runs]
    settled = [run for run in every if run[0].label.settled is not None]
    healthy, partly = _of_kind(every, "healthy"), _of_kind(every, "partly_collapsed")
    untouched = [run for run in healthy if run[0].fault == "none"]
    gradual = [run for run in settled if run[0].label.gradual]
    turned = [run for run in every if run[0].label.revolution is not None]
    never = _of_kind(every, "never_fitted")
    return Score(
        stopped=_share(settled, caught),
        warned=_share(settled, lambda run: warning(run) is not None),
        early=_share(settled, too_early),
        false_stops=_share(healthy, _stopped),
        false_warnings=_share(healthy, lambda run: _raised(run, "collapse")),
        false_revolutions=_share(healthy, lambda run: _raised(run, "revolution")),
        false_standstills=_share(healthy, lambda run: _raised(run, "stalled")),
        standstills=tuple(sorted(run[0].label.kind for run in every if _raised(run, "stalled"))),
        untouched_stops=_share(untouched, _stopped),
        healthy_steps=sum(run.length if outcome.stop is None else outcome.stop + 1 for run, outcome in healthy),
        premature=_share([run for run in every if run[0].label.recovered], _stopped),
        late=_share([run for run in every if run[0].label.late], _stopped),
        partial_stops=_share(partly, _stopped),
        partial_warnings=_share(partly, lambda run: _raised(run, "collapse")),
        savings=tuple(saving(run) for run in settled),
        delays=_known(settled, delay),
        leads_to_settled=_known(settled, lead_to_settled),
        lags_to_begin=_known(settled, lag),
        gradual_warned=_share(gradual, lambda run: (lead_to_settled(run) or 0.0) > 0),
        gradual_led=_share(gradual, lambda run: (lead_to_settled(run) or 0.0) >= LEAD),
        revolutions=_share(turned, lambda run: onset_error(run) is not None),
        revolutions_dated=_share(turned, dated),
        onset_errors=_known(turned, onset_error),
        diverged=_share(_of_kind(every, "diverged"), stopped_diverged),
        never_fitted=_share(never, lambda run: _raised(run, "never_fitted")),
        never_fitted_verdicts=_share(never, lambda run: run[1].verdict == "never_fitted"),
        oscillating=_share(_of_kind(every, "oscillating"), lambda run: _raised(run, "oscillation")),
        narrowed_classes=_share([run for run in every if run[0].fault == "class_narrows"], _class_told),
        false_classes=_share(untouched, _class_told),
    )


def _stopped(run: Run) -> bool:
    return run[1].stop is not None


def _raised(run: Run, kind: str) -> bool:
    return any(event.kind == kind and subject(event) != "class" for event in run[1].events)


def _class_told(run: Run) -> bool:
    return any(event.kind == "collapse" and subject(event) == "class" for event in run[1].events)


def _of_kind(runs: Sequence[Run], kind: str) -> list[Run]:
    return [run for run in runs if run[0].label.kind == kind]


def _share(runs: Sequence[Run], holds: Callable[[Run], bool]) -> Share:
    return Share(sum(map(holds, runs)), len(runs))


def _known(runs: Sequence[Run], measure: Callable[[Run], float | None]) -> tuple[float, ...]:
    return tuple(value for run in runs if (value := measure(run)) is not None)
