"""Two writers in one folder: the second is told who is there; whoever dies leaves no lock behind."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import collapse_probe as cp
from collapse_probe._store import _lock, lock_run
from collapse_probe.errors import InvalidArgument, RunInUse

ROOT = Path(__file__).parents[2]
RECORD = """
import sys
import collapse_probe as cp
probe = cp.Probe(run=sys.argv[1])
probe.step(loss_d=1.0)
probe._pipeline.flush()
probe._pipeline.outbox.settle()
print("here", flush=True)
sys.stdin.read()
"""


@contextmanager
def recording(run: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that records there, until it is killed."""
    command = [sys.executable, "-c", RECORD, str(run)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, env=os.environ | environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_told_who_records_there_and_writes_nothing(tmp_path: Path) -> None:
    with recording(tmp_path / "run") as other:
        before = (tmp_path / "run" / "run.json").read_bytes()
        with pytest.raises(RunInUse, match=rf"run is being written by process {other.pid} on .* \(since 20\d\d-"):
            cp.Probe(run=tmp_path / "run")
        assert (tmp_path / "run" / "run.json").read_bytes() == before
        assert cp.load(tmp_path / "run").steps["loss_d"].tolist() == [1.0]  # readers ask nobody


def test_a_process_that_was_killed_leaves_no_lock_behind_and_the_run_is_resumed(tmp_path: Path) -> None:
    with recording(tmp_path / "run") as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with cp.Probe(run=tmp_path / "run") as probe:
            probe.step(step=1, loss_d=2.0)
    assert cp.load(tmp_path / "run").steps["loss_d"].tolist() == [1.0, 2.0]
    assert len(cp.load(tmp_path / "run").info["starts"]) == 2


def test_in_one_process_the_earlier_probe_has_to_be_closed_first(tmp_path: Path) -> None:
    first = cp.Probe(run=tmp_path / "run")
    with pytest.raises(RunInUse, match=r"this very process: close\(\) that one first"):
        cp.Probe(run=tmp_path / "elsewhere" / ".." / "run")
    first.close()
    cp.Probe(run=tmp_path / "run").close()


def test_a_probe_that_could_not_be_made_keeps_no_lock(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(InvalidArgument, match="keep_best"):
            cp.Probe(run=tmp_path / "run", keep_best=tmp_path / "best.safetensors")
    cp.Probe(run=tmp_path / "run").close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_neither_shares_the_lock_nor_writes_anything(tmp_path: Path) -> None:
    probe = cp.Probe(run=tmp_path / "run")
    probe.step(loss_d=1.0)
    asks, told = os.pipe()
    child = os.fork()
    if not child:
        # As a loader's worker that outlives its parent; it closes the probe, as one that exits would.
        try:
            probe.step(loss_d=2.0)
            probe.close()
            os.write(told, b"closed")
            time.sleep(60)
        finally:
            os._exit(1)
    assert os.read(asks, 6) == b"closed"
    try:
        with pytest.raises(RunInUse):
            cp.Probe(run=tmp_path / "run")
        probe.close()
        assert cp.load(tmp_path / "run").steps["loss_d"].tolist() == [1.0]
        assert len(cp.load(tmp_path / "run").info["ends"]) == 1
        cp.Probe(run=tmp_path / "run").close()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_ranks_of_one_job_write_beside_each_other_and_a_second_rank_of_the_same_number_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with recording(tmp_path / "run", RANK="0", WORLD_SIZE="2"):
        monkeypatch.setenv("RANK", "1")
        with cp.Probe(run=tmp_path / "run") as probe:
            probe.step(loss_d=3.0)
        monkeypatch.setenv("RANK", "0")
        with pytest.raises(RunInUse, match="process"):
            cp.Probe(run=tmp_path / "run")
    assert cp.load(tmp_path / "run").steps["loss_d"].tolist() == [2.0]


def test_a_sibling_is_a_new_folder_beside_the_one_that_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    with cp.Probe(run=run, if_taken="sibling") as first:
        assert first.run == run
        with cp.Probe(run=run, if_taken="sibling") as second, cp.Probe(run=run, if_taken="sibling") as third:
            second.step(loss_d=2.0)
            assert (second.run, third.run) == (tmp_path / "run-2", tmp_path / "run-3")
    assert f"{run} is being written by another probe; this run is recorded in {tmp_path / 'run-2'}" in (
        capsys.readouterr().err
    )
    # Those that are there are other runs, though nobody writes them any more.
    with cp.Probe(run=run), cp.Probe(run=run, if_taken="sibling") as fourth:
        assert fourth.run == tmp_path / "run-4"
    assert cp.load(tmp_path / "run-2").steps["loss_d"].tolist() == [2.0]


def test_ranks_cannot_choose_siblings_each_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InvalidArgument, match="ranks of one run share"):
        cp.Probe(run=tmp_path / "run", if_taken="sibling")


def test_something_else_than_an_error_or_a_sibling_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"if_taken is 'overwrite'; expected \"error\" or \"sibling\""):
        cp.Probe(run=tmp_path / "run", if_taken="overwrite")  # type: ignore[arg-type]


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network disk whose server has none."""

    def flock(file: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(_lock.fcntl, "flock", flock)


@pytest.mark.usefixtures("without_locks")
def test_on_a_disk_without_locks_the_run_itself_says_who_writes_it(tmp_path: Path) -> None:
    with recording(tmp_path / "run") as other:
        with pytest.raises(RunInUse, match=f"process {other.pid} on"):
            cp.Probe(run=tmp_path / "run")
        other.kill()
        other.wait()
        with cp.Probe(run=tmp_path / "run") as probe, pytest.raises(RunInUse, match="this very process"):
            cp.Probe(run=probe.run)
    cp.Probe(run=tmp_path / "run").close()


def test_a_disk_that_wants_a_file_open_for_writing_to_lock_it_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = _lock.fcntl.flock

    def flock(file: int, operation: int) -> None:
        if _lock.fcntl.fcntl(file, _lock.fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        lock(file, operation)

    monkeypatch.setattr(_lock.fcntl, "flock", flock)
    _, first = lock_run(tmp_path, 0, sibling=False)
    monkeypatch.setattr(_lock, "_held", {})
    with pytest.raises(RunInUse):
        lock_run(tmp_path, 0, sibling=False)
    first.release()
