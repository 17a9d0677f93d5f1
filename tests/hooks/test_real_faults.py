"""Failures of the machine itself but for its disk, which test_disks is about: a terminal that is gone, say."""

import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest
import torch

import collapse_probe as cp
from collapse_probe._recorder import Assembler, Chunk, Pipeline, Worker, _chunk, _rows, parse_options
from collapse_probe.errors import CollapseProbeWarning

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
    assert done.stderr.count("CollapseProbeWarning") == done.stderr.count("cannot be written") == 1
    # What is small enough is there.
    assert len(cp.load(tmp_path / "run").steps) < STEPS


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
