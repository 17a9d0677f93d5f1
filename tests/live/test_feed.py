"""A run that another process writes, followed: what is known of it is what reading it whole would give."""

import io
import math
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import collapse_probe as cp
from collapse_probe._live import Feed, event_line, status_line
from collapse_probe._live._screen import Screen
from collapse_probe._records import Event
from collapse_probe._store import RunWriter
from collapse_probe.errors import RunNotFound

NOW = 1.7e9
VILLAIN = "\x1b[2J[bold red]x[/]\u202e\r\n"


def rows(first: int, last: int, value: float = 1.0) -> dict[str, np.ndarray]:
    """Ten steps a second."""
    step = np.arange(first, last)
    return {"step": step, "time": NOW + step / 10, "loss_d": np.full(len(step), value), "edge": step / 1000}


def collapse(step: int) -> Event:
    return Event("collapse", "critical", step, step - 10, f"Collapse {VILLAIN}", {"x": 1.0}, "Stop.")


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    return RunWriter(tmp_path / "run", info={"total_steps": 1000})


def test_what_is_written_is_seen_at_the_next_look_and_only_then(writer: RunWriter) -> None:
    feed = Feed(writer.path)
    assert feed.look() is True
    assert (feed.step, feed.steps_a_second, feed.seconds_left, status_line(feed)) == (None, None, None, "no step yet")
    writer.append_steps(rows(0, 100))
    assert feed.look() is True
    assert feed.look() is False
    writer.append_steps(rows(100, 400, value=3.0))
    assert feed.look() is True
    assert (feed.step, feed.steps.rows, feed.steps.last("loss_d")) == (399, 400, 3.0)
    assert feed.steps.bounds("loss_d") == (1.0, 3.0)
    assert feed.steps_a_second == pytest.approx(10.0)
    assert feed.seconds_left == pytest.approx(60.0)
    assert feed.ended is None


def test_events_statistics_and_the_end_are_seen(writer: RunWriter) -> None:
    writer.append_steps(rows(0, 10))
    feed = Feed(writer.path)
    feed.look()
    writer.write_reference({"real": np.zeros((4, 2), np.float32)}, {"bands": {"occupancy": [8.0, 0.5]}})
    writer.append_steps(rows(10, 60))
    for step, occupancy in ((20, 4.0), (30, 6.0), (40, 6.0)):
        writer.append_statistics({"step": np.array([step]), "occupancy": np.array([occupancy])})
    writer.append_event(collapse(50))
    writer.close(how="stopped")
    assert feed.look() is True
    assert feed.diversity.last("diversity") == 0.75
    assert (feed.captures, feed.best.step) == (3, 40)
    assert [event.step for event in feed.events] == [50]
    assert feed.ended == "stopped"
    assert feed.seconds_left is None
    assert status_line(feed) == "step 59 of 1,000 (6%), stopped by should_stop  loss_d 1  edge 0.059  diversity 75%"


def test_a_run_that_is_taken_up_at_an_earlier_step_loses_what_that_replaced(writer: RunWriter) -> None:
    writer.append_steps(rows(0, 300, value=50.0))
    feed = Feed(writer.path)
    feed.look()
    writer.close(how="exception")
    again = RunWriter(writer.path, info={})
    again.append_steps(rows(100, 200, value=2.0))
    feed.look()
    assert (feed.step, feed.steps.rows, feed.ended) == (199, 200, None)
    np.testing.assert_array_equal(feed.steps.extremes("loss_d")[1], cp.load(writer.path).steps["loss_d"])
    again.append_steps(rows(200, 250, value=2.0))
    feed.look()
    assert (feed.step, feed.steps.rows) == (249, 250)
    fresh = Feed(writer.path)
    fresh.look()
    np.testing.assert_array_equal(fresh.steps.extremes("loss_d")[1], cp.load(writer.path).steps["loss_d"])


def test_a_run_whose_files_are_replaced_is_read_from_its_beginning(writer: RunWriter) -> None:
    writer.append_steps(rows(0, 300))
    feed = Feed(writer.path)
    feed.look()
    (writer.path / "steps.0").unlink()
    feed.look()  # away for a while
    assert feed.step == 299
    other = RunWriter(writer.path.with_name("other"), info={})
    other.append_steps(rows(0, 20))
    (other.path / "steps.0").rename(writer.path / "steps.0")
    feed.look()
    assert (feed.step, feed.steps.rows) == (19, 20)


def test_a_run_that_has_fallen_silent_is_said_to_be(writer: RunWriter) -> None:
    writer.append_steps(rows(0, 100))
    feed = Feed(writer.path)
    feed.look()
    assert "no new step for" in status_line(feed)  # its last step is years old
    assert feed.silent_seconds > 1e6


def test_no_run_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunNotFound):
        Feed(tmp_path / "nothing")


@pytest.mark.parametrize("width", [1, 12, 40, 79, 80, 200])
@pytest.mark.parametrize("height", [1, 4, 8, 24, 60])
def test_the_screen_keeps_to_the_terminal_whatever_its_size(writer: RunWriter, width: int, height: int) -> None:
    step = np.arange(200)
    noise = np.random.default_rng(0).normal(size=(20, 200))
    many = {f"scalar {number}": noise[number] for number in range(20)}
    many[f"name {VILLAIN}"] = np.where(step == 100, np.inf, 1e-9)
    writer.append_steps({**rows(0, 200), "loss_g": np.full(200, math.pi), **many})
    for number in range(9):
        writer.append_event(collapse(100 + number))
    feed = Feed(writer.path)
    feed.look()
    stream = io.StringIO()
    console = Console(file=stream, width=width, height=height, force_terminal=True, color_system=None)
    console.print(Screen(feed, keys="q quits"), end="")
    said = stream.getvalue()
    lines = said.rstrip("\n").split("\n")
    assert max(map(len, lines)) <= width
    # Rich crops what a screen of one or two lines has no room for.
    assert len(lines) <= max(height, 6)
    assert not {"\x1b[2J", "\u202e", "\r"} & set(said) and "\x1b[2J" not in said
    if width >= 79 and height >= 24:
        assert "loss_g" in said and "3.142" in said and "Collapse \\x1b[2J[bold red]x[/]" in said


def test_an_event_is_one_harmless_line() -> None:
    assert event_line(collapse(5)) == "critical: Collapse \\x1b[2J[bold red]x[/]\\u202e\\r\\n Stop."
