import math

import pytest
import torch
from scipy.stats import fisher_exact
from torch import Tensor

from collapse_probe import embeddings, statistics
from collapse_probe.statistics._cells import cell_counts


def points(rows: int, generator: torch.Generator) -> Tensor:
    return torch.randn(rows, 3, generator=generator)


def test_real_data_score_nothing_as_often_as_promised(generator: torch.Generator) -> None:
    values = torch.tensor(
        [
            statistics.different_bins(generated=points(400, generator), real=points(1000, generator), bins=20)
            for _ in range(60)
        ]
    )
    alarms = int((values > 0).sum())
    assert alarms <= 60 * 0.05 + 4 * math.sqrt(60 * 0.05 * 0.95)


def test_without_correction_real_data_score_the_level_or_less(generator: torch.Generator) -> None:
    # The published rule: 3.8 of 100 bins of a perfect generator.
    statistic = statistics.get("different_bins")
    state = statistic.fit(points(4000, generator))
    values = [
        type(statistic)(correction="none").compute(points(2000, generator), state)  # type: ignore[call-arg]
        for _ in range(20)
    ]
    mean = sum(float(value) for value in values) / 20
    assert 0.01 < mean < 0.07


def test_it_is_fishers_test_of_each_bin(generator: torch.Generator) -> None:
    statistic = statistics.get("different_bins")
    state = statistic.fit(points(200, generator))
    batch = 0.5 * points(150, generator)
    ours = cell_counts(batch.double() - state["center"], state["cells"])[0].int().tolist()
    theirs = state["real_counts"].int().tolist()
    assert len(theirs) == 20 and sum(theirs) == 100
    # Twice the smaller tail, where SciPy's two-sided test adds the likelier half of the other.
    p_values = [
        2 * min(fisher_exact([[a, 150 - a], [b, 100 - b]], alternative=side).pvalue for side in ("less", "greater"))
        for a, b in zip(ours, theirs, strict=True)
    ]
    different = sum(p <= 0.05 / 20 for p in p_values)
    assert 0 < different < 20
    assert statistic.compute(batch, state) == pytest.approx(different / 20)


def test_one_digit_missing_shows_and_unseen_digits_do_not(digits: Tensor) -> None:
    from sklearn.datasets import load_digits

    labels = torch.from_numpy(load_digits().target)[torch.randperm(1797, generator=torch.Generator().manual_seed(0))]
    rows = embeddings.choose((8, 8))(digits)
    statistic = type(statistics.get("different_bins"))(bins=20)  # type: ignore[call-arg]
    state = statistic.fit(rows[:1000])
    unseen, without = rows[1000:], rows[1000:][labels[1000:] != 0]
    assert statistic.compute(unseen, state) == 0
    found = statistic.compute(without, state)
    assert isinstance(found, float) and 0.05 <= found <= 0.3


def test_bins_are_no_more_than_real_data_fill() -> None:
    state = statistics.get("different_bins").fit(torch.randn(61, 2, generator=torch.Generator().manual_seed(0)))
    assert state["cells"].shape == (1, 6, 2) and float(state["real_counts"].sum()) == 31
