"""Which samples are copies, which are odd, and which real one is nearest: known beforehand."""

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.distance import cdist

from collapse_probe._report._batches import Plane
from collapse_probe._report._distances import distances_figure, features, latents_figure
from collapse_probe._report._joined import joined_figure
from collapse_probe._report._neighbours import Neighbours, RealSamples, neighbour_sheet
from collapse_probe._report._style import ORANGE, SKY
from collapse_probe._report._view import View
from collapse_probe._store import RunWriter, load
from tests.report.made_up_runs import image_run, point_run, strokes

ORANGE_RGB, SKY_RGB = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (ORANGE, SKY))


def test_each_sample_is_beside_the_real_one_that_it_was_made_of() -> None:
    real = np.random.default_rng(0).normal(size=(100, 1, 16, 16))
    chosen = np.random.default_rng(1).permutation(100)[:30]
    noise = np.random.default_rng(2).normal(0, 0.01, (30, 1, 16, 16))
    found = Neighbours.of(real[chosen] + noise, RealSamples(real))
    assert np.array_equal(found.nearest, chosen)
    assert not found.odd.any()


def test_repeated_samples_are_copies_and_far_ones_are_odd() -> None:
    random = np.random.default_rng(0)
    real, generated = random.normal(size=(500, 8)), random.normal(size=(60, 8))
    generated[7], generated[31] = generated[3], generated[3]
    generated[50] = 30.0
    found = Neighbours.of(generated, RealSamples(real))
    assert set(np.flatnonzero(found.copy)) >= {3, 7, 31} and found.copy.sum() <= 5
    assert found.odd[50] and found.odd.sum() <= 6
    assert 50 in found.order()


def test_fresh_real_samples_are_hardly_ever_framed() -> None:
    random = np.random.default_rng(4)
    found = Neighbours.of(random.normal(size=(256, 5)), RealSamples(random.normal(size=(1024, 5))))
    assert found.copy.mean() < 0.05 and found.odd.mean() < 0.05


def test_the_frames_are_around_the_samples_that_are_meant(tmp_path: Path) -> None:
    view = View(image_run(tmp_path / "run", size=16))
    real = RealSamples(strokes(64, 5, 16, 1))
    generated = strokes(40, 9, 16, 1)
    generated[1] = generated[0]
    generated[2] = -generated[2]
    sheet, said = neighbour_sheet(view, generated, real, limits=(-1.0, 1.0))
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet.uri.partition(",")[2]))))
    corners = [tuple(pixels[1, 1 + 19 * place].tolist()) for place in range(3)]
    assert corners == [ORANGE_RGB, ORANGE_RGB, SKY_RGB]
    below = pixels[3 + 19 : 3 + 19 + 16, 3:19, 0]
    nearest = real.samples[Neighbours.of(generated, real).nearest[0], 0]
    assert np.abs(below - (nearest + 1) / 2 * 255).max() <= 1
    assert "2 of 40 are copies" in said or "3 of 40 are copies" in said


def test_pictures_are_averaged_down_and_points_left_as_they_are() -> None:
    picture = np.arange(32.0 * 32).reshape(1, 1, 32, 32)
    assert features(picture).shape == (1, 256)
    assert features(picture)[0, 0] == picture[0, 0, :2, :2].mean()
    points = np.array([[1.0, 2.0]])
    assert np.array_equal(features(points), points)


def test_distances_between_generated_samples_stand_beside_those_between_real_ones(tmp_path: Path) -> None:
    view = View(point_run(tmp_path / "run", collapse_at=600, every=100))
    found = distances_figure(view, list(view.shown.values()))
    assert found is not None
    figure, moves = found
    shares = np.array([move["y"][0] for move in moves])
    assert np.allclose(shares.sum(axis=1), 1) and np.isclose(figure["data"][1]["y"].sum(), 1)
    # One mode of eight: all pairs are near, at most the width of a mode.
    near = figure["data"][0]["x"] < 0.4
    assert shares[-1][near].sum() > 0.99 and shares[0][near].sum() < 0.2


def test_latents_that_are_ignored_do_not_correlate_with_samples_and_those_that_are_used_do(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    writer = RunWriter(tmp_path / "run", info={})
    latents = random.normal(size=(100, 3)).astype(np.float32)
    writer.write_capture(0, {"generated": 5 * latents, "latents": latents})
    writer.write_capture(10, {"generated": random.normal(size=(100, 3)).astype(np.float32), "latents": latents})
    found = latents_figure(View(load(tmp_path / "run")))
    assert found is not None
    used, ignored = (float(said.split()[-1]) for said in found[2])
    assert used == 1.0 and abs(ignored) < 0.1


def test_latents_are_read_within_a_class_where_there_are_labels(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    latents, labels = random.normal(size=(100, 3)).astype(np.float32), random.integers(4, size=100)
    far_apart = (1000 * labels[:, None] * np.ones(3)).astype(np.float32)
    writer = RunWriter(tmp_path / "run", info={})
    writer.write_capture(0, {"generated": latents + far_apart, "latents": latents, "labels": labels})
    writer.write_capture(10, {"generated": latents + far_apart, "latents": latents})
    found = latents_figure(View(load(tmp_path / "run")))
    assert found is not None
    within, among_all = (float(said.split()[-1]) for said in found[2])
    assert within > 0.99 and among_all < 0.2


def test_nothing_is_said_of_latents_that_were_not_stored(tmp_path: Path) -> None:
    assert latents_figure(View(point_run(tmp_path / "run", every=500))) is None


def test_each_point_is_joined_to_its_nearest_real_one_and_coloured_by_what_it_is(tmp_path: Path) -> None:
    run = point_run(tmp_path / "run", every=500)
    generated = run.reference[:40] + np.float32(0.001)  # type: ignore[index]
    generated[1] = generated[0]
    generated[2] = [4.0, 4.0]
    found = joined_figure(View(run), [generated, generated[:1], np.nan * generated], Plane.of(run.reference))  # type: ignore[arg-type]
    assert found is not None
    _, moves, said = found
    x, y = (moves[0][axis][0].reshape(-1, 3) for axis in "xy")
    assert np.isnan(x[:, 2]).all() and np.allclose(x[:, 0], generated[:, 0])
    lengths = np.hypot(x[:, 0] - x[:, 1], y[:, 0] - y[:, 1])
    shortest = cdist(generated, run.reference).min(axis=1)  # type: ignore[arg-type]
    assert np.allclose(lengths, shortest)
    plain, copies, odd = (len(each) for each in moves[0]["x"][1:])
    assert {0, 1} <= set(np.flatnonzero(np.isin(generated[:, 0], moves[0]["x"][2]))) and odd >= 1
    assert 4.0 in moves[0]["x"][3] and plain + copies + odd == 40
    assert said[0].startswith(f"{copies} of 40 are copies") and said[1].startswith("0 of 1 ") and "0 of 0" in said[2]
    assert all(len(each) == 0 for move in moves[1:] for each in move["x"])


def test_points_are_not_joined_where_there_is_nothing_to_join_them_to(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run", info={})
    writer.write_capture(0, {"generated": np.zeros((9, 2), np.float32)})
    writer.write_reference({"real": np.full((50, 2), np.nan, np.float32)}, {})
    view = View(load(tmp_path / "run"))
    assert joined_figure(view, [view.shown[0]], Plane.of(np.zeros((5, 2)))) is None
    assert joined_figure(view, [np.zeros((9, 3))], Plane.of(np.zeros((5, 3)))) is None
