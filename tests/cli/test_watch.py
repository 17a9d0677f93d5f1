"""`collapse-probe watch`, in a terminal and without one, on a run that grows meanwhile."""

import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from collapse_probe._cli import _watch, main
from collapse_probe._records import Event
from collapse_probe._store import RunWriter

MOST_SECONDS = 300.0
ENTERED, LEFT = "\x1b[?1049h", "\x1b[?1049l"
IN_TERMINAL = (
    # Who starts the tests in the background of a shell starts them with Ctrl-C ignored.
    "import fcntl, runpy, signal, sys, termios; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "sys.argv[0] = 'collapse-probe'; runpy.run_module('collapse_probe', run_name='__main__', alter_sys=False)"
)


def rows(first: int, last: int) -> dict[str, np.ndarray]:
    step = np.arange(first, last)
    return {"step": step, "time": time.time() - (last - step) / 10, "loss_d": step / 1000, "loss_g": step / 500}


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    writer = RunWriter(tmp_path / "lego-01", info={"total_steps": 10_000})
    writer.append_steps(rows(0, 100))
    return writer


class Terminal:
    """A command in a terminal of its own: what it draws, and the keys and sizes that it is given."""

    def __init__(self, *arguments: str, columns: int = 100, lines: int = 24) -> None:
        self._main, other = os.openpty()
        self.said = ""
        self._resize(columns, lines)
        command = [sys.executable, "-c", IN_TERMINAL, *arguments]
        environment = os.environ | {"TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(sys.path)}
        environment = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, env=environment, start_new_session=True
        )
        os.close(other)

    def resize(self, columns: int, lines: int) -> None:
        """And forget what was drawn before."""
        self._resize(columns, lines)
        self.process.send_signal(signal.SIGWINCH)
        self.said = ""

    def _resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self._main, keys.encode())

    def until(self, seen: Callable[[str], object]) -> None:
        """Read until what was drawn is as it should be."""
        end = time.monotonic() + MOST_SECONDS
        while not seen(self.said):
            assert time.monotonic() < end, self.said[-3000:]
            if not self._read():
                assert seen(self.said), self.said[-3000:]

    def status(self) -> int:
        """The exit status, once it has drawn its last."""
        end = time.monotonic() + MOST_SECONDS
        while self._read():
            assert time.monotonic() < end, self.said[-3000:]
        return self.process.wait(MOST_SECONDS)

    def _read(self) -> bool:
        if not select.select([self._main], [], [], MOST_SECONDS)[0]:
            return False
        try:
            content = os.read(self._main, 65536)
        except OSError:  # nobody holds the other end any more
            return False
        self.said += content.decode("utf-8", "replace")
        return bool(content)

    def frames(self) -> list[list[str]]:
        """The lines of each whole screen that was drawn."""
        screens = self.said.split("\x1b[H")[1:-1]
        return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen).replace("\r", "").split("\n") for screen in screens]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._main)


@pytest.fixture
def open_terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def opener(*arguments: str) -> Terminal:
        opened.append(Terminal(*arguments))
        return opened[-1]

    yield opener
    for terminal in opened:
        terminal.close()


