"""Failures of the machine itself: a full disk, a folder that goes, a terminal that is gone."""

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import collapse_probe as cp
from collapse_probe._recorder import Assembler, Chunk, Pipeline, Worker, _chunk, _rows, parse_options
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

from . import faulty_runs as runs
from .loops import STEPS, dcgan, players
from .test_guard import REFERENCE

SETUP = """
import torch
torch.set_num_threads(1)
import collapse_probe as cp
from tests.hooks.loops import dcgan, players
from tests.hooks.test_guard import REFERENCE
game = players(sigmoid=True)
"""


@pytest.fixture(autouse=True)
def _prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_chunk, "STEPS", 2)
    monkeypatch.setattr(_rows, "FLUSH_SECONDS", 0.0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB; skipped where none may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


def _remount(place: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", place], check=True)


def _train(run: Path, at: int, happens: Callable[[], object]) -> tuple[cp.Probe, list[float]]:
    """Train with a probe to whose folder something happens; one warning, and weights as without."""
    game = players(sigmoid=True)
    dcgan(game)
    alone = runs.state_of(game)
    game = players(sigmoid=True)
    with pytest.warns(CollapseProbeWarning, match="the probe failed and is off, training goes on") as caught:
        with cp.attach(game.generator, game.discriminator, run=run, real=REFERENCE, every=1, sample_size=32) as probe:

            def log(**scalars: float) -> None:
                probe.log(**scalars)
                if probe._steps_so_far() == at:
                    happens()

            account = dcgan(game, log)
    assert len(caught) == 1
    assert len(account.steps) == STEPS
    assert runs.same(alone, runs.state_of(game))
    return probe, account.column("loss_d").tolist()


def test_a_full_disk_is_one_warning_and_what_was_written_can_be_read(small_disk: Path) -> None:
    probe, losses = _train(small_disk / "run", -1, lambda: None)
    assert "No space left on device" in str(probe.error)
    steps = cp.load(small_disk / "run").steps
    assert 0 < len(steps) <= STEPS
    assert steps["loss_d"].tolist() == losses[: len(steps)]


def test_a_disk_that_turns_read_only_is_one_warning(small_disk: Path) -> None:
    probe, losses = _train(small_disk / "run", 4, lambda: _remount(small_disk, "ro"))
    assert "Read-only file system" in str(probe.error)
    steps = cp.load(small_disk / "run").steps
    assert steps["loss_d"].tolist() == losses[: len(steps)]


def test_a_read_only_folder_is_refused_before_the_training(small_disk: Path) -> None:
    (small_disk / "old").mkdir()
    _remount(small_disk, "ro")
    game = players(sigmoid=True)
    for run in ("new", "old"):
        with pytest.raises(InvalidArgument, match="take another path"):
            cp.attach(game.generator, game.discriminator, run=small_disk / run)
    assert "forward" not in vars(game.generator)


def test_a_folder_that_goes_away_is_one_warning(tmp_path: Path) -> None:
    probe, _ = _train(tmp_path / "run", 12, lambda: (tmp_path / "run").rename(tmp_path / "elsewhere"))
    assert "FileNotFoundError" in str(probe.error)
    assert not (tmp_path / "run").exists()
    assert len(cp.load(tmp_path / "elsewhere").steps) > 0


def _script(body: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "always", "-c", SETUP + body, *map(str, arguments)]
    root = Path(__file__).parents[2]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)


TRAIN = """
import sys
def fails(output):
    raise RuntimeError("no score")
with cp.attach(game.generator, game.discriminator, run=sys.argv[1], real=REFERENCE, {options}) as probe:
    account = dcgan(game, probe.log)
print(len(account.steps), probe.error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("gone", ["os.close(2)", "sys.stderr.close()", "sys.stderr = None"])
def test_a_terminal_that_is_gone_stops_no_training(gone: str, tmp_path: Path) -> None:
    done = _script(f"import os, sys\n{gone}\n" + TRAIN.format(options="score=fails"), tmp_path / "run")
    assert done.returncode == 0
    assert done.stdout == f"{STEPS} RuntimeError: no score\n"


@pytest.mark.slow
def test_a_file_that_may_not_grow_is_one_warning(tmp_path: Path) -> None:
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    done = _script(limit + TRAIN.format(options="every=1, sample_size=256"), tmp_path / "run")
    assert done.returncode == 0
    assert done.stdout == f"{STEPS} OSError: [Errno 27] File too large\n"
    assert done.stderr.count("CollapseProbeWarning: the probe failed and is off") == 1
    cp.load(tmp_path / "run")


def test_what_a_worker_is_handed_after_it_failed_is_dropped(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    pipeline = Pipeline(tmp_path / "run", parse_options({}), current_step=lambda: 0)
    worker = Worker(pipeline, Assembler(), on_failure=failures.append, idle=lambda: None)
    handed = []
    for _ in range(8):
        # It was never sent, so that it cannot be read.
        chunk = Chunk(torch.device("cpu"))
        handed.append(weakref.ref(chunk))
        worker.put(chunk)
    del chunk
    worker.close()
    assert [str(failure) for failure in failures] == ["the chunk was read before it was sent"]
    failures.clear()
    gc.collect()
    assert [chunk() for chunk in handed] == [None] * 8


def test_an_embedding_that_leaves_the_worker_s_thread_is_one_warning(tmp_path: Path) -> None:
    def embed(samples: torch.Tensor) -> torch.Tensor:
        if threading.current_thread() is not threading.main_thread():
            raise SystemExit("enough")
        return samples

    game = players(sigmoid=True)
    with pytest.warns(CollapseProbeWarning, match="the probe failed and is off") as caught:
        with cp.attach(
            game.generator, game.discriminator, run=tmp_path, real=REFERENCE, embed=embed, every=1, sample_size=32
        ) as probe:
            dcgan(game, probe.log)
    assert len(caught) == 1
    assert probe.error == "SystemExit: enough"


def test_a_folder_that_goes_away_after_the_analysis_failed_ends_the_recording_by_hand(tmp_path: Path) -> None:
    fails = False

    def embed(samples: torch.Tensor) -> torch.Tensor:
        return samples[:0] if fails else samples

    with pytest.warns(CollapseProbeWarning) as caught:
        with cp.Probe(run=tmp_path / "run", real=REFERENCE, embed=embed) as probe:
            fails = True
            probe.step(loss_d=1.0, fake=REFERENCE[:64])
            (tmp_path / "run").rename(tmp_path / "elsewhere")
            for _ in range(5):
                probe.step(loss_d=1.0, fake=REFERENCE[:64])
    said = [str(warning.message).split(":")[0] for warning in caught]
    assert said == ["nothing can be measured any more", "the probe failed and is off, training goes on"]
    assert "FileNotFoundError" in str(probe.error)
    assert len(cp.load(tmp_path / "elsewhere").steps) == 1
