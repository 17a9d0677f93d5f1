import math
import warnings

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import torch
from torch import Tensor
from vendi_score import vendi

from collapse_probe import statistics, toy
from collapse_probe.errors import InvalidArgument
from collapse_probe.statistics import _kernels

ORDERS = [1, 2, math.inf, 1.5]


def groups(count: int, size: int, dimensions: int = 12) -> Tensor:
    """Orthogonal and, to a Gaussian kernel, infinitely distant."""
    return 1000 * torch.eye(dimensions)[torch.arange(count).repeat(size)]


def by_eigenvalues(kernel: np.ndarray, order: float) -> float:
    shares = scipy.linalg.eigvalsh(kernel / len(kernel)).clip(min=0)
    shares = shares[shares > 0]
    if order == 1:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    return float(1 / shares.max() if order == math.inf else (shares**order).sum() ** (1 / (1 - order)))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kernel", ["rbf", "cosine"])
@pytest.mark.parametrize("count", [1, 3, 12])
def test_equal_groups_that_share_nothing_are_counted(order: float, kernel: str, count: int) -> None:
    options = {"order": order, "kernel": kernel, "bandwidth": 0.05}
    value = statistics.vendi_score(generated=groups(count, 5), real=groups(12, 2), **options)
    assert value == pytest.approx(count, rel=1e-9)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_with_a_gaussian_kernel_it_is_the_spectrum_of_the_whole_matrix(
    order: float, spread: float, generator: torch.Generator
) -> None:
    # A narrow batch has a factor of few columns, a wide one none: both ways are taken.
    real = torch.randn(80, 3, generator=generator, dtype=torch.float64)
    batch = spread * torch.randn(200, 3, generator=generator, dtype=torch.float64)
    squared = float((0.3 * torch.pdist(real).median()).square())
    kernel = np.exp(-scipy.spatial.distance.cdist(batch.numpy(), batch.numpy(), "sqeuclidean") / (2 * squared))
    value = statistics.vendi_score(generated=batch, real=real, order=order, bandwidth=0.3)
    assert value == pytest.approx(by_eigenvalues(kernel, order), rel=1e-6)


def test_both_ways_to_the_gaussian_spectrum_are_taken(generator: torch.Generator) -> None:
    rows = torch.randn(300, 3, generator=generator, dtype=torch.float64)
    narrow = _kernels.gaussian_spectrum(0.1 * rows, torch.tensor(1.0).double())
    wide = _kernels.gaussian_spectrum(30 * rows, torch.tensor(1.0).double())
    assert len(narrow) <= 100 and len(wide) == 300
    assert [float(narrow.sum()), float(wide.sum())] == pytest.approx([1, 1], rel=1e-7)


@pytest.mark.parametrize(("groups", "searches"), [(250, 5), (900, 3)], ids=["narrow", "hopeless"])
def test_the_search_for_a_narrow_factor_goes_on_while_there_is_hope(
    groups: int, searches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    found = torch.linalg.eigh
    monkeypatch.setattr(torch.linalg, "eigh", lambda matrix: calls.append(1) or found(matrix))  # type: ignore[func-returns-value]
    rows = 100 * torch.arange(900, dtype=torch.float64).remainder(groups)[:, None]
    spectrum = _kernels.gaussian_spectrum(rows, torch.tensor(1.0).double())
    assert len(calls) == searches
    assert int((spectrum > 1e-9).sum()) == groups and (len(spectrum) < 300) == (groups == 250)


@pytest.mark.parametrize("shape", [(100, 8), (20, 60)], ids=["more rows", "more columns"])
@pytest.mark.parametrize("order", [1, 2])
def test_with_cosine_it_is_the_authors_score_in_its_dual_form(
    shape: tuple[int, int], order: int, generator: torch.Generator
) -> None:
    batch = torch.randn(*shape, generator=generator, dtype=torch.float64) + 0.5
    value = statistics.vendi_score(generated=batch, real=batch, kernel="cosine", order=order)
    assert value == pytest.approx(vendi.score_dual(batch.numpy(), q=order), rel=1e-9)


def test_where_the_authors_package_is_wrong(generator: torch.Generator) -> None:
    batch = torch.randn(50, 20, generator=generator, dtype=torch.float64)
    first, second = (
        statistics.vendi_score(generated=batch, real=batch, kernel="cosine", order=order) for order in (1, 2)
    )
    assert isinstance(first, float) and isinstance(second, float) and second < 0.95 * first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks types up under names that SciPy has left behind
        # Its score_X is of order 1 whatever order is asked for, and infinity is known as a word only.
        assert vendi.score_X(batch.numpy(), q=2) == pytest.approx(first, rel=1e-9)
        assert math.isnan(vendi.score_dual(batch.numpy(), q=math.inf))
    assert not math.isnan(
        float(statistics.vendi_score(generated=batch, real=batch, kernel="cosine", order=math.inf))  # type: ignore[arg-type]
    )


def test_order_two_is_the_rke_mode_count_of_relative_diversity(generator: torch.Generator) -> None:
    real, batch = torch.randn(60, 2, generator=generator), 0.3 * torch.randn(60, 2, generator=generator)
    ratio = statistics.vendi_score(generated=batch, real=real, order=2) / statistics.vendi_score(  # type: ignore[operator]
        generated=real, real=real, order=2
    )
    assert statistics.relative_diversity(generated=batch, real=real) == pytest.approx(float(ratio), rel=1e-9)


def test_order_two_needs_no_eigenvalues(generator: torch.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.linalg, "eigvalsh")
    batch = torch.randn(60, 4, generator=generator)
    for kernel in ("rbf", "cosine"):
        assert isinstance(statistics.vendi_score(generated=batch, real=batch, order=2, kernel=kernel), float)


def test_the_bandwidth_does_not_shrink_with_the_batch(ring: toy.Mixture) -> None:
    real = ring.sample(500)
    narrow = statistics.vendi_score(generated=0.01 * real, real=real)
    assert isinstance(narrow, float) and narrow < 1.05


def test_the_ring_keeps_its_modes(ring: toy.Mixture) -> None:
    for kept in (8, 4, 2):
        batch = toy.Mixture(ring.centers[:: 8 // kept], ring.sigma).sample(400)
        value = statistics.vendi_score(generated=batch, real=ring.sample(400), order=2)
        assert value == pytest.approx(kept, rel=0.02)


@pytest.mark.parametrize("kernel", ["rbf", "cosine"])
@pytest.mark.parametrize("picture", [0.0, 0.1, 1e3])
def test_one_picture_is_one(kernel: str, picture: float, generator: torch.Generator) -> None:
    real = torch.randn(40, 6, generator=generator)
    for order in ORDERS:
        batch = torch.full((30, 6), picture)
        assert statistics.vendi_score(generated=batch, real=real, kernel=kernel, order=order) == pytest.approx(1)


def test_real_data_without_spread_leave_it_undefined() -> None:
    value = statistics.vendi_score(generated=torch.eye(2), real=torch.ones(20, 2))
    assert isinstance(value, float) and math.isnan(value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 0.5}, "order is 0.5; expected 1 or more"),
        ({"order": math.nan}, "order is nan; expected 1 or more"),
        ({"kernel": "linear"}, "kernel is 'linear'; expected 'rbf' or 'cosine'"),
        ({"bandwidth": 0.0}, "bandwidth is 0.0; expected a share of the median distance, above 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        statistics.vendi_score(generated=torch.eye(3), real=torch.eye(3), **options)
