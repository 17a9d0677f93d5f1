import pytest
import torch
from scipy.spatial.distance import jensenshannon

from collapse_probe import statistics
from collapse_probe.statistics._cells import cell_counts


def test_it_is_the_square_of_scipys_distance_between_shares(generator: torch.Generator) -> None:
    statistic = statistics.get("bin_divergence")
    state = statistic.fit(torch.randn(300, 4, generator=generator))
    batch = 0.3 * torch.randn(100, 4, generator=generator) + 0.5
    ours = cell_counts(batch.double() - state["center"], state["cells"])[0]
    expected = jensenshannon(ours.numpy(), state["real_counts"].numpy()) ** 2
    assert expected > 0.05
    assert statistic.compute(batch, state) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("samples", "rows"), [(2000, 8000), (1000, 2000)])
def test_real_data_score_the_floor_of_the_docstring(samples: int, rows: int, generator: torch.Generator) -> None:
    values = torch.tensor(
        [
            statistics.bin_divergence(
                generated=torch.randn(samples, 2, generator=generator),
                real=torch.randn(rows, 2, generator=generator),
                bins=20,
            )
            for _ in range(12)
        ]
    )
    floor = 19 / 8 * (1 / samples + 2 / rows)
    assert abs(float(values.mean()) - floor) < 4 * float(values.std()) / 12**0.5
    assert float(values.mean()) == pytest.approx(floor, rel=0.35)


def test_samples_in_no_common_bin_score_ln_2() -> None:
    real = torch.tensor([[0.0], [9.0]]).repeat(50, 1)
    value = statistics.bin_divergence(generated=torch.zeros(10, 1), real=real, bins=2)
    assert value == pytest.approx(jensenshannon([1, 0], [0.5, 0.5]) ** 2, abs=0.05)
