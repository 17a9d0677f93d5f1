import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from collapse_probe import toy


@pytest.fixture
def ring() -> toy.Mixture:
    return toy.ring(8)


@pytest.fixture
def grid() -> toy.Mixture:
    return toy.grid(5)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def digits() -> Tensor:
    """1797 handwritten digits, 8 x 8, from 0 to 1, in random order."""
    images = torch.from_numpy(load_digits().images).double() / 16
    return images[torch.randperm(len(images), generator=torch.Generator().manual_seed(0))]


@pytest.fixture
def collapsed_with_strays(ring: toy.Mixture) -> Tensor:
    """2,495 samples of one mode and 5 strays, one in each of 5 others: improved recall calls it perfect."""
    noise = ring.sigma * torch.randn(2500, 2, generator=torch.Generator().manual_seed(5))
    return ring.centers[[0] * 2495 + [1, 2, 3, 4, 5]] + noise
