"""What all commands share: selection, exit statuses, completion, help, and nothing of it in a training."""

import json
import os
import subprocess
import sys
import webbrowser
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from collapse_probe._cli import main
from collapse_probe._cli._select import moment_of
from collapse_probe._store import RunWriter, load
from collapse_probe.errors import InvalidArgument

NOW = datetime.now().timestamp()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def make(folder: Path, *, tags: dict[str, str], age: float = 0.0, **info: object) -> None:
    """A run whose last sign of life is so many seconds old."""
    writer = RunWriter(folder, info={"tags": tags, **info})
    writer.append_steps({"step": np.arange(5), "time": np.full(5, NOW - age), "loss_d": np.linspace(1, 2, 5)})
    writer.close(how="finished")
    content = json.loads((folder / "run.json").read_text("utf-8"))
    for item in content["starts"] + content["ends"]:
        item["time"] = NOW - age
    (folder / "run.json").write_text(json.dumps(content), "utf-8")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make(folder / "lego-01", tags={"data": "lego"}, captures_removed=12, sheets_removed=0)
    make(folder / "lego-02", tags={"data": "bricks"}, age=5 * 86400)
    make(folder / "faces" / "first", tags={"data": "faces", "note": "left-out"}, age=30 * 86400)
    return folder


def listed(runs: Path, *arguments: str) -> set[str]:
    result = run("list", runs, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return {Path(row["run"]).name for row in json.loads(result.stdout)}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {"lego-01", "lego-02", "first"}),
        (["--select", "lego-*"], {"lego-01", "lego-02"}),
        (["--select", "first", "--select", "lego-02"], {"first", "lego-02"}),
        (["--select", "faces/*"], {"first"}),
        (["--select", "data=lego"], {"lego-01"}),
        (["--select", "data=*e*"], {"lego-01", "first"}),
        (["--since", "1d"], {"lego-01"}),
        (["--since", "1w"], {"lego-01", "lego-02"}),
        (["--since", (datetime.now() - timedelta(days=6)).isoformat()], {"lego-01", "lego-02"}),
        (["--since", "1w", "--select", "lego-02"], {"lego-02"}),
    ],
)
def test_runs_are_chosen_by_name_path_tag_and_date(runs: Path, arguments: list[str], expected: set[str]) -> None:
    assert listed(runs, *arguments) == expected


def test_a_selection_that_fits_nothing_is_status_3_and_names_what_there_is(runs: Path) -> None:
    result = run("report", runs, "--select", "leog-*")
    assert result.exit_code == 3
    assert "leog-*" in result.stderr and "lego-01" in result.stderr
    assert run("list", runs, "--since", "2200-01-01").exit_code == 3


@pytest.mark.parametrize("said", ["100", "yesterday", "3 fortnights", "1e999d", ""])
def test_what_is_no_date_is_refused_with_an_example(said: str, runs: Path) -> None:
    with pytest.raises(InvalidArgument, match="2026-11-20"):
        moment_of(said, now=datetime(2026, 11, 25))
    result = run("list", runs, "--since", said)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_list_says_what_was_thinned(runs: Path) -> None:
    lines = run("list", runs).stdout.splitlines()
    assert [("12 captures given up" in line) for line in lines] == ["lego-01" in line for line in lines]
    rows = {Path(row["run"]).name: row for row in json.loads(run("list", runs, "--json").stdout)}
    assert rows["lego-01"]["thinned"] == {"captures": 12, "sheets": 0}
    assert rows["first"]["tags"] == {"data": "faces", "note": "left-out"}


