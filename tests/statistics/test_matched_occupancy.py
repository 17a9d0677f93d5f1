import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from collapse_probe import embeddings, statistics, toy
from collapse_probe.statistics import State

SIZE = 128


@pytest.fixture(scope="module")
def states(digits: Tensor) -> dict[str, State]:
    real = embeddings.choose((8, 8))(digits[:1000])
    return {name: statistics.get(name).fit(real) for name in ("occupancy", "matched_occupancy")}


def ratios(batch: Tensor, digits: Tensor, states: dict[str, State]) -> tuple[float, float]:
    """Both occupancies of a batch of images, relative to unseen real images."""
    embed = embeddings.choose((8, 8))
    values = []
    for name, state in states.items():
        statistic = statistics.get(name)
        seen, real = statistic.compute(embed(batch), state), statistic.compute(embed(digits[1000 : 1000 + SIZE]), state)
        assert isinstance(seen, float) and isinstance(real, float)
        values.append(seen / real)
    return values[0], values[1]


def few_images(digits: Tensor, images: int, noise: float) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    chosen = digits[1200 : 1200 + images][torch.randint(images, (SIZE,), generator=generator)]
    return chosen + noise * torch.randn(chosen.shape, generator=generator, dtype=torch.float64)


def test_half_the_contrast_empties_cells_and_leaves_the_guard_alone(digits: Tensor, states: dict[str, State]) -> None:
    occupancy, guard = ratios(0.5 * digits[1000 : 1000 + SIZE], digits, states)
    assert occupancy < 0.6
    assert guard == pytest.approx(1)


def test_shrinking_to_the_mean_empties_cells_and_leaves_the_guard_alone(
    digits: Tensor, states: dict[str, State]
) -> None:
    occupancy, guard = ratios(0.25 * digits[1000 : 1000 + SIZE] + 0.75 * digits.mean(0), digits, states)
    assert occupancy < 0.2
    assert guard == pytest.approx(1)


def test_blur_and_noise_over_varied_images_leave_the_guard_high(digits: Tensor, states: dict[str, State]) -> None:
    blurred = avg_pool2d(digits[1000 : 1000 + SIZE, None], 3, stride=1, padding=1)[:, 0]
    noise = torch.randn(blurred.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    _, guard = ratios(0.6 * blurred + 0.1 * noise, digits, states)
    assert guard > 0.8


@pytest.mark.parametrize(("images", "most"), [(1, 0.1), (3, 0.2), (10, 0.45)])
def test_few_images_lower_both(digits: Tensor, states: dict[str, State], images: int, most: float) -> None:
    occupancy, guard = ratios(few_images(digits, images, noise=0.02), digits, states)
    assert occupancy < 0.55
    assert guard < most


def test_one_image_without_noise_is_one_cell(digits: Tensor, states: dict[str, State]) -> None:
    batch = embeddings.choose((8, 8))(digits[1200].expand(SIZE, 8, 8))
    assert statistics.get("matched_occupancy").compute(batch, states["matched_occupancy"]) == pytest.approx(1)


@pytest.mark.parametrize("mixture", [toy.ring(8), toy.ring(16), toy.grid(5)], ids=["ring 8", "ring 16", "grid 5"])
@pytest.mark.parametrize("rows", [128, 512])
def test_in_two_dimensions_the_guard_is_blind_and_says_so(mixture: toy.Mixture, rows: int) -> None:
    one_mode = mixture.centers[0] + mixture.sigma * torch.randn(128, 2, generator=torch.Generator().manual_seed(0))
    value = statistics.matched_occupancy(generated=one_mode, real=mixture.sample(rows))
    assert isinstance(value, float) and math.isnan(value)


def test_what_it_would_have_said_there_is_wrong(ring: toy.Mixture) -> None:
    real = ring.sample(512)
    blob = 0.3 * torch.randn(256, 2, generator=torch.Generator().manual_seed(0))
    value = statistics.matched_occupancy(generated=blob, real=real, blind_from=2.0)
    perfect = statistics.matched_occupancy(generated=ring.sample(256), real=real, blind_from=2.0)
    assert isinstance(value, float) and isinstance(perfect, float)
    # A blob in the middle of the ring hits no mode, and seems to fill more than half of the cells.
    assert value / perfect > 0.5
