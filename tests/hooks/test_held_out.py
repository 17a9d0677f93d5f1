"""`held_out`: the probe asks the discriminator about unseen real samples, and training cannot tell."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

import collapse_probe as cp
from collapse_probe import statistics
from collapse_probe._hooks._held_out import HeldOut
from collapse_probe.errors import CollapseProbeWarning, InvalidArgument

from . import awkward

NAME = "discriminator_overfitting"
WIDTH, BATCH = 20, 32
FIXED = torch.randn(12, 6, generator=torch.Generator().manual_seed(8))


def _points(count: int, seed: int) -> Tensor:
    return torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(seed))


def _discriminator() -> nn.Module:
    return nn.Sequential(nn.Linear(WIDTH, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1), nn.Flatten(0))


def _train(
    run: Path,
    discriminator: nn.Module,
    data: Tensor,
    *,
    steps: int = 5,
    real_is: float = 1.0,
    lr: float = 1e-2,
    after: Callable[[int], Any] = int,
    **options: Any,
) -> cp.Run:
    """A discriminator whose scores have the sign `real_is` on batches of `data`, and a generator that knows their law.

    So what tells the two apart is which points were drawn, and nothing else.
    """
    torch.manual_seed(0)
    generator = nn.Linear(WIDTH, WIDTH)
    nn.init.eye_(generator.weight)
    optimizers = [torch.optim.Adam(generator.parameters(), 1e-4), torch.optim.Adam(discriminator.parameters(), lr)]
    watched = {"real": data, "every": 1, "sample_size": BATCH} | options
    with cp.attach(generator, discriminator, run=run, **watched):
        for step in range(steps):
            real = data[torch.randperm(len(data))[:BATCH]]
            fake = generator(torch.randn(BATCH, WIDTH))
            loss = softplus(-real_is * discriminator(real)).mean()
            loss = loss + softplus(real_is * discriminator(fake.detach())).mean()
            optimizers[1].zero_grad()
            loss.backward()
            optimizers[1].step()
            optimizers[0].zero_grad()
            softplus(-real_is * discriminator(fake)).mean().backward()
            optimizers[0].step()
            after(step)
    return cp.load(run)


@pytest.mark.parametrize("options", [{}, {"fixed_latents": FIXED}, {"every": 1, "real": None}], ids=str)
def test_training_is_bit_identical_with_and_without_it(options: dict[str, Any], tmp_path: Path) -> None:
    held_out = torch.randn(40, 2)
    without, watched = awkward.train(None), awkward.train(tmp_path / "run", held_out=held_out, **options)
    awkward.assert_same_training(without, watched)
    found = cp.load(tmp_path / "run").statistics
    assert "real" in options or found[NAME].notna().all()


def test_the_probe_does_not_observe_its_own_calls(tmp_path: Path) -> None:
    awkward.train(tmp_path / "without")
    awkward.train(tmp_path / "with", held_out=torch.randn(40, 2))
    without, watched = (cp.load(tmp_path / name) for name in ("without", "with"))
    assert without.info["loop"] == watched.info["loop"]
    assert without.steps.drop(columns="time").equals(watched.steps.drop(columns="time"))
    assert without.statistics.equals(watched.statistics.drop(columns=NAME))


def test_scores_are_those_of_the_discriminator_as_it_is_after_its_update(tmp_path: Path) -> None:
    data, held_out, discriminator = _points(96, 0), _points(48, 1), _discriminator()
    expected = []

    def note(step: int) -> None:
        with torch.no_grad():
            expected.append((discriminator(data).numpy(), discriminator(held_out).numpy()))

    run = _train(tmp_path / "run", discriminator, data, held_out=held_out, after=note)
    assert run.batches == list(range(5))
    for step in run.batches:
        seen, unseen = run.capture(step)["d_training"], run.capture(step)["d_held_out"]
        np.testing.assert_allclose(np.sort(seen), np.sort(expected[step][0]), atol=1e-5)
        np.testing.assert_allclose(np.sort(unseen), np.sort(expected[step][1]), atol=1e-5)
        by_hand = statistics.discriminator_overfitting(d_training=seen, d_held_out=unseen)
        assert run.statistics[NAME][step] == pytest.approx(by_hand, abs=1e-6)
    band = run.bands[NAME]
    assert (band.mean, band.sd) == (0, pytest.approx(np.sqrt(145 / (3 * 96 * 48))))


@pytest.mark.parametrize("real_is", [1.0, -1.0])
def test_a_discriminator_that_learns_32_points_by_heart_is_told_of(real_is: float, tmp_path: Path) -> None:
    run = _train(
        tmp_path / "run", _discriminator(), _points(32, 0), held_out=_points(64, 1), steps=150, real_is=real_is
    )
    (event,) = [event for event in run.event_list if event.kind == "overfitting"]
    assert event.severity == "warning" and 0 < event.onset < event.step
    assert run.statistics[NAME].iloc[-1] > 0.9
    assert run.statistics[NAME].iloc[:3].abs().max() < 0.6
    assert cp.replay(run) == run.event_list


def test_one_that_has_too_many_points_to_learn_by_heart_is_not(tmp_path: Path) -> None:
    run = _train(tmp_path / "run", _discriminator(), _points(1500, 0), held_out=_points(300, 1), steps=100)
    assert run.statistics[NAME].notna().sum() > 50
    assert run.statistics[NAME].abs().max() < 0.5
    assert "overfitting" not in {event.kind for event in run.event_list}


def test_at_most_128_of_each_kind_are_compared_in_whole_groups_of_16(tmp_path: Path) -> None:
    sizes = set()

    class Counting(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            sizes.update() if self.training else sizes.add(len(x))
            return super().forward(x)

    few = _train(tmp_path / "few", Counting(WIDTH, 1), _points(103, 0), held_out=_points(44, 1))
    many = _train(tmp_path / "many", Counting(WIDTH, 1), _points(500, 0), held_out=_points(500, 1))
    assert [len(few.capture(4)[name]) for name in ("d_training", "d_held_out")] == [100, 44]
    assert [len(many.capture(4)[name]) for name in ("d_training", "d_held_out")] == [128, 128]
    assert sizes == {16, 32}


def test_they_are_drawn_from_all_that_there_are_since_samples_may_be_sorted() -> None:
    rising = nn.Linear(1, 1)
    nn.init.ones_(rising.weight)
    asked = HeldOut(rising, torch.arange(500.0).view(-1, 1), score=None)
    scores = asked.ask(torch.arange(-500.0, 0).view(-1, 1), batch_size=32)
    for of in scores.values():
        assert len(of.unique()) == 128 and of.max() - of.min() > 400
    assert scores["d_held_out"].min() > scores["d_training"].max()


def test_what_a_discriminator_makes_of_a_whole_batch_concerns_both_kinds_alike(tmp_path: Path) -> None:
    class OfTheBatch(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * 1e-6 + x.mean()

    run = _train(tmp_path / "run", OfTheBatch(WIDTH, 1), _points(128, 0), held_out=_points(128, 1) + 5)
    assert abs(run.statistics[NAME].iloc[-1]) < 0.5


def test_a_discriminator_that_writes_into_its_input_does_not_spoil_the_samples(tmp_path: Path) -> None:
    class Writing(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x if self.training else x.mul_(2))

    run = _train(tmp_path / "run", Writing(WIDTH, 1), _points(64, 0), held_out=_points(32, 1), lr=0.0)
    scores = [run.capture(step)["d_held_out"] for step in run.batches]
    assert len(scores) > 1 and all(np.array_equal(scores[0], other) for other in scores)


def test_the_score_is_picked_as_in_training_and_a_map_counts_by_its_mean() -> None:
    class Several(nn.Linear):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x.new_zeros(len(x), 1), super().forward(x).view(len(x), 1, 2, 2)

    discriminator, unseen = Several(WIDTH, 4), _points(32, 1)
    asked = HeldOut(discriminator, unseen, score=lambda out: out[1])
    found = asked.ask(_points(64, 0), batch_size=32)["d_held_out"]
    expected = nn.functional.linear(unseen, discriminator.weight, discriminator.bias).mean(1)
    torch.testing.assert_close(found.sort().values, expected.detach().sort().values)
    assert not HeldOut(discriminator, unseen, score=None).ask(_points(64, 0), batch_size=32)["d_held_out"].any()


def test_its_time_is_a_cost_of_captures(tmp_path: Path) -> None:
    class Slow(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            if not self.training:
                time.sleep(0.02)
            return super().forward(x)

    run = _train(tmp_path / "run", Slow(WIDTH, 1), _points(64, 0), held_out=_points(32, 1))
    # 96 samples, 32 at a time, as many as a batch has.
    assert run.info["cost"]["seconds_per_capture_in_the_loop"] >= 3 * 0.02


def test_a_call_that_fails_later_ends_the_asking_and_nothing_else(tmp_path: Path) -> None:
    fails = False

    class Fragile(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            if fails and not self.training:
                raise RuntimeError("no memory")
            return super().forward(x)

    def break_it(step: int) -> None:
        nonlocal fails
        fails = step >= 2

    discriminator = Fragile(WIDTH, 1)
    with pytest.warns(
        CollapseProbeWarning, match=r"not asked about held_out any more.*RuntimeError: no memory"
    ) as said:
        run = _train(tmp_path / "run", discriminator, _points(64, 0), held_out=_points(32, 1), after=break_it, steps=8)
    assert len(said) == 1 and discriminator.training
    assert run.batches == list(range(8)) and len(run.steps) == 8
    assert run.statistics[NAME].iloc[3:].isna().all() and run.statistics["occupancy"].notna().all()
    assert "no memory" in run.info["error"]


class Conditional(nn.Linear):
    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return super().forward(x)


class OneScore(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).mean(0)


@pytest.mark.parametrize(
    ("discriminator", "held_out", "real", "message"),
    [
        (nn.Linear(2, 1), torch.zeros(16, 3), None, "the discriminator cannot be called on held_out"),
        (Conditional(2, 1), torch.zeros(16, 2), None, "One that takes labels too cannot be asked"),
        (OneScore(2, 1), torch.zeros(16, 2), None, "it gave 1 scores for 16 samples"),
        (nn.Linear(2, 1), torch.zeros(15, 2), None, r"held_out has shape \(15, 2\); expected at least 16 real samples"),
        (nn.Linear(2, 1), torch.zeros(16), None, r"held_out has shape \(16,\); expected at least 16 real samples"),
        (nn.Linear(2, 1), [[0.0, 0.0]] * 16, None, "held_out is list; expected real samples"),
        (nn.Linear(2, 1), torch.zeros(16, 2), torch.zeros(64, 1, 2), r"shape \(2,\) and real of \(1, 2\)"),
        (
            nn.Linear(2, 1),
            torch.zeros(16, 2),
            (torch.zeros(64, 3), torch.zeros(64)),
            r"shape \(2,\) and real of \(3,\)",
        ),
        (None, torch.zeros(16, 2), None, "held_out asks the discriminator"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_training(
    discriminator: nn.Module | None, held_out: Any, real: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        cp.attach(nn.Linear(2, 2), discriminator, run=tmp_path / "run", held_out=held_out, real=real)
    assert discriminator is None or "forward" not in vars(discriminator)
    assert not (tmp_path / "run").exists()


def test_a_probe_fed_by_hand_says_what_to_do_instead(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="held_out needs the discriminator itself"):
        cp.Probe(run=tmp_path / "run", held_out=torch.zeros(16, 2))
    assert not (tmp_path / "run").exists()


def test_real_data_of_another_shape_that_come_later_are_one_warning() -> None:
    asked = HeldOut(nn.Sequential(nn.Flatten(), nn.LazyLinear(1)), torch.zeros(16, 5, WIDTH), score=None)
    assert asked.ask(None, batch_size=32) == {} and asked.error is None
    with pytest.warns(CollapseProbeWarning, match=r"samples of shape \(5, 20\) and the real data \(20,\)") as said:
        assert [asked.ask(_points(64, 0), batch_size=32) for _ in range(3)] == [{}] * 3
    assert len(said) == 1 and asked.error is not None


def test_held_out_samples_that_training_sees_are_told_of(tmp_path: Path) -> None:
    data = _points(64, 0)
    with pytest.warns(CollapseProbeWarning, match="7 of the 32 samples of held_out are among the real data") as said:
        run = _train(tmp_path / "run", nn.Linear(WIDTH, 1), data, held_out=torch.cat([_points(25, 1), data[:7]]))
    assert len(said) == 1 and run.statistics[NAME].notna().all()


def test_arrays_are_taken_and_a_replay_that_measures_anew_keeps_what_the_discriminator_said(tmp_path: Path) -> None:
    held_out = _points(64, 1).numpy()
    run = _train(tmp_path / "run", _discriminator(), _points(32, 0), held_out=held_out, steps=120)
    live = [event for event in run.event_list if event.kind == "overfitting"]
    assert live and live == [event for event in cp.replay(run, embed="flatten") if event.kind == "overfitting"]


def test_arrays_of_float64_are_taken_by_a_discriminator_of_float32() -> None:
    asked = HeldOut(_discriminator(), _points(40, 1).double(), score=None)
    found = asked.ask(_points(64, 2), batch_size=32)
    assert found["d_held_out"].shape == (40,)
    assert asked.error is None


def test_held_out_samples_that_are_no_numbers_are_refused() -> None:
    samples = _points(40, 1)
    samples[:, 3] = torch.nan
    with pytest.raises(InvalidArgument, match="held_out holds NaN or infinity; leave those samples out"):
        HeldOut(_discriminator(), samples, score=None)


def test_what_was_told_before_held_out_was_given_anew_is_not_told_again(tmp_path: Path) -> None:
    discriminator, data, unseen = _discriminator(), _points(32, 0), _points(64, 1)
    for begin, options in ((0, {}), (3, {"held_out": unseen}), (153, {"held_out": unseen})):
        steps = 3 if not options else 150
        run = _train(tmp_path / "run", discriminator, data, steps=steps, first_step=begin, **options)
    assert [event.kind for event in run.event_list].count("overfitting") == 1
