"""Real processes: all ranks stop at one step, training does not notice, and no death is waited for."""

import json
import multiprocessing
import runpy
import socket
import time
from pathlib import Path
from typing import Any

import pytest

import collapse_probe as cp

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).with_name("training.py")
# What takes seconds to import is imported once.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["collapse_probe", "torch._dynamo", "sklearn.mixture"])
LIMIT_SECONDS = 120
LONG = 100_000
"""More steps than a test can take: whoever gets there did not stop."""


class Launch:
    """What came of some jobs on some ranks."""

    def __init__(self, folder: Path, *, ranks: int, jobs: list[dict[str, Any]], file_store: bool = False) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            store = f"file://{folder / 'store'}" if file_store else f"tcp://127.0.0.1:{free.getsockname()[1]}"
        setup = {"folder": str(folder), "ranks": ranks, "jobs": jobs, "store": store}
        setup["everyone_lives"] = not any("dies" in job for job in jobs)
        files = [folder / f"said.{rank}" for rank in range(ranks)]
        setups = [setup | {"rank": rank, "said": str(file)} for rank, file in enumerate(files)]
        processes = [
            CONTEXT.Process(target=runpy.run_path, args=(str(SCRIPT), {"SETUP": rank}, "__main__")) for rank in setups
        ]
        for process in processes:
            process.start()
        until = time.monotonic() + LIMIT_SECONDS
        for process in processes:
            process.join(timeout=max(0.0, until - time.monotonic()))
        self.codes = [process.exitcode for process in processes]
        for process in processes:
            process.kill()
        self.said = [file.read_text() for file in files]

    def results(self, job: int, *ranks: int) -> list[dict[str, Any]]:
        return [json.loads((self._folder / f"result.{job}.{rank}.json").read_text()) for rank in ranks]

    def run(self, job: int) -> Path:
        return self._folder / str(job) / "run"


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Launch:
    both = {"together": True, "watched": [0, 1]}
    jobs = [
        {"together": True, "steps": 40},
        both | {"steps": 40},
        both | {"steps": 40, "inner": True},
        both | {"steps": LONG, "break_at": 20},
        {"together": True, "steps": 40, "watched": [0]},
        {"together": False, "steps": LONG, "watched": [0], "break_at": 20, "ranks": [0]},
    ]
    launch = Launch(tmp_path_factory.mktemp("together"), ranks=2, jobs=jobs)
    assert launch.codes == [0, 0], launch.said
    return launch


@pytest.mark.parametrize("job", [1, 2, 4], ids=["wrapped", "inner modules", "only rank 0"])
def test_training_is_bit_identical_on_every_rank(together: Launch, job: int) -> None:
    plain, watched = together.results(0, 0, 1), together.results(job, 0, 1)
    assert [r["weights"] for r in watched] == [r["weights"] for r in plain]
    assert [r["error"] for r in watched] == [None, None]


@pytest.mark.parametrize("job", [1, 2], ids=["wrapped", "inner modules"])
def test_ranks_record_their_own_steps_and_are_read_as_one_run(together: Launch, job: int) -> None:
    run = cp.load(together.run(job))
    assert run.steps.index.tolist() == list(range(40))
    assert {"steps.0", "steps.1", "statistics.0", "run.json", "run.1.json"} <= {p.name for p in run.path.iterdir()}
    assert not (run.path / "statistics.1").exists() and not (run.path / "captures.1").exists()
    assert run.info["world_size"] == 2
    # Rank 0 alone asks its discriminator about samples that are held out.
    assert run.statistics["discriminator_overfitting"].notna().all()
    first, both = run.decisive_steps, run.steps
    # DDP makes the gradients of the ranks one; their batches, and so their scores, differ.
    assert both["grad_norm_g"].equals(first["grad_norm_g"]) and both["grad_norm_g"].notna().all()
    assert (both["d_real"] != first["d_real"]).all()
    assert (both["lr"] == 1.0).all() and "lr" not in first.dropna(axis="columns", how="all")


def test_a_divergence_stops_all_ranks_at_one_step(together: Launch) -> None:
    first, second = together.results(3, 0, 1)
    assert first["stopped"] == second["stopped"] < LONG
    run = cp.load(together.run(3))
    assert run.steps.index.tolist() == list(range(first["stopped"]))
    assert run.verdict.kind == "diverged"
    assert cp.replay(run) == run.event_list
    seen = run.events.loc[run.events["severity"] == "critical", "visible_at"]
    assert set(seen) == {first["stopped"]}
    ends = [json.loads((run.path / name).read_text())["ends"][-1] for name in ("run.json", "run.1.json")]
    assert [(end["how"], end["stopped_at"]) for end in ends] == [("stopped", first["stopped"])] * 2


def test_where_only_rank_0_is_watched_it_stops_alone(together: Launch) -> None:
    assert together.results(5, 0)[0]["stopped"] < LONG


def test_four_ranks_with_a_store_in_a_file_stop_at_one_step(tmp_path: Path) -> None:
    job = {"together": True, "steps": LONG, "break_at": 10, "watched": [0, 1, 2, 3]}
    launch = Launch(tmp_path, ranks=4, jobs=[job], file_store=True)
    assert launch.codes == [0] * 4, launch.said
    stopped = {result["stopped"] for result in launch.results(0, 0, 1, 2, 3)}
    assert len(stopped) == 1 and stopped != {None}


def test_survivors_of_a_killed_rank_go_on_and_stop_together(tmp_path: Path) -> None:
    """Loops without collectives: rank 2 dies; the others stop without it; then rank 0, which has the store, dies."""
    apart = {"together": False, "sleep": 0.002, "watched": [0, 1, 2]}
    jobs = [
        apart | {"steps": LONG, "break_at": 20, "dies": 2},
        apart | {"steps": LONG, "dies": 0, "dies_after": "1/run/steps.1", "until_alone": True},
    ]
    launch = Launch(tmp_path, ranks=3, jobs=jobs)
    assert launch.codes == [9, 0, 9], launch.said
    first, second = launch.results(0, 0, 1)
    assert first["stopped"] == second["stopped"] < LONG
    assert cp.load(launch.run(0)).steps.index.tolist() == list(range(first["stopped"]))
    (alone,) = launch.results(1, 1)
    assert 10 < alone["steps"] < LONG and alone["stopped"] is None and alone["error"] is None
    assert max(result["closing"] for result in (first, second, alone)) < 10
    assert launch.said[1].count("the ranks cannot be stopped together") == 1
    assert "cannot be stopped together" not in launch.said[0]
