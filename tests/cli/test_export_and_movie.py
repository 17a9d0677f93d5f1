"""`collapse-probe export` and `movie`: what comes out is what is stored."""

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import collapse_probe as cp
from collapse_probe._cli import main
from collapse_probe._movie import _video
from collapse_probe._records import Event
from collapse_probe._store import RunWriter

TURN = 40


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of pictures that are as bright as their step, and one of points; both with an event."""
    folder = tmp_path_factory.mktemp("runs")
    for name in ("pictures", "deeper/points"):
        writer = RunWriter(folder / name, info={"value_range": [0.0, 100.0]})
        step = np.arange(100)
        loss = np.where(step == 50, np.inf, step / 3)
        writer.append_steps(
            {"step": step, "time": 1.7e9 + step / 7, "loss_d": loss, "a,b": np.where(step > 3, step, np.nan)}
        )
        writer.append_statistics({"step": np.array([0, TURN, 80]), "occupancy": np.array([0.1, 0.2, 0.3])})
        writer.append_event(Event("collapse", "critical", TURN, TURN, 'It "fell",\x1b[2J', {"x": 0.5}, "Stop."))
        for at in range(0, 100, 10):
            picture = np.full((9, 1, 8, 8), at, np.float32)
            points = np.full((50, 2), at / 100, np.float32)
            writer.write_capture(at, {"generated": picture if name == "pictures" else points})
        writer.close(how="finished")
    return folder


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_come_back_as_they_are_in_the_run(runs: Path, form: str, tmp_path: Path) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    result = run("export", runs, "-o", tmp_path, "--format", form, "--json")
    assert result.exit_code == 0, result.output
    written = {Path(row["file"]).relative_to(tmp_path).as_posix(): row["rows"] for row in json.loads(result.stdout)}
    tables = {"steps": 100, "statistics": 3, "events": 1}
    places = ("deeper/points", "pictures")
    assert written == {f"{place}/{table}.{form}": rows for place in places for table, rows in tables.items()}
    read = pd.read_csv if form == "csv" else pd.read_parquet
    source = cp.load(runs / "pictures")
    for name, table in (("steps", source.steps), ("statistics", source.statistics)):
        found = read(tmp_path / "pictures" / f"{name}.{form}").set_index("step")
        pd.testing.assert_frame_equal(found, table, check_index_type=False, check_dtype=False)
    (event,) = read(tmp_path / "pictures" / f"events.{form}").to_dict("records")
    assert (event["step"], event["kind"], json.loads(event["evidence"])) == (TURN, "collapse", {"x": 0.5})
    assert event["message"] == 'It "fell",\x1b[2J'


def test_one_table_of_one_run_and_no_file_left_on_its_way(runs: Path, tmp_path: Path) -> None:
    result = run("export", runs / "pictures", "-o", tmp_path, "--table", "events")
    assert result.exit_code == 0
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        "pictures/events.csv"
    ]
    assert run("export", runs).exit_code == 2  # a place to write to is needed


def test_parquet_without_pyarrow_names_the_extra(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("export", runs, "-o", tmp_path, "--format", "parquet")
    assert result.exit_code == 2
    assert "collapse-probe[parquet]" in result.stderr and "--format csv" in result.stderr


def frames(path: Path) -> list[np.ndarray]:
    with Image.open(path) as film:
        found = []
        for number in range(getattr(film, "n_frames", 1)):
            film.seek(number)
            found.append(np.asarray(film.convert("RGB")))
        return found


def test_a_gif_has_a_frame_for_each_capture_with_its_samples_in_it(runs: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.gif"
    result = run("movie", runs / "pictures", "-o", film, "--fps", "20")
    assert result.exit_code == 0, result.output
    found = frames(film)
    assert len(found) == 10
    for number, frame in enumerate(found):
        height, width = frame.shape[:2]
        assert int(frame[height // 2 + 10, width // 2 - 10].mean()) == pytest.approx(255 * number / 10, abs=3)
    with Image.open(film) as opened:
        opened.seek(1)
        assert opened.info["duration"] == 50
    # Red words above the pictures from the collapse on, black ones before.
    red = [bool(((frame[:28, :, 0] > 150) & (frame[:28, :, 1] < 90)).any()) for frame in found]
    assert red == [step >= TURN for step in range(0, 100, 10)]


def test_at_most_so_many_frames_and_the_turn_is_among_them(runs: Path, tmp_path: Path) -> None:
    result = run("movie", runs / "pictures", "-o", tmp_path / "film.gif", "--frames", "6")
    assert "4 more are stored" in result.stdout or "5 more are stored" in result.stdout
    bright = [
        int(frame[frame.shape[0] // 2 + 10, frame.shape[1] // 2 - 10].mean()) for frame in frames(tmp_path / "film.gif")
    ]
    assert any(abs(value - 255 * TURN / 100) <= 3 for value in bright)


def test_several_runs_make_a_file_each_in_a_folder_and_none_in_one_file(runs: Path, tmp_path: Path) -> None:
    assert run("movie", runs, "-o", tmp_path / "film.gif").exit_code == 2
    result = run("movie", runs, "-o", tmp_path / "films")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "films").iterdir()) == ["deeper-points.gif", "pictures.gif"]
    cloud = frames(tmp_path / "films" / "deeper-points.gif")
    blue = [np.argwhere((frame[30:, :, 2] > 120) & (frame[30:, :, 0] < 90)) for frame in cloud]
    centres = [place.mean(axis=0) for place in blue if len(place)]
    assert len(centres) > 2
    # The points go up and to the right.
    assert all(after[0] < before[0] and after[1] > before[1] for before, after in pairwise(centres))


def test_an_mp4_is_made_by_ffmpeg_and_without_one_the_extra_is_named(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    film = tmp_path / "film.mp4"
    assert run("movie", runs / "pictures", "-o", film, "--fps", "5").exit_code == 0
    said = subprocess.run([ffmpeg, "-i", film, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    assert "5 fps" in said and "h264" in said and "frame=   10" in said
    monkeypatch.setattr(_video.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = run("movie", runs / "pictures", "-o", tmp_path / "other.mp4")
    assert result.exit_code == 2
    assert "collapse-probe[movie]" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_what_cannot_be_a_movie_is_refused_in_words(runs: Path, tmp_path: Path) -> None:
    RunWriter(tmp_path / "bare", info={}).append_steps({"step": np.arange(3), "time": np.zeros(3)})
    result = run("movie", tmp_path / "bare", "-o", tmp_path / "film.gif")
    assert result.exit_code == 2
    assert "stores no captures" in result.stderr
    assert run("movie", runs / "pictures", "--of", "sheets", "-o", tmp_path / "film.gif").exit_code == 2
    assert run("movie", runs / "pictures", "--fps", "0").exit_code == 2
