import math

import pytest
import torch
from torch import Tensor

from collapse_probe import statistics, toy
from collapse_probe.statistics._chance import significant


@pytest.mark.parametrize(("mixture", "modes"), [(toy.ring(8), 8), (toy.grid(5), 25)], ids=["ring", "grid"])
def test_a_perfect_generator_is_said_to_miss_a_mode_no_more_often_than_the_level(
    mixture: toy.Mixture, modes: int, generator: torch.Generator
) -> None:
    missing = [
        statistics.missing_modes(
            generated=mixture.sample(1000, generator=generator),
            real=mixture.sample(1000, generator=generator),
            modes=mixture,
        )
        for _ in range(200)
    ]
    alarms = sum(float(value) > 0 for value in missing)
    assert alarms <= 200 * 0.05 + 4 * math.sqrt(200 * 0.05 * 0.95)


def test_modes_that_nobody_told_are_missed_by_chance_no_more_often(generator: torch.Generator) -> None:
    grid = toy.grid(3)
    statistic = statistics.get("missing_modes")
    alarms = 0.0
    for _ in range(3):
        state = statistic.fit(grid.sample(400, generator=generator))
        alarms += sum(float(statistic.compute(grid.sample(300, generator=generator), state)) > 0 for _ in range(40))
    assert alarms <= 120 * 0.05 + 4 * math.sqrt(120 * 0.05 * 0.95)


@pytest.mark.parametrize("lost", [1, 4, 7])
def test_modes_without_samples_are_missing(ring: toy.Mixture, lost: int, generator: torch.Generator) -> None:
    kept = toy.Mixture(ring.centers[lost:], ring.sigma)
    batch, real = kept.sample(400, generator=generator), ring.sample(1000, generator=generator)
    assert statistics.missing_modes(generated=batch, real=real, modes=ring) == lost
    assert statistics.missing_modes(generated=batch, real=real) == lost


def test_a_mode_at_half_its_weight_is_missing_once_there_are_samples_enough(
    ring: toy.Mixture, generator: torch.Generator
) -> None:
    weights = torch.ones(8)
    weights[3] = 0.5
    skewed = toy.Mixture(ring.centers, ring.sigma, weights=weights)
    real = ring.sample(20_000, generator=generator)
    assert statistics.missing_modes(generated=skewed.sample(2500, generator=generator), real=real, modes=ring) == 1
    few = [
        statistics.missing_modes(generated=skewed.sample(50, generator=generator), real=real, modes=ring)
        for _ in range(20)
    ]
    assert sum(float(value) for value in few) <= 4


def test_an_empty_mode_is_told_from_as_many_samples_on_as_the_docstring_says(ring: toy.Mixture) -> None:
    real = ring.centers.repeat(10_000, 1)
    for samples, missing in ((35, 0), (49, 1)):
        batch = ring.centers[1:].repeat(samples // 7, 1)
        assert statistics.missing_modes(generated=batch, real=real, modes=ring) == missing


def test_noise_over_the_grid_misses_every_mode_and_strays_are_no_modes(
    grid: toy.Mixture, ring: toy.Mixture, collapsed_with_strays: Tensor, generator: torch.Generator
) -> None:
    noise = 10 * torch.rand(2500, 2, generator=generator) - 5
    assert statistics.missing_modes(generated=noise, real=grid.sample(2500), modes=grid) == 25
    assert statistics.missing_modes(generated=collapsed_with_strays, real=ring.sample(2500), modes=ring) == 7


def test_one_stacked_digit_read_by_a_good_classifier_misses_all_modes_but_those_that_errors_fill(
    generator: torch.Generator,
) -> None:
    def classify(triples: Tensor) -> Tensor:
        """Reads three digits, each wrongly in 1 of 100 cases."""
        errors = torch.rand(triples.shape, generator=generator) < 0.01
        wrong = (triples + torch.randint(1, 10, triples.shape, generator=generator)) % 10
        return torch.where(errors, wrong, triples) @ torch.tensor([100, 10, 1])

    real = torch.cartesian_prod(*[torch.arange(10)] * 3).repeat(26, 1)
    one_image = torch.tensor([[1, 2, 3]]).expand(26_000, 3)
    # The 27 triples with one digit wrong get 26,000 / 900 samples each, as many as their fair share: no count helps
    # against a classifier's errors, and the effective number of modes, 1.26, does.
    assert statistics.missing_modes(generated=one_image, real=real, modes=classify) == 1000 - 28
    assert statistics.missing_modes(generated=real, real=real, modes=classify) == 0


def test_corrections_are_those_of_the_textbook() -> None:
    # Benjamini and Hochberg 1995, table of section 3.2: 15 p-values, 4 rejected, 3 by Bonferroni.
    p_values = torch.tensor(
        [
            0.0001,
            0.0004,
            0.0019,
            0.0095,
            0.0201,
            0.0278,
            0.0298,
            0.0344,
            0.0459,
            0.3240,
            0.4262,
            0.5719,
            0.6528,
            0.7590,
            1.0,
        ]
    ).double()
    order = torch.randperm(15, generator=torch.Generator().manual_seed(0))
    for correction, rejected in (("benjamini_hochberg", 4), ("bonferroni", 3), ("none", 9)):
        found = significant(p_values[order], 0.05, correction)  # type: ignore[arg-type]
        assert int(found.sum()) == rejected
        assert float(p_values[order][found].max()) == float(p_values[rejected - 1])
    assert not significant(torch.ones(3), 0.05, "benjamini_hochberg").any()
