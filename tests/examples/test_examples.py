"""Each example in small: it runs, on drawn pictures and on a user's own, and says what it should."""

import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image

import collapse_probe as cp

Example = Callable[[str], ModuleType]
SMALL = ["--steps", "8", "--width", "2", "--batch", "64"]


@pytest.fixture(autouse=True)
def few_pictures(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference of the probe need not be fitted on 1,500."""
    monkeypatch.setattr(example("lego"), "DRAWN", 40)
    monkeypatch.setattr(example("basics"), "DRAWN", 60)


@pytest.mark.parametrize("name", ["lego", "drawings", "basics", "_pictures", "_drawn"])
def test_an_example_is_short_enough_to_be_read(example: Example, name: str) -> None:
    assert len(Path(str(example(name).__file__)).read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("own", [False, True], ids=["drawn", "own"])
def test_lego_runs_and_says_what_became_of_it(
    example: Example, mixed: Path, tmp_path: Path, own: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(mixed)] if own else []
    example("lego").main([*SMALL, *data, "--size", "16", "--run", str(tmp_path / "run")])
    run = cp.load(tmp_path / "run")
    assert len(run.steps) == 8
    assert run.batch(run.batches[0]).shape[1:] == (1, 16, 16)
    said = capsys.readouterr().out
    assert f"{run.path}: {run.verdict.kind}" in said
    assert ("skipped" in said) == own
    kept = run.info["kept_step"]
    assert f"the generator of step {kept}, in {run.path / 'best.safetensors'}" in said
    assert (run.path / "best.safetensors").is_file()


def test_lego_stops_when_the_probe_says_so(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cp.Probe, "should_stop", property(lambda probe: True))
    example("lego").main([*SMALL, "--size", "16", "--run", str(tmp_path / "run")])
    assert len(cp.load(tmp_path / "run").steps) == 1
    assert "stopped after 1 of 8 steps: 88% of the time saved" in capsys.readouterr().out


@pytest.mark.parametrize("more", [[], ["--run-on"]], ids=["as it is", "run on"])
def test_lego_runs_on_past_a_stop_only_where_it_is_told_to(example: Example, tmp_path: Path, more: list[str]) -> None:
    example("lego").main([*SMALL, *more, "--size", "16", "--run", str(tmp_path)])
    assert cp.load(tmp_path).info["options"]["stop_on"] == (
        [] if more else ["collapse", "divergence", "never_fitted", "stalled"]
    )


def test_the_same_seed_gives_the_same_run_and_another_another(example: Example, tmp_path: Path) -> None:
    losses = []
    for index, seed in enumerate("445"):
        folder = tmp_path / str(index)
        example("lego").main([*SMALL, "--size", "16", "--seed", seed, "--run", str(folder)])
        losses.append(cp.load(folder).steps["loss_d"].tolist())
    assert losses[0] == losses[1] != losses[2]


def test_label_noise_beyond_one_makes_the_loss_negative_and_clipping_gives_it_a_floor(example: Example) -> None:
    cross_entropy = example("lego").cross_entropy
    sure = torch.tensor([1.0], dtype=torch.float64)
    floor = cross_entropy(sure, torch.tensor([1.05], dtype=torch.float64))
    # -(1.05 ln p - 0.05 ln(1 - p)) at p = 1 - 1e-7
    assert float(floor) == pytest.approx(0.05 * math.log(1e-7), abs=1e-6)
    half = torch.tensor([0.5])
    assert float(cross_entropy(half, torch.tensor([1.05]))) == pytest.approx(math.log(2))


def test_the_three_drawings_experiments_differ_in_labels_latents_and_data(example: Example) -> None:
    drawings = example("drawings")
    torch.manual_seed(0)
    seen: dict[str, list[torch.Tensor]] = {}
    originals, drawings.cross_entropy = drawings.cross_entropy, lambda p, target: seen["now"].append(target) or p.sum()
    try:
        for name, setting in drawings.EXPERIMENTS.items():
            seen["now"] = seen[name] = []
            for label, noise in ((1.0, setting.noise_real), (0.0, setting.noise_fake)):
                drawings.loss(torch.full((2000,), 0.5), label, noise)
    finally:
        drawings.cross_entropy = originals
    spans = {
        name: [(round(float(t.min()), 1), round(float(t.max()), 1)) for t in seen[name]]
        for name in drawings.EXPERIMENTS
    }
    assert spans == {
        "first": [(1.0, 1.0), (0.0, 0.0)],
        "noise": [(0.7, 1.2), (0.0, 0.3)],
        "mirrored": [(0.8, 1.0), (0.0, 0.0)],
    }
    assert [setting.latent for setting in drawings.EXPERIMENTS.values()] == [5, 5, 10]
    assert drawings.DRAWN == 176


@pytest.mark.parametrize("own", [False, True], ids=["drawn", "own"])
def test_drawings_puts_runs_of_unequal_length_in_one_report(
    example: Example, mixed: Path, tmp_path: Path, own: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(mixed)] if own else []
    example("drawings").main([*SMALL, "--steps", "20", *data, "--size", "16", "--run", str(tmp_path)])
    runs = {name: cp.load(tmp_path / name) for name in ("first", "noise", "mirrored")}
    assert [len(run.steps) for run in runs.values()] == [14, 20, 8]
    assert all(run.sheets and len(run.sheet(run.sheets[0])) == 36 for run in runs.values())
    # Mirrored copies are shown to the discriminator; what the generator is read against are the pictures themselves.
    references = [run.reference for run in runs.values()]
    assert all(reference is not None and len(reference) == (40 if own else 176) for reference in references)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert all(name in page for name in runs)
    table = capsys.readouterr().out.partition("diversity ")[2]
    assert all(f"\n{name} " in table for name in runs)


def test_drawings_holds_out_faces_of_its_own_and_of_yours_only_what_you_spare(
    example: Example, mixed: Path, tmp_path: Path
) -> None:
    for index, picture in enumerate(example("_drawn").faces(16, 16)[0]):
        Image.fromarray((127.5 * (picture[0] + 1)).byte().numpy()).save(mixed / f"{index}.png")
    common = [*SMALL, "--experiment", "first", "--steps", "14", "--size", "16"]
    for name, options, rows in (
        ("drawn", [], (176, 44)),
        ("own", ["--data", str(mixed)], (56, 0)),
        ("spared", ["--data", str(mixed), "--hold-out", "20"], (36, 20)),
    ):
        example("drawings").main([*common, *options, "--run", str(tmp_path / name)])
        run = cp.load(tmp_path / name / "first")
        held_out = run.capture(run.batches[0]).get("d_held_out", [])
        assert run.reference is not None
        assert (len(run.reference), len(held_out)) == rows


def test_one_experiment_can_be_run_alone(example: Example, tmp_path: Path) -> None:
    example("drawings").main([*SMALL, "--experiment", "mirrored", "--size", "16", "--run", str(tmp_path)])
    runs = cp.load_runs(tmp_path)
    assert [(run.name, len(run.steps)) for run in runs] == [("mirrored", 8)]


@pytest.mark.parametrize(("own", "number"), [(True, "15"), (True, "30"), (True, "-3"), (True, "90"), (False, "20")])
def test_a_number_to_hold_out_that_cannot_be_is_refused_with_what_could(
    example: Example, mixed: Path, tmp_path: Path, own: bool, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for index, picture in enumerate(example("_drawn").faces(16, 16)[0]):
        Image.fromarray((127.5 * (picture[0] + 1)).byte().numpy()).save(mixed / f"{index}.png")
    data = ["--data", str(mixed)] if own else []
    with pytest.raises(SystemExit):
        example("drawings").main([*SMALL, *data, "--size", "16", "--hold-out", number, "--run", str(tmp_path / "run")])
    expected = f"--hold-out is {number}; expected 16 to 24 of 56, or 0" if own else "is for your own pictures (--data)"
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("own", [False, True], ids=["drawn", "own"])
def test_basics_sets_the_shares_of_each_loss_beside_those_of_the_data(
    example: Example, mixed: Path, tmp_path: Path, own: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(mixed)] if own else []
    example("basics").main([*SMALL, *data, "--run", str(tmp_path)])
    assert {run.name for run in cp.load_runs(tmp_path)} == {"gan", "wgan", "wgan-gp"}
    said = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:] for line in said.partition("shares ")[2].splitlines()[1:6]}
    assert list(rows) == ["data", "collapsed", "gan", "wgan", "wgan-gp"]
    assert rows["data"][:-1] == (["0.50"] * 2 if own else ["0.33"] * 3)
    assert rows["collapsed"][:-1] == ["1.00", *["0.00"] * (1 if own else 2)]
    assert float(rows["collapsed"][-1]) > float(rows["data"][-1]) or own  # noise of one folder is as good as of two
    for loss in ("gan", "wgan", "wgan-gp"):
        *shares, distance = (float(number) for number in rows[loss])
        assert sum(shares) == pytest.approx(1, abs=0.02)
        assert distance > 0


@pytest.mark.parametrize("name", ["lego", "drawings", "basics"])
def test_a_run_too_short_for_a_capture_ends_well(
    example: Example, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example(name).main(["--steps", "2", "--batch", "8", "--width", "2", "--size", "16", "--run", str(tmp_path)])
    assert "insufficient_data" in capsys.readouterr().out


def test_basics_works_the_example_of_the_notes_by_hand(example: Example) -> None:
    table = example("basics").histograms().splitlines()
    numbers = [float(line.split()[-1]) for line in table[1:5]]
    # 8 units of work; bins 3 apart; 14 units of mass; the mean of |i - j| under both histograms is 262 / 196.
    assert numbers == pytest.approx([8, 8 / 3, 8 / 14, 8 / (262 / 196)], abs=1e-4)
    apart = [[float(number) for number in line.split()] for line in table[7:]]
    assert [row[1] for row in apart] == pytest.approx([0, *[math.log(2)] * 4], abs=1e-4)
    assert [row[2] for row in apart] == [0, 1, 2, 3, 4]


def test_basics_wants_a_subfolder_for_each_class(example: Example, mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        example("basics").main([*SMALL, "--data", str(mixed / "cats"), "--run", str(tmp_path / "runs")])


@pytest.mark.parametrize(("name", "size"), [("lego", "50"), ("drawings", "50"), ("lego", "8")])
def test_a_size_that_the_networks_cannot_make_is_refused_with_one_that_they_can(
    example: Example, name: str, size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        example(name).main(["--size", size])
    assert ended.value.code == 2
    assert "expected" in capsys.readouterr().err