def test_a_run_that_was_interrupted_is_shown_as_one_with_what_was_planned(tmp_path: Path) -> None:
    for name, how, error in (("cut", "exception", "KeyboardInterrupt"), ("whole", "finished", None)):
        writer = RunWriter(tmp_path / name, info={"total_steps": 60_000})
        writer.append_steps({"step": np.arange(5), "time": np.full(5, NOW), "loss_d": np.linspace(1, 2, 5)})
        writer.close(how=how, error=error)
    assert (
        "5 of 60,000 steps, 0 captures, 0 sheets. Ended by KeyboardInterrupt.\n" in run("show", tmp_path / "cut").stdout
    )
    assert "5 of 60,000 steps, 0 captures, 0 sheets.\n" in run("show", tmp_path / "whole").stdout
    assert (load(tmp_path / "cut").interruption, load(tmp_path / "whole").interruption) == (
        "KeyboardInterrupt",
        None,
    )
    for command in ("list", "check"):
        lines = run(command, tmp_path).stdout.splitlines()
        assert [line.endswith("  Ended by KeyboardInterrupt.") for line in lines] == [True, False]
        rows = json.loads(run(command, tmp_path, "--json").stdout)
        assert [row["interruption"] for row in rows] == ["KeyboardInterrupt", None]
    assert json.loads(run("show", tmp_path / "cut", "--json").stdout)["interruption"] == "KeyboardInterrupt"
    # Taken up again, and not at its end: what ended the start before is no news.
    writer = RunWriter(tmp_path / "cut", info={"total_steps": 60_000})
    assert "Ended by" not in run("show", tmp_path / "cut").stdout
    assert load(tmp_path / "cut").interruption is None
    writer.close(how="finished")


def test_a_run_is_shown_in_words_and_in_json(runs: Path) -> None:
    result = run("show", runs / "lego-01")
    assert result.exit_code == 0
    assert "insufficient_data" in result.stdout and "tags: data=lego" in result.stdout
    assert "12 captures given up" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("loss_d")]
    assert "▁▃▅▆█" in line and line.endswith("last 2, 1 to 2")
    shown = json.loads(run("show", runs / "lego-01", "--json").stdout)
    assert (shown["steps"], shown["last"]["loss_d"], shown["last"]["edge"]) == (5, 2.0, None)
    assert run("show", runs / "nothing").exit_code == 3


def test_the_report_is_opened_when_asked_and_holds_the_selected_runs(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda uri: opened.append(uri) or True)
    page = tmp_path / "a page.html"
    assert run("report", runs, "-o", page, "--select", "lego-*", "--open").exit_code == 0
    assert opened == [page.as_uri()]
    text = page.read_text("utf-8")
    assert "lego-02" in text
    assert "left-out" not in text
    assert run("report", runs, "-o", page).exit_code == 0
    assert len(opened) == 1


def test_what_the_operating_system_refuses_is_one_line_and_status_2(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here", "utf-8")
    result = run("report", runs, "-o", tmp_path / "file" / "report.html")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ") and len(result.stderr.splitlines()) == 1
    assert str(tmp_path / "file") in result.stderr


def complete(words: str) -> list[str]:
    """What bash is offered for the last word."""
    environment = os.environ | {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    environment["_COLLAPSE_PROBE_COMPLETE"] = "bash_complete"
    result = CliRunner().invoke(main, [], prog_name="collapse-probe", env=environment)
    return [line.partition(",")[2] for line in result.stdout.splitlines()]


def test_the_shell_completes_commands_runs_and_their_names(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs.parent)
    assert {"watch", "list", "import"} <= set(complete("collapse-probe "))
    assert complete("collapse-probe check --fail-on co") == ["collapse"]
    assert complete(f"collapse-probe watch {runs}/le") == [f"{runs}/lego-01", f"{runs}/lego-02"]
    assert complete(f"collapse-probe watch {runs.name}/lego-02") == [f"{runs.name}/lego-02"]
    assert complete(f"collapse-probe watch {runs}/fa") == [f"{runs}/fa"]  # no run: the shell completes folders
    assert complete(f"collapse-probe list {runs} --select fi") == ["first"]


def test_a_training_needs_no_rich_and_imports_nothing_of_the_command_line(tmp_path: Path) -> None:
    """scikit-learn draws from Python's random numbers where rich is there; nothing of ours is to be the cause."""
    code = f"""
import sys
sys.modules["rich"] = None  # any import of it raises
import torch, collapse_probe as cp
ring = cp.toy.ring(8, seed=0)
with cp.Probe(run={str(tmp_path / "run")!r}, real=ring.sample(256)) as probe:
    for step in range(3):
        probe.step(loss_d=1.0, fake=ring.sample(64))
print(sorted(name for name in sys.modules if name.startswith(("rich.", "click", "collapse_probe._cli"))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
