import math

import pytest
import torch
from scipy.stats import fisher_exact, kstest, norm

from collapse_probe import statistics, toy

PAIR = toy.Mixture(torch.tensor([[0.0, 0.0], [9.0, 0.0]]), 0.1)


def scores(generated: torch.Tensor, real: torch.Tensor, mixture: toy.Mixture) -> torch.Tensor:
    found = statistics.mode_scores(generated=generated, real=real, modes=mixture)
    assert isinstance(found, torch.Tensor)
    return found


@pytest.mark.parametrize(
    ("few", "of", "many", "total"), [(3, 20, 14, 25), (0, 50, 9, 60), (0, 4, 2, 300), (7, 9, 5, 9)]
)
def test_they_are_fishers_exact_test_as_normal_scores(few: int, of: int, many: int, total: int) -> None:
    generated = PAIR.centers[[0] * few + [1] * (of - few)]
    real = PAIR.centers[[0] * many + [1] * (total - many)]
    table = [[few, of - few], [many, total - many]]
    p = {side: fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")}
    expected = min(0.0, norm.ppf(p["less"])) if p["less"] < p["greater"] else max(0.0, norm.isf(p["greater"]))
    assert scores(generated, real, PAIR).tolist() == pytest.approx([expected, -expected], abs=1e-9)


def test_large_counts_agree_with_the_pooled_two_sample_score(ring: toy.Mixture) -> None:
    weights = torch.ones(8)
    weights[2] = 0.8
    generated, real = toy.Mixture(ring.centers, 1e-4, weights=weights).sample(20_000), ring.sample(20_000)
    labels = [
        torch.bincount(torch.cdist(x, ring.centers).argmin(1), minlength=8)[2] / 20_000 for x in (generated, real)
    ]
    ours, theirs = (float(share) * (1 - math.exp(-4.5) * where) for share, where in zip(labels, (0, 1), strict=True))
    pooled = (ours + theirs) / 2
    expected = (ours - theirs) / math.sqrt(pooled * (1 - pooled) * 2 / 20_000)
    assert expected < -4
    assert float(scores(generated, real, ring)[2]) == pytest.approx(expected, abs=0.35)


def test_real_data_score_as_a_standard_normal(generator: torch.Generator) -> None:
    ring = toy.ring(8)
    found = torch.cat(
        [
            scores(ring.sample(1500, generator=generator), ring.sample(4000, generator=generator), ring)
            for _ in range(40)
        ]
    )
    # Counts of one batch hang together a little; half of the modes of each batch are enough.
    assert kstest(found.reshape(40, 8)[:, :4].flatten().numpy(), "norm").pvalue > 1e-3


def test_no_count_is_so_unlikely_that_its_score_is_infinite(ring: toy.Mixture) -> None:
    found = scores(ring.centers[:1].repeat(5000, 1), ring.sample(5000), ring)
    assert bool(found.isfinite().all())
    assert float(found[0]) > 30 and float(found[1:].max()) < -20


def test_fitted_modes_are_counted_on_the_half_they_were_not_fitted_on(generator: torch.Generator) -> None:
    statistic = statistics.get("mode_scores")
    state = statistic.fit(toy.ring(8).sample(401, generator=generator))
    assert float(state["real_samples"]) == 201
    assert 190 < float(state["real_counts"].sum()) <= 201


def test_a_batch_that_is_not_finite_has_no_scores_one_for_each_mode(ring: toy.Mixture) -> None:
    found = scores(torch.tensor([[0.0, 0.0], [math.nan, 0.0]]), ring.sample(50), ring)
    assert found.shape == (8,) and bool(found.isnan().all())


def test_two_or_three_real_samples_are_too_few_to_be_cut_in_two_and_are_counted_where_they_were_found() -> None:
    for rows in (2, 3):
        real = torch.eye(rows)
        found = statistics.mode_scores(generated=real, real=real)
        assert isinstance(found, torch.Tensor) and bool(found.isfinite().all())