def test_a_live_run_is_drawn_as_it_grows_and_in_any_size_until_q(
    writer: RunWriter, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal("watch", str(writer.path), "--interval", "0.05")
    terminal.until(lambda said: "step 99 of 10,000" in said and "q quits" in said)
    assert ENTERED in terminal.said
    writer.append_steps(rows(100, 250))
    terminal.until(lambda said: "step 249 of 10,000" in said)
    writer.append_event(Event("collapse", "critical", 240, 200, "Lost \x1b]0;owned\x07[bold]", {"x": 1.0}, "Stop."))
    terminal.until(lambda said: "Lost \\x1b]0;owned\\x07[bold]" in said)
    terminal.resize(46, 10)
    terminal.until(lambda said: len(said.split("\x1b[H")) > 4)
    small = terminal.frames()[-1]
    assert len(small) <= 10
    assert max(map(len, small)) <= 46
    assert any("loss_g" in line for line in small)
    terminal.press("q")
    assert terminal.status() == 0
    shown, _, after = terminal.said.partition(LEFT)
    assert "\x1b]0;owned" not in shown
    assert "step 249 of 10,000" in after


def test_ctrl_c_leaves_and_the_terminal_is_as_it_was(writer: RunWriter, open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal("watch", str(writer.path))
    before = termios.tcgetattr(terminal._main)
    terminal.until(lambda said: "q quits" in said)
    assert termios.tcgetattr(terminal._main) != before
    terminal.press("\x03")
    assert terminal.status() == 0
    assert termios.tcgetattr(terminal._main) == before
    assert "Traceback" not in terminal.said
    assert LEFT in terminal.said


def test_the_screen_ends_with_the_run_and_its_verdict(
    writer: RunWriter, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal("watch", str(writer.path), "--interval", "0.05")
    terminal.until(lambda said: "q quits" in said)
    writer.close(how="finished")
    assert terminal.status() == 0
    assert "lego-01: insufficient_data." in terminal.said.partition(LEFT)[2]


def test_without_rich_a_terminal_gets_plain_lines_and_says_what_brings_the_screen(
    writer: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_watch, "has_rich", lambda: False)
    monkeypatch.setattr(_watch, "_is_terminal", lambda: True)
    monkeypatch.setattr(time, "sleep", lambda seconds: writer.close(how="finished"))
    result = CliRunner().invoke(main, ["watch", str(writer.path)])
    assert "pip install 'collapse-probe[watch]'" in result.stderr
    assert result.stdout.startswith("step 99 of 10,000")


def watch(*arguments: object) -> list[str]:
    result = CliRunner().invoke(main, ["watch", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_without_a_terminal_there_are_plain_lines_until_the_run_ends(
    writer: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            writer.append_steps(rows(100, 200))
            writer.append_event(Event("revolution", "warning", 190, 180, "It won.", {}, "Wait."))
        elif len(waits) == 3:  # in the second nothing comes, and nothing is said
            writer.close(how="finished")

    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", meanwhile)
    lines = watch(writer.path)
    assert waits == [10.0] * 3
    assert len(lines) == 5
    assert lines[0].startswith("step 99 of 10,000 (1%), 10 steps/s, 16 min 30 s left  loss_d 0.099  loss_g 0.198")
    assert lines[1] == "warning: It won."
    assert lines[2].startswith("step 199 of 10,000")
    assert lines[3].startswith("step 199 of 10,000 (2%), finished")
    assert lines[4].startswith("lego-01: insufficient_data.")
    assert not any("\x1b" in line for line in lines)


def test_json_has_an_object_a_line_and_each_event_once(writer: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(seconds: float) -> None:
        writer.append_event(Event("revolution", "warning", 90, 80, "It won.", {}, "Wait."))
        writer.close(how="finished")

    monkeypatch.setattr(time, "sleep", meanwhile)
    first, second = (json.loads(line) for line in watch(writer.path, "--json"))
    assert (first["step"], first["ended"], first["events"], first["diversity"]) == (99, None, [], None)
    assert first["values"] == {"loss_d": pytest.approx(0.099), "loss_g": pytest.approx(0.198)}
    assert first["steps_a_second"] == pytest.approx(10.0)
    assert (second["ended"], [event["kind"] for event in second["events"]]) == ("finished", ["revolution"])


def test_once_looks_once_and_of_several_runs_at_the_one_written_last(writer: RunWriter, tmp_path: Path) -> None:
    older = RunWriter(tmp_path / "older", info={})
    older.append_steps({name: values - (1e6 if name == "time" else 0) for name, values in rows(0, 7).items()})
    os.utime(older.path / "run.json")
    run_file = older.path / "run.json"
    run_file.write_text(re.sub(r'"time": [0-9.]+', '"time": 1.0', run_file.read_text("utf-8")), "utf-8")
    (line,) = watch(tmp_path, "--once")
    assert line.startswith("step 99 of 10,000")
    (line,) = watch(tmp_path, "--once", "--select", "older")
    assert line.startswith("step 6")
