"""The command line, by its words and exit statuses."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

import collapse_probe as cp
from collapse_probe._cli import main

REAL = cp.toy.ring(8, seed=1).sample(1024)


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    data = cp.toy.ring(8, seed=2)
    for name, collapses in (("healthy", False), ("collapsed", True)):
        with cp.Probe(run=folder / name, real=REAL, modes=data, total_steps=100) as probe:
            for step in range(16):
                one_mode = data.centers[:1] + 0.01 * torch.randn(64, 2, generator=torch.Generator().manual_seed(step))
                probe.step(loss_d=1.0, fake=one_mode if collapses and step > 7 else data.sample(64))
    return folder


def test_list_gives_one_line_a_run_with_its_verdict(runs: Path) -> None:
    result = _run("list", runs)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [("collapsed  " in line, "healthy  " in line) for line in lines] == [(True, False), (False, True)]
    assert "best step" in lines[0]


def test_check_gives_json_and_fails_only_when_asked(runs: Path) -> None:
    result = _run("check", runs, "--json")
    assert result.exit_code == 0
    verdicts = {Path(row["run"]).name: row for row in json.loads(result.stdout)}
    assert verdicts["collapsed"]["kind"] == "collapsed"
    assert verdicts["collapsed"]["step"] == 8
    assert verdicts["healthy"]["best_step"] is not None
    assert _run("check", runs, "--fail-on", "collapse").exit_code == 1
    assert _run("check", runs / "healthy", "--fail-on", "any").exit_code == 0


def test_report_writes_a_file_and_prints_its_path(runs: Path, tmp_path: Path) -> None:
    result = _run("report", runs, "--output", tmp_path / "page.html")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "collapsed" in page
    assert "healthy" in page


def test_a_folder_without_runs_is_status_3_and_says_where_it_looked(tmp_path: Path) -> None:
    result = _run("list", tmp_path)
    assert result.exit_code == 3
    assert str(tmp_path) in result.stderr
    assert _run("report", tmp_path / "missing").exit_code == 3


def test_an_unreadable_run_is_status_4_and_the_others_are_listed(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "run.json").write_text("{", "utf-8")
    shutil.copytree(runs / "healthy", tmp_path / "good")
    result = _run("list", tmp_path)
    assert result.exit_code == 4
    assert "healthy" in result.stdout
    assert "good" in result.stdout
    assert "torn" in result.stderr


def test_usage_errors_are_status_2() -> None:
    assert _run("check", "--fail-on", "sometimes").exit_code == 2
    assert _run("nonsense").exit_code == 2


def test_every_command_has_help() -> None:
    for name, command in main.commands.items():
        assert command.help, name
        assert _run(name, "--help").exit_code == 0


def test_the_report_speaks_japanese_keeps_to_a_size_and_shares_plotly(tmp_path: Path) -> None:
    with cp.Probe(run=tmp_path / "runs" / "one") as probe:
        probe.step(loss_d=1.0)
    result = _run("report", tmp_path / "runs", "--lang", "ja", "--plotlyjs", "directory", "--max-mb", 1)
    page = tmp_path / "runs" / "report.html"
    assert result.exit_code == 0
    assert '<html lang="ja"' in page.read_text("utf-8")
    assert page.stat().st_size < 1_000_000 and next(page.parent.glob("plotly-*.min.js")).stat().st_size > 1_000_000
