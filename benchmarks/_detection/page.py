"""What docs/detection-scores.md says, as headings and the Markdown under them."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import get_args

from _claims import Claim, Interval, table
from _page import Part

from collapse_probe.detectors._collapse import CollapseThresholds

from .baselines import BASELINES
from .cases import false_alarms, misses, of_kind
from .crossvalidate import Validated
from .judged import OURS, Judged
from .labels import Kind
from .scores import Score, Share, median, score
from .settings import GRID, short

VERDICTS = ("diverged", "collapsed", "partly_collapsed", "revolution", "never_fitted", "healthy", "insufficient_data")


def parts(runs: Sequence[Judged], cost: Interval | None = None) -> list[Part]:
    """Every part of the page; `cost` is what detection takes of a step, in microseconds."""
    return [
        ("Must hold", must_hold(runs, cost)),
        ("By program", by_program(runs)),
        ("Beside the baselines", beside_baselines(runs)),
        ("Also counted", also_counted(score(runs))),
        ("Verdicts", confusion(runs)),
        ("What it misses", listed(misses(runs))),
        ("False alarms", listed(false_alarms(runs))),
        ("Runs that no rule can call", listed(of_kind(runs, "ambiguous"))),
    ]


def left_out(validated: Validated[CollapseThresholds]) -> Part:
    """What the setting that was chosen on all other programs makes of each."""
    found = validated.score

    def claim(what: str, of: Share, *, at_least: float | None = None, at_most: float | None = None) -> Claim:
        upper = "upper end" if of is found.false_stops else "median"
        return Claim(what, of.interval, "%", at_most, upper, f"{of.hits} of {of.of}", at_least)  # type: ignore[arg-type]

    claims = [
        claim("settled collapses stopped", found.stopped, at_least=95),
        claim("healthy runs stopped", found.false_stops, at_most=4),
        Claim("share of the possible saving, median", median(found.savings), "%", at_least=80),
        claim("runs that would soon have recovered, stopped", found.premature, at_most=15),
        claim("gradual collapses with a warning before they settled", found.gradual_warned, at_least=80),
        claim("gradual collapses warned of 5 % of the run before", found.gradual_led, at_least=50),
    ]
    said = (
        f"For each program the thresholds of the collapse detector, among {len(GRID)} settings, that cost least on all "
        "others: the mean saving lost, plus the share of premature stops, plus ten times that of false ones. "
        "These are the figures of collapse alone; the other detectors' thresholds were not chosen so."
    )
    return "Leaving one program out", "\n\n".join([said, table(claims), validated.table(short)])


def must_hold(runs: Sequence[Judged], cost: Interval | None = None) -> str:
    """The figures that were promised, met or not."""
    all_of = score(runs)
    programs = Counter(run.program for run in runs)

    def share(what: str, found: Share, *, at_least: float | None = None, at_most: float | None = None) -> Claim:
        upper = "upper end" if found is all_of.false_stops else "median"
        counted = f"{found.hits} of {found.of}"
        return Claim(what, found.interval, "%", at_most, upper, counted, at_least)  # type: ignore[arg-type]

    claims = [
        share("settled collapses stopped", all_of.stopped, at_least=95),
        share("healthy runs stopped", all_of.false_stops, at_most=4),
        Claim("share of the possible saving, median", median(all_of.savings), "%", at_least=80),
        share("runs that would soon have recovered, stopped", all_of.premature, at_most=15),
        share("runs that would have recovered late, stopped", all_of.late),
        share("gradual collapses with a warning before they settled", all_of.gradual_warned, at_least=80),
        share("gradual collapses warned of 5 % of the run before", all_of.gradual_led, at_least=50),
        share("revolutions flagged with an onset within 3 % of the run", all_of.revolutions_dated, at_least=90),
        Claim(
            "detection, CPU time a step outside captures", cost, "µs", at_most=50, note="" if cost else "not measured"
        ),
        Claim("programs", float(len(programs)), at_least=12),
        Claim("runs of the program with the fewest", float(min(programs.values())), at_least=10),
        Claim("healthy runs", float(all_of.false_stops.of), at_least=150),
    ]
    return table(claims)


def by_program(runs: Sequence[Judged]) -> str:
    """A line a program, and all of them."""
    lines = [
        "| program | runs by truth | stopped | warned | saving | delay | healthy stopped | premature |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for program in sorted({run.program for run in runs}):
        lines.append(_program(program, [run for run in runs if run.program == program], _counted))
    return "\n".join([*lines, _program("**all**", runs, _with_interval)])


def beside_baselines(runs: Sequence[Judged]) -> str:
    """A line a judge."""
    lines = [
        "| judge | collapses stopped | too early | saving | delay | healthy stopped | per 10,000 steps | premature |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for judge in (OURS, *BASELINES):
        found = score(runs, judge)
        cells = [_with_interval(found.stopped), _counted(found.early), _spread(found.savings), _spread(found.delays)]
        cells += [_with_interval(found.false_stops), f"{found.false_stops_per_10_000_steps:.2f}"]
        lines.append(f"| {judge} | {' | '.join([*cells, _with_interval(found.premature)])} |")
    rules = [f"- {name}: {_first_line(rule)}" for name, rule in BASELINES.items() if _first_line(rule)]
    return "\n".join([*lines, "", *rules])


def also_counted(found: Score) -> str:
    """What else a user would ask."""
    rows = [
        ("settled collapses with a warning between begin and end", _with_interval(found.warned)),
        ("from begin to the warning, median", _spread(found.lags_to_begin)),
        ("from the warning to settled, median", _spread(found.leads_to_settled)),
        ("healthy runs to which nothing was done, stopped", _with_interval(found.untouched_stops)),
        ("healthy runs with a warning of collapse", _with_interval(found.false_warnings)),
        ("healthy runs with a revolution flagged", _with_interval(found.false_revolutions)),
        ("healthy runs with a standstill flagged", _with_interval(found.false_standstills)),
        ("runs with a standstill flagged, by truth", _tallied(found.standstills)),
        ("steps of healthy runs", f"{found.healthy_steps:,}"),
        ("partly collapsed runs warned of", _with_interval(found.partial_warnings)),
        ("partly collapsed runs stopped", _with_interval(found.partial_stops)),
        ("revolutions flagged, whatever the onset", _with_interval(found.revolutions)),
        ("error of the onset, median", _spread(found.onset_errors)),
        ("diverged runs stopped", _with_interval(found.diverged)),
        ("never fitted, said while it ran", _with_interval(found.never_fitted)),
        ("never fitted, said at the end", _with_interval(found.never_fitted_verdicts)),
        ("oscillating runs flagged as such", _with_interval(found.oscillating)),
        ("runs of which one class was narrowed, with a class told of", _with_interval(found.narrowed_classes)),
        ("healthy runs to which nothing was done, with a class told of", _with_interval(found.false_classes)),
    ]
    return "\n".join(["| what | found |", "|---|---|", *(f"| {what} | {cell} |" for what, cell in rows)])


def confusion(runs: Sequence[Judged]) -> str:
    """Verdicts on the runs to their end, by what they truly were."""
    counts: Counter[tuple[str, str | None]] = Counter((run.label.kind, run.outcomes[OURS].verdict) for run in runs)
    head = " | ".join(word.replace("_", " ") for word in VERDICTS)
    lines = [f"| truth | {head} |", "|---" * (len(VERDICTS) + 1) + "|"]
    for kind in get_args(Kind):
        cells = [str(counts[kind, verdict] or "") for verdict in VERDICTS]
        if any(cells):
            lines.append(f"| {kind.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def listed(cases: Sequence[tuple[Judged, str]]) -> str:
    """One line a run: its name, its clocks, and what was said of it."""
    lines = [f"- `{run.name}`: {why}; {_clocks(run)}" for run, why in cases]
    return "\n".join(lines) or "None."


def _program(name: str, runs: Sequence[Judged], shown: Callable[[Share], str]) -> str:
    found, kinds = score(runs), Counter(run.label.kind for run in runs)
    by_kind = ", ".join(f"{kinds[kind]} {kind.replace('_', ' ')}" for kind in get_args(Kind)[::-1] if kinds[kind])
    cells = [by_kind, shown(found.stopped), shown(found.warned), _spread(found.savings), _spread(found.delays)]
    return f"| {name} | {' | '.join([*cells, shown(found.false_stops), shown(found.premature)])} |"


def _counted(share: Share) -> str:
    return f"{share.hits}/{share.of}" if share.of else "–"


def _tallied(kinds: Sequence[str]) -> str:
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in Counter(kinds).most_common()) or "none"


def _with_interval(share: Share) -> str:
    found = share.interval
    return "–" if found is None else f"{_counted(share)}: {found.median:.0f} % ({found.low:.0f} to {found.high:.0f})"


def _spread(values: Sequence[float]) -> str:
    found: Interval | None = median(values)
    return "–" if found is None else f"{found.median:.1f} % ({found.low:.1f} to {found.high:.1f})"


def _first_line(rule: Callable[..., object]) -> str:
    return (rule.__doc__ or "").splitlines()[0] if hasattr(rule, "__name__") else ""


def _clocks(run: Judged) -> str:
    label = run.label
    known = [
        (name, getattr(label, name))
        for name in ("fitted", "begin", "settled", "revolution", "diverged")
        if getattr(label, name) is not None
    ]
    told = [f"{name} {step}" for name, step in known]
    told += [f"dip {first} to {last}" for first, last in label.dips] + ([label.unclear] if label.unclear else [])
    return f"{run.fault}; {', '.join(told) or 'never varied'}; {run.length} steps"
