import math

import pytest
import torch

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument


def test_it_is_the_ratio_of_means_over_all_pairs(generator: torch.Generator) -> None:
    samples, latents = torch.randn(12, 2, 3, generator=generator), torch.randn(12, 5, generator=generator)
    pairs = torch.combinations(torch.arange(12))
    expected = [(each[pairs[:, 0]] - each[pairs[:, 1]]).abs().mean() for each in (samples, latents)]
    value = statistics.mode_seeking_ratio(generated=samples, latents=latents)
    assert value == pytest.approx(float(expected[0] / expected[1]), rel=1e-6)


def test_a_linear_generator_scores_its_gain_at_any_offset(generator: torch.Generator) -> None:
    latents = torch.randn(50, 4, generator=generator)
    assert statistics.mode_seeking_ratio(generated=latents * 3 + 1024, latents=latents) == pytest.approx(3, rel=1e-3)


def test_a_generator_that_follows_its_labels_alone_scores_nought(generator: torch.Generator) -> None:
    labels = torch.arange(60) % 5
    ignoring = torch.randn(5, 8, generator=generator)[labels]
    latents = torch.randn(60, 3, generator=generator)
    assert statistics.mode_seeking_ratio(generated=ignoring, latents=latents, labels=labels) == 0
    assert statistics.mode_seeking_ratio(generated=ignoring, latents=latents) > 0.5


def test_what_has_no_pairs_or_no_latents_or_no_numbers_is_undefined() -> None:
    one, two, same = torch.ones(1, 2), torch.eye(2), torch.ones(2, 2)
    assert math.isnan(statistics.mode_seeking_ratio(generated=one, latents=one))
    assert math.isnan(statistics.mode_seeking_ratio(generated=one[:0], latents=one[:0]))
    assert math.isnan(statistics.mode_seeking_ratio(generated=two, latents=same))
    assert math.isnan(statistics.mode_seeking_ratio(generated=two * math.nan, latents=two))
    assert math.isnan(statistics.mode_seeking_ratio(generated=two, latents=two, labels=torch.tensor([0, 1])))
    assert statistics.mode_seeking_ratio(generated=same, latents=two) == 0
    assert statistics.mode_seeking_ratio(generated=two.int(), latents=two.half()) == 1


def test_one_latent_for_each_sample_is_asked_for() -> None:
    with pytest.raises(InvalidArgument, match="generated holds 4 samples, latents 3; expected one latent"):
        statistics.mode_seeking_ratio(generated=torch.zeros(4, 2), latents=torch.zeros(3, 2))
    with pytest.raises(InvalidArgument, match=r"labels have shape \(3,\)"):
        statistics.mode_seeking_ratio(generated=torch.eye(4), latents=torch.eye(4), labels=torch.zeros(3).long())
