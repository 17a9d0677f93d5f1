"""What waits while a disk fails: in which order it is written, what replaces what, and how often anybody is told."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collapse_probe._store import Job, Notices, Outbox, _waiting
from collapse_probe._store._appending import AppendedFile
from collapse_probe._store._gaps import MOST, Gaps, gap_problems
from collapse_probe._store._waiting import Waiting


class Shelf:
    """A disk that can be full, and those who hear of it."""

    def __init__(self) -> None:
        self.full = False
        self.written: list[str] = []
        self.heard: list[tuple[str, str]] = []
        notices = Notices(
            lambda text: self.heard.append(("warning", text)),
            lambda text: self.heard.append(("line", text)),
            lambda failure: self.heard.append(("failure", str(failure))),
        )
        self.over = 0
        self.outbox = Outbox(Path("run"), notices, when_over=self._count)

    def put(self, what: str, name: str, **job: object) -> bool:
        def write() -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            self.written.append(name)

        return self.outbox.put(Job(what, write, **job))  # type: ignore[arg-type]

    def _count(self) -> None:
        self.over += 1


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setattr(_waiting, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(_waiting, "LONGEST_RETRY_SECONDS", 0.02)
    shelf = Shelf()
    yield shelf
    shelf.outbox.close()


def _waits(shelf: Shelf) -> None:
    """Until the disk is found to fail."""
    while shelf.outbox.settle():
        pass


def test_what_waited_is_written_in_order_of_the_newest_state_and_without_captures(shelf: Shelf) -> None:
    shelf.full = True
    assert shelf.put("steps", "steps 0")
    _waits(shelf)
    for number in (1, 2):
        shelf.put("steps", f"steps {number}")
        shelf.put("run", f"run {number}", keep="latest")
        shelf.put("captures", f"capture {number}", keep="none")
    shelf.full = False
    shelf.outbox.close()
    steps = [name for name in shelf.written if name.startswith("steps")]
    assert steps == ["steps 0", "steps 1", "steps 2"]
    assert [name for name in shelf.written if name.startswith("run")][-1] == "run 2"
    assert shelf.over == 1


def test_while_one_kind_fails_the_others_go_on() -> None:
    lost: list[Job] = []
    waiting = Waiting(lost.append)
    first, second, capture = Job("steps", list), Job("steps", list), Job("captures", list, keep="none")
    other = Job("events", list)
    for job in (first, second, other, capture):
        assert waiting.add(job)
    assert waiting.take(at_once=False) is first
    assert waiting.failed(first, again=True)
    assert waiting.take(at_once=False) is other
    assert waiting.take(at_once=False) is capture
    assert not waiting.failed(capture, again=True)
    assert lost == [capture]
    assert waiting.take(at_once=False) is None
    assert not waiting.add(Job("captures", list, keep="none"))
    assert [waiting.take(at_once=True), waiting.take(at_once=True)] == [first, second]


def test_attempts_come_at_growing_intervals_up_to_a_minute() -> None:
    waiting = Waiting(lambda job: None)
    waiting.add(Job("steps", list))
    intervals = []
    for _ in range(9):
        job = waiting.take(at_once=True)
        assert job is not None
        waiting.failed(job, again=True)
        intervals.append(round(waiting.next_in() or 0.0))
    assert intervals == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_disk_that_comes_and_goes_is_one_warning_and_one_line(shelf: Shelf) -> None:
    for turn in range(5):
        shelf.full = True
        shelf.put("steps", f"steps {turn}", steps=(turn, turn))
        _waits(shelf)
        shelf.full = False
        while not shelf.outbox.settle():
            pass
    assert shelf.written == [f"steps {turn}" for turn in range(5)]
    assert [kind for kind, _ in shelf.heard] == ["warning", "line"]
    assert shelf.heard[0][1].startswith("run: steps cannot be written (OSError: [Errno 28] No space left on device)")
    assert shelf.heard[1][1] == "run is being written again after 0 s; missing: nothing"
    assert len(shelf.outbox.gaps()) == 5


def test_what_is_no_trouble_of_the_disk_is_told_as_a_failure_and_the_rest_is_written(shelf: Shelf) -> None:
    def write() -> None:
        raise RuntimeError("a mistake of ours")

    shelf.outbox.put(Job("steps", write))
    shelf.put("steps", "the next")
    shelf.outbox.close()
    assert ("failure", "a mistake of ours") in shelf.heard
    assert shelf.written == ["the next"]


def test_what_marks_gaps_is_written_last_of_all_when_the_disk_fails_to_the_end(shelf: Shelf) -> None:
    marks: list[list[dict[str, object]]] = []
    shelf.full = True
    shelf.outbox.put(Job("run", lambda: marks.append(shelf.outbox.gaps()), keep="latest"), marks=True)
    shelf.put("steps", "lost", steps=(3, 7), rows=5)
    while len(marks) < 2:
        time.sleep(0.001)
    assert marks[-1][0]["missing"] == {}
    shelf.outbox.close()
    (gap,) = marks[-1]
    assert (gap["missing"], gap["missing_steps"], gap["until"]) == ({"steps": 5}, [3, 7], None)
    assert shelf.heard[-1] == ("line", "run is closed; missing: 5 steps (between 3 and 7)")


def test_gaps_without_number_are_put_together() -> None:
    gaps = Gaps()
    for step in range(2 * MOST):
        gaps.begin("full")
        gaps.lose("steps", steps=(step, step))
        gaps.end()
    assert len(gaps.stored) == MOST
    assert gaps.missing == f"{2 * MOST} steps (between 0 and {2 * MOST - 1})"


@pytest.mark.parametrize(
    "gaps", [None, 3, [None], [{}], [{"missing": 3}], [{"missing": {"steps": 1}}], [{"missing": {}}]]
)
def test_gaps_that_are_none_are_no_error_of_a_reader(gaps: object) -> None:
    assert len(gap_problems({"gaps": gaps})) <= 1


def test_a_block_that_was_cut_short_is_taken_back_before_the_next(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    file = AppendedFile(tmp_path / "steps.0")
    file.append(b"whole")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.append(b"cut short")
        assert (tmp_path / "steps.0").read_bytes() == b"whole"
        file.append(b"fit")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "steps.0").read_bytes() == b"wholefit"


def test_a_file_that_was_deleted_is_not_made_anew(tmp_path: Path) -> None:
    file = AppendedFile(tmp_path / "steps.0")
    file.append(b"first")
    (tmp_path / "steps.0").unlink()
    with pytest.raises(FileNotFoundError):
        file.append(b"second")
    assert not (tmp_path / "steps.0").exists()
