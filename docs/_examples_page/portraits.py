"""The page of examples/portraits.py."""

from pathlib import Path

import numpy as np

import collapse_probe as cp

from .screens import opened
from .sheets import contact_sheet, under_names

SHOWN, HOURS, BATCHES = 12, 29, 6330
"""Samples of a sheet; what the original took for how many batches."""
HEAD = """# Portraits in colour: a day of CelebA in small

```sh
python examples/portraits.py                  # drawn portraits
python examples/portraits.py --planted        # odd samples among real ones, to see whether they are pointed out
python examples/portraits.py --data FOLDER --size 64 --width 64 --batch 64 --steps 6330 --lr 2e-4
```

A DCGAN on {drawn:,} drawn portraits of 178×218, cut to their middle square and scaled to {size}×{size}, for {steps:,}
steps; a sheet of the same {sheet} latents every {every} of them. The last line is the original's size: 202,600
photographs of celebrities in a folder of yours, twice, which took {hours} hours on a CPU. They were not tried here.
Made by `make examples`.

![The same latents over time](portraits-sheets.png)

**{kind}.** {reason}

## While it runs

`collapse-probe watch runs/portraits` in another terminal says how it goes and how long it will take; here as a line a
minute (`--plain --interval 60`):

```text
{watched}
```

## What watching costs

{cost}

## The disk

A record must not fill the disk, however long it goes on. `--every 1`, tiny pictures and tiny networks make the
{drawn_sheets:,} sheets of a run a hundred times as long in minutes:

```sh
python examples/portraits.py {small}
```

| | drawn | kept | on disk, MB | limit, MB |
|---|---|---|---|---|
{disk}

Without a limit these sheets and captures would take {unbounded:,.0f} MB. Those that are kept are spread evenly over the
run: the widest gap between two sheets is {gap} steps, where {even:.0f} would be even. `run.json` and the report say how
many were given up. Steps and statistics are never thinned: they take {row:.0f} bytes a step that is captured, so
{month:,.0f} MB for {drawn_sheets:,} sheets, and {plain:.0f} bytes for each step between two sheets.

## Odd samples

All-red faces, and faces made of two, were found by eye in the original's sheets. The report has the nearest real
picture under each sample, and a blue frame around samples farther from all real ones than 99 % of real ones are from
all others. `--planted` makes both of real portraits that the reference does not hold:

| | samples | odd | |
|---|---|---|---|
{odd}

Four fused and four all-red ones among {good} real portraits, as the report shows them: the first sixteen samples, and
the eight farthest from real data. All-red ones are odd, and so alike besides that they have the orange frame of copies
of one another, which goes before the blue one; what is said above the pictures counts them as both.

![Samples above the real portraits nearest to them](portraits-odd.png)

Fused ones are seen where their halves do not go together as anywhere in real data, in the wall behind them above all.
Distances are taken between pixels of pictures averaged down to 16×16: an odd expression in a good face is not seen.
"""

COST = """The probe measures itself: it is in `run.json`, and at the end of a run's section in the
report. In this run, of
{step:.0f} ms a step, {each:.2f} ms were the probe's at every step, {floor:.1%} of the time, and {capture:.0f} ms for
each of {captures} captures with its sheet, {share:.1%}. The original's {hours} hours for {batches:,} batches are
{original:.0f} s a step, of which the same {each:.2f} ms would be {there:.3%}; its captures, of larger pictures, cost
more than these."""


