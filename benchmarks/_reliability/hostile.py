"""A run folder from anybody: what the fuzzer found in the readers, and what hostile folders came to.

python benchmarks/_reliability/hostile.py          # the full part, some twenty minutes
python benchmarks/_reliability/hostile.py --quick
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXECUTIONS = {"blocks": 1_000_000, "run_json": 250_000, "events": 250_000, "tensors": 250_000}
READERS = {
    "blocks": "blocks of steps and statistics",
    "run_json": "run.json",
    "events": "events.jsonl",
    "tensors": "captures, sheets and reference",
}
FOLDERS, QUICK_SHARE = 2_000, 100
_STATUS = re.compile(r"#(\d+)\s+(?:DONE|pulse|NEW|REDUCE|RELOAD|INITED)\s+cov: (\d+) ft: (\d+)")


@dataclass(frozen=True)
class Fuzzed:
    """One reader under the fuzzer; `said` is the end of its output where something was found."""

    reader: str
    executions: int
    edges: int
    features: int
    seconds: float
    said: str

    @property
    def crashed(self) -> bool:
        """Whether an input was found that the reader does not survive."""
        return bool(self.said)


def measure(*, quick: bool) -> tuple[str, str]:
    """Heading and Markdown of this part."""
    if str(ROOT) not in sys.path:  # the hostile folders are those of the tests
        sys.path.insert(0, str(ROOT))
    share = QUICK_SHARE if quick else 1
    text = [fuzzed(share), hostile_folders(max(FOLDERS // share, 20))]
    return "A run folder from anybody", "\n\n".join(text)


def fuzzed(share: int) -> str:
    """The table of the fuzzed readers."""
    if importlib.util.find_spec("atheris") is None:
        return "Not fuzzed: atheris is not installed here (it comes with the extra `bench`, on Linux)."
    found = [fuzz(name, count // share) for name, count in EXECUTIONS.items()]
    lines = ["| reader, under atheris | executions | crashes | edges | features | s |", "|---|---|---|---|---|---|"]
    for one in found:
        numbers = (one.executions, int(one.crashed), one.edges, one.features, round(one.seconds))
        lines.append(f"| {one.reader} | " + " | ".join(f"{number:,}" for number in numbers) + " |")
    crashes = "".join(f"\n\n```\n{one.said}\n```" for one in found if one.crashed)
    return "\n".join(lines) + crashes


def fuzz(name: str, executions: int) -> Fuzzed:
    """So many executions of one target in a process of its own, from a corpus that our own writer made."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        corpus = Path(place, "corpus")
        corpus.mkdir()
        for number, content in enumerate(seeds()[name]):
            (corpus / str(number)).write_bytes(content)
        script = Path(__file__).with_name("fuzz.py")
        limits = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=4096", f"-artifact_prefix={place}/"]
        command = [sys.executable, str(script), name, str(corpus), f"-runs={executions}", "-seed=1", *limits]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    status = _STATUS.findall(done.stderr)
    last = status[-1] if status else ("0", "0", "0")
    said = done.stdout[-1500:] + done.stderr[-500:] if done.returncode else ""
    return Fuzzed(READERS[name], int(last[0]), int(last[1]), int(last[2]), time.monotonic() - began, said)


def seeds() -> dict[str, list[bytes]]:
    """Sound files, made by the writer, to begin with."""
    import numpy as np

    from collapse_probe._records import Event
    from collapse_probe._store import RunWriter
    from collapse_probe._store._blocks import encode

    with tempfile.TemporaryDirectory() as place:
        run = Path(place, "run")
        writer = RunWriter(run, info={"tags": {"a": "b"}, "options": {"patience": 3}})
        step = np.arange(5)
        for start in (0, 5):
            writer.append_steps({"step": step + start, "time": step / 3, "loss_d": step / 7, "edge": step / 5})
        writer.append_statistics({"step": step, "occupancy": step / 5})
        writer.append_event(Event("collapse", "critical", 3, 2, "it fell", {"diversity": 0.1}, "stop"))
        writer.write_capture(3, {"generated": np.ones((2, 3), np.float32), "labels": np.zeros(2, np.int64)})
        writer.write_reference({"real": np.ones((2, 3))}, {"bands": {"occupancy": [1.0, 0.1]}})
        writer.close(how="finished")
        small = encode({"step": np.arange(1)}, start=1)
        read = {path.name: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    return {
        "blocks": [read["steps.0"], read["statistics.0"], small, small + small, small + b"lost" + small],
        "run_json": [read["run.json"], b'{"format": 1, "starts": [], "ends": []}'],
        "events": [read["events.jsonl"], read["events.jsonl"] * 2],
        "tensors": [read["000000003.safetensors"], read["reference.safetensors"]],
    }


def hostile_folders(count: int) -> str:
    """Folders of runs in which up to three files are strange, through everything that reads."""
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for folder in generated(count):
            began = time.monotonic()
            outcomes[folder()] += 1
            slowest = max(slowest, time.monotonic() - began)
    lines = ["| hostile run folders, through every reader, report and command | |", "|---|---|"]
    lines += [f"| tried | {outcomes.total():,} |"]
    lines += [f"| {outcome} | {number:,} |" for outcome, number in sorted(outcomes.items())]
    lines += [f"| ended in an error that is not ours | {sum(outcomes[o] for o in outcomes if o.startswith('crash'))} |"]
    lines += [f"| the slowest, through all of it | {slowest:.1f} s |"]
    return "\n".join(lines)


def generated(count: int) -> list[Callable[[], str]]:
    """So many folders, the same each time; each is laid out and read when it is called."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from tests.store.hostile_runs import Content, folders

    found: list[Callable[[], str]] = []

    @seed(0)
    @given(files=folders())
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def collect(files: dict[str, Content]) -> None:
        found.append(lambda: _outcome(files))

    collect()
    return found


def _outcome(files: dict[str, object]) -> str:
    import collapse_probe as cp
    from tests.store.hostile_runs import everything, lay

    with tempfile.TemporaryDirectory() as place:
        run = lay(Path(place, "run"), files)  # type: ignore[arg-type]
        try:
            everything(run, Path(place, "report.html"))
        except Exception as error:
            return f"crashed: {type(error).__name__}"
        try:
            return "read, with what is wrong named" if cp.load(run).problems else "read without a complaint"
        except cp.errors.CollapseProbeError:
            return "refused with an error of ours"


if __name__ == "__main__":
    heading, text = measure(quick="--quick" in sys.argv[1:])
    print(f"## {heading}\n\n{text}")
