"""How early and how rarely wrong are the detectors?

    python benchmarks/detection.py          # scores what is stored; writes docs/detection-scores.md
    python benchmarks/detection.py --build  # makes the runs first, as far as they are not there; hours
    python benchmarks/detection.py --build --program ring-vanilla

Each program, a kind of data with an architecture and a loss, was trained with many seeds to the end of every run,
healthy and with faults injected, watched and never stopped. What detectors read is stored, and beside it the truth, at
every check: the effective number of modes, exp(entropy), of fresh samples, by known centres or by a classifier of its
own, and the discriminator's edge on real data that it did not train on. The detectors are the live monitor's, fed the
stored rows in the order in which they came.

**Truth, with hindsight.** Modes are smoothed by a running median of five checks. A run has *fitted* from the first
three checks in a row with 60 % of real data's modes and a fiftieth of the samples certainly of a class or a held-out
edge of at most 0.9; its peak is the highest since then, at most real data's. A collapse is *settled* at the first check
under half of the peak from which it never comes back to 0.6 and is under half at four checks in five; it *began* at the
first check under 0.8 from which it did not come back to 0.8 before. It is *gradual* if that took a tenth of the run, or
a twentieth where the fault was. *Partly collapsed* ends with a tenth of the run between 0.5 and 0.8. *Transient* lost
half for three checks, came back to 0.8 for three, and ended well: a median of 0.8 over the last tenth and no check
under half. A stop of it is premature if no dip took longer than a tenth of the run; where one did, a restart from the
generator that was kept would have been ahead by then, and the stop is told of apart. A *revolution* is an injected
boost of the discriminator, or a rise by itself, that won: the held-out edge at 0.95 within a tenth of the run of the
onset, then for a tenth never under 0.90 and 0.95 in the median, after at most 0.80 in the median over the tenth before;
one by itself only where nothing was injected, after the generator has fitted and before it lost modes: an edge that
rises because the generator broke is a collapse's. *Diverged* ends with samples or losses that are not finite. *Never
fitted* says it. *Oscillating* turned six times by 0.3 of the modes, or had half of them or fewer over the second half
and another commonest class at two checks in five. What fits no rule, or settled in the last tenth, when hardly anything
is left to save, is *ambiguous*, and listed. A run is of the gravest kind that holds, in the order of the table of
verdicts; a count takes all runs that have the clock it is about.

**What was changed after runs were seen.** The share of certain samples that *fitted* asks for (first a tenth, then a
fiftieth, then a fooled discriminator instead), *gradual* by the clocks where it had been by the fault's name, the last
tenth that is too late to be called where it had been a twentieth, the split of dips into soon and late, and the second
kind of oscillating. None was changed to count a single run for or against the detectors, but each moved some. The
thresholds of the detectors were chosen on these runs; leaving one program out says what that is worth for collapse.
What it chooses among, and what a false stop costs there (five times its share at first, then ten), were changed once
results were known. The dating of revolutions was fitted to all of these runs: that an onset is looked for at most 30
steps back was set when 50 had put one of them too early.

**Scores.** A stop is a critical collapse or divergence, as by default; it counts at or after *begin* (less two checks,
which the smoothing may shift it by), and before as too early: the collapse is then missed. The saving is
(T - stop) / (T - settled), 0 where missed, at most 1; delay is from settled to the stop, both as shares of the run.
Warnings, revolutions and verdicts are read to the end of a run, whatever stopped it. Intervals are 95 %: exact ones
(Clopper-Pearson) of shares, bootstrap over runs of medians. Runs of one program are alike, so they are too narrow
rather than too wide.
"""

import argparse
from pathlib import Path

import _claims
import _page
from _detection import judged, knobs, page, settings
from _detection.cost import microseconds_a_step
from _detection.crossvalidate import crossvalidate

ROOT = Path(__file__).parent.parent
OBSERVATIONS = Path(__file__).parent / "_detection" / "observations"


def main(arguments: list[str] | None = None) -> None:
    """Build, if asked to, and score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="store_true", help="train the runs first; those that are there are kept")
    parser.add_argument("--program", action="append", default=[], help="only this one is built; may be repeated")
    parser.add_argument(
        "--mnist", type=Path, help="npz of MNIST's images and labels, for the programs that train on it"
    )
    parser.add_argument("--observations", type=Path, default=OBSERVATIONS, help="folder of what is scored")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "detection-scores.md")
    options = parser.parse_args(arguments)
    if options.build:
        from _detection import train

        for program in train.build(options.program, mnist=options.mnist):
            print(f"{program}: built", flush=True)
    runs = []
    for of_program in judged.over(judged.files(options.observations), judged.judge_all, processes=options.processes):
        runs += of_program
        print(f"{of_program[0].program}: {len(of_program)} runs scored", flush=True)
    cost = _claims.interval(microseconds_a_step())
    validated = crossvalidate(options.observations, settings.GRID, make=settings.made, processes=options.processes)
    turned = "Patience and sensitivity", knobs.said(options.observations, options.processes)
    first, *others = page.parts(runs, cost)
    written = _page.page(__doc__, "", [first, page.left_out(validated), turned, *others])
    options.output.write_text(written, "utf-8")
    print(page.must_hold(runs, cost))


if __name__ == "__main__":
    main()