def page(runs: Path, pictures: Path) -> str:
    import portraits as example

    run, small, planted = (cp.load(runs / name) for name in ("faces", "sheets", "planted"))
    steps = [run.sheets[round(at * (len(run.sheets) - 1))] for at in (0, 0.1, 0.25, 0.5, 1)]
    sheets = {f"step {step:,}": contact_sheet(run.sheet(step)[:SHOWN], columns=SHOWN) for step in steps}
    under_names(sheets, pictures / "portraits-sheets.png")
    with opened(cp.report([planted], runs / "report.html", title="Odd samples")) as screens:
        screens.panel("planted", "nearest", pictures / "portraits-odd.png", at=0.0)
    watched = [line for line in (runs / "watch.log").read_text("utf-8").splitlines() if line]
    good = len(planted.batch(0)) - 2 * example.PLANTED
    return HEAD.format(
        drawn=example.DRAWN, size=run.batch(run.batches[0]).shape[-1], steps=len(run.steps), sheet=example.SHEET,
        every=run.info["options"]["every"], hours=HOURS, kind=run.verdict.kind.capitalize(), reason=run.verdict.reason,
        watched="\n".join(watched), cost=cost(run), odd=odd(planted, example.PLANTED), good=good, **disk(small),
    )  # fmt: skip


def cost(run: cp.Run) -> str:
    """The probe's own measure of itself, as a share of the run."""
    found, times = run.info["cost"], run.steps["time"].to_numpy()
    whole = float(times[-1] - times[0])
    floor = len(run.steps) * found["seconds_per_step"] / whole
    captures = found["captures"] * found["seconds_per_capture"] / whole
    original = HOURS * 3600 / BATCHES
    return COST.format(
        step=1000 * whole / len(run.steps), each=1000 * found["seconds_per_step"], floor=floor,
        capture=1000 * found["seconds_per_capture"], captures=found["captures"], share=captures, hours=HOURS,
        batches=BATCHES, original=original, there=found["seconds_per_step"] / original,
    )  # fmt: skip


def disk(run: cp.Run) -> dict[str, object]:
    """What a run of very many sheets has left on the disk."""
    limit, size = run.info["options"]["disk_limit"], {}
    for kind in ("captures", "sheets"):
        size[kind] = [file.stat().st_size for file in (run.path / kind).iterdir()]
    rows = {name: (run.path / f"{name}.0").stat().st_size for name in ("steps", "statistics")}
    drawn = {"captures": len(run.batches) + run.thinned["captures"], "sheets": len(run.sheets) + run.thinned["sheets"]}
    lines = [
        f"| {kind} | {drawn[kind]:,} | {len(size[kind]):,} | {sum(size[kind]) / 1e6:.1f} | {most / 1e6:.1f} |"
        for kind, most in (("captures", limit), ("sheets", limit / 4))
    ]
    lines.append(f"| steps and statistics | {len(run.steps):,} | all | {sum(rows.values()) / 1e6:.1f} | |")
    whole = sum(file.stat().st_size for file in run.path.rglob("*") if file.is_file())
    lines.append(f"| **all**, with the reference | | | **{whole / 1e6:.1f}** | |")
    at = np.array(run.sheets)
    return {
        "disk": "\n".join(lines), "drawn_sheets": drawn["sheets"], "gap": int(np.diff(at).max()),
        "even": (at[-1] - at[0]) / (len(at) - 1), "row": sum(rows.values()) / len(run.steps),
        "unbounded": sum(drawn[kind] * max(size[kind]) for kind in drawn) / 1e6,
        "month": sum(rows.values()) / 1e6, "plain": rows["steps"] / len(run.steps), "small": SMALL,
    }  # fmt: skip


SMALL = (
    "--steps 12700 --every 1 --size 16 --width 1 --batch 16 --sample-size 16 \\\n    --lr 1e-5 --disk-limit 50000000"
)


def odd(run: cp.Run, count: int) -> str:
    """How many of each kind the report frames."""
    from collapse_probe._report._neighbours import Neighbours, RealSamples

    assert run.reference is not None
    real = RealSamples(run.reference)
    mixed, fused, red = (Neighbours.of(run.batch(step), real).odd for step in run.batches)
    kinds = {"real, not in the reference": mixed[: -2 * count], "fused of two": fused, "all red": red}
    return "\n".join(
        f"| {name} | {len(each)} | {int(each.sum())} | {each.mean():.0%} |" for name, each in kinds.items()
    )
