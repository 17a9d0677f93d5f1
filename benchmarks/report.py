"""How fast is a report on many runs, how large, and how soon does it show?

    python benchmarks/report.py          # a few minutes on two cores; writes docs/report-speed.md
    python benchmarks/report.py --quick  # a look

Runs of 20,000 steps and 5 scalars are written with the package's own writer, a fifth of them with a spike of five
steps. The report on all of them is made in a process of its own: its wall and processor time are those of `cp.report`,
without the import of the package; its memory is the most that the process ever held, the import included.
TensorBoard's `EventAccumulator` reads two of the same runs, all points kept, and its time is scaled by the number of
runs. The first paint is what Chromium reports as first contentful paint of the file on disk, without a network, and
ready is when the page answers. Both need playwright and Chromium, else they are left out.

"Met" is computed from the numbers beside it. They are those of one machine on one day.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _page
import numpy as np
from _claims import Claim, interval, table

from collapse_probe._store import RunWriter

ROOT = Path(__file__).parent.parent
SCALARS = ("loss_d", "loss_g", "d_real", "d_fake", "edge")
SECONDS, MEMORY, PAINT = 10.0, 1.0, 2.0
BYTES, BYTES_A_RUN = 5e6, 150e3
REPORT = """
import json, resource, sys, time
import collapse_probe as cp
began, used = time.perf_counter(), time.process_time()
cp.report(sys.argv[1], sys.argv[2])
print(json.dumps([time.perf_counter() - began, time.process_time() - used,
                  resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]))
"""
PAINTED = """() => new Promise(resolve => {
    const first = () => performance.getEntriesByName('first-contentful-paint')[0];
    const wait = () => first() && document.body.dataset.ready ? resolve([first().startTime, performance.now()])
                                                              : requestAnimationFrame(wait);
    wait();
})"""


def numbers(steps: int, seed: int) -> np.ndarray:
    """What is recorded of a run, (steps, 5); some runs have a spike."""
    values = np.random.default_rng(seed).random((steps, len(SCALARS)), dtype=np.float32).astype(np.float64)
    if seed % 5 == 0:
        values[steps // 2 : steps // 2 + 5, 0] = 50
    return values


def write(folder: Path, *, runs: int, steps: int) -> None:
    """So many runs."""
    for number in range(runs):
        writer, values = RunWriter(folder / f"run-{number:03}", info={}), numbers(steps, number)
        columns = {name: values[:, index] for index, name in enumerate(SCALARS)}
        writer.append_steps({"step": np.arange(steps), "time": 1.7e9 + np.arange(steps) / 30} | columns)
        writer.close(how="finished")


def tensorboard_seconds(folder: Path, *, runs: int, steps: int) -> float:
    """To read one run, on average."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    spent = []
    for number in range(runs):
        with SummaryWriter(str(folder / str(number))) as writer:
            for step, row in enumerate(numbers(steps, number).tolist()):
                for name, value in zip(SCALARS, row, strict=True):
                    writer.add_scalar(name, value, step)
        began = time.perf_counter()
        events = EventAccumulator(str(folder / str(number)), size_guidance={"scalars": 0})
        events.Reload()
        assert sum(len(events.Scalars(name)) for name in SCALARS) == steps * len(SCALARS)
        spent.append(time.perf_counter() - began)
    return float(np.mean(spent))


def paint(path: Path, rounds: int) -> list[list[float]] | None:
    """Seconds to the first paint and until the page answers, each time in a new browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if shutil.which("chromium") is None:
        return None
    found = []
    with sync_playwright() as playwright:
        for _ in range(rounds):
            flags = ["--no-sandbox", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            page = browser.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page()
            page.goto(path.as_uri(), wait_until="commit")
            found.append([each / 1000 for each in page.evaluate(PAINTED)])
            browser.close()
    return found


def measure(*, runs: int, steps: int, rounds: int) -> _page.Part:
    """The heading and what is to be said under it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        write(Path(folder) / "runs", runs=runs, steps=steps)
        command = [sys.executable, "-c", REPORT, str(Path(folder) / "runs"), str(path)]
        made = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(rounds)]
        wall, processor, memory = (list(each) for each in zip(*made, strict=True))
        what = f"{runs} runs × {steps:,} steps × {len(SCALARS)} scalars"
        claims = [
            Claim(f"`cp.report`, {what}: wall", interval(wall), "s", SECONDS),
            Claim("the same: processor time", interval(processor), "s"),
            Claim("the most memory that the process held", interval(memory), "GiB", MEMORY),
            Claim("size of the page", path.stat().st_size / 1e6, "MB", (BYTES + BYTES_A_RUN * runs) / 1e6),
        ]
        painted = paint(path, rounds)
        if painted is not None:
            claims.append(Claim("first paint", interval([first for first, _ in painted]), "s", PAINT))
            claims.append(Claim("until the page answers", interval([ready for _, ready in painted]), "s"))
        else:
            claims.append(Claim("first paint", None, "s", PAINT, note="no Chromium, or no playwright"))
        try:
            theirs = tensorboard_seconds(Path(folder) / "events", runs=min(runs, 2), steps=steps) * runs
            note = f"{np.median(wall):.1f} s and {theirs:.0f} s"
            claims.append(Claim("wall / TensorBoard's reader on as many runs", np.median(wall) / theirs, note=note))
        except ImportError:
            claims.append(Claim("wall / TensorBoard's reader", None, note="tensorboard is not installed"))
    return f"{runs} runs", table(claims)


PARTS = {
    "many": lambda quick: measure(**({"runs": 20, "rounds": 1} if quick else {"runs": 200, "rounds": 3}), steps=20_000)
}

if __name__ == "__main__":
    _page.run(__doc__, PARTS, ROOT / "docs" / "report-speed.md")
