import math

import pytest
import torch
from torch import Tensor

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument
from collapse_probe.statistics import _kernels, _trace_estimate


def cloud(rows: int, dimensions: int, generator: torch.Generator) -> Tensor:
    return torch.randn(rows, dimensions, generator=generator, dtype=torch.float64)


def kernel_matrix(name: str, generator: torch.Generator) -> Tensor:
    """From all alike to all unlike, with one large eigenvalue among small ones and with many of a size."""
    rows = cloud(400, 8, generator)
    if name == "one tight mode among others":
        rows[:250] *= 0.05
    if name == "modes":
        rows = cloud(40, 8, generator).mul(3).repeat(10, 1) + 0.2 * rows
    if name == "smooth":
        rows = rows[:, :3]
    squared = {"unlike": 0.1, "wide kernel": 4.0, "smooth": 0.3}.get(name, 1.0)
    return _kernels._kernel_matrix(rows, torch.tensor(squared).double(), torch.float32)


def exactly(matrix: Tensor) -> float:
    values = torch.linalg.eigvalsh(matrix.double()).clamp(min=0)
    return float(torch.special.xlogy(values, values).sum()) / len(matrix)


SPECTRA = ["unlike", "cloud", "wide kernel", "one tight mode among others", "modes", "smooth"]


@pytest.mark.parametrize("name", SPECTRA)
def test_the_error_that_an_estimate_states_is_the_one_it_has(name: str, generator: torch.Generator) -> None:
    matrix = kernel_matrix(name, generator)
    expected = exactly(matrix)
    found = [_trace_estimate.mean_entropy_term(matrix, 0.01, seed) for seed in range(20)]
    off = torch.tensor([abs(one.value - expected) / one.error for one in found])
    # Of a normal law 68 % and 95 %; four and three standard errors of twenty draws below.
    assert float((off <= 1).double().mean()) >= 0.3 and float((off <= 2).double().mean()) >= 0.8
    # And it is not merely careful.
    assert float(off.amax()) > 0.4


def test_more_probes_are_drawn_until_they_suffice(generator: torch.Generator) -> None:
    matrix = kernel_matrix("cloud", generator)
    few = _trace_estimate.mean_entropy_term(matrix, 1.0, 0).error
    assert _trace_estimate.mean_entropy_term(matrix, few / 2, 0).error <= few / 2


def test_what_a_parabola_explains_is_not_left_to_chance(generator: torch.Generator) -> None:
    matrix = kernel_matrix("wide kernel", generator)
    probes = torch.randint(2, (400, 200), generator=generator).float() * 2 - 1
    values, vectors = torch.linalg.eigh(matrix)
    plain = (vectors.T @ probes).square().T @ torch.special.xlogy(values, values.clamp(min=0)).nan_to_num() / 400
    found = _trace_estimate.mean_entropy_term(matrix, 1e-9, 0)
    assert found.error < float(plain.std()) / math.sqrt(_trace_estimate._PROBES) / 10


def test_a_matrix_of_one_kind_and_one_of_as_many_as_samples_are_known_at_once() -> None:
    for matrix, expected in ((torch.ones(50, 50), math.log(50)), (torch.eye(50), 0.0)):
        found = _trace_estimate.mean_entropy_term(matrix, 0.001, 0)
        assert found.value == pytest.approx(expected, abs=1e-5) and found.error < 1e-4


@pytest.mark.parametrize("rows", [2, 3, 700])
def test_an_estimated_score_is_as_near_as_was_asked_for(rows: int, generator: torch.Generator) -> None:
    real, batch = cloud(200, 16, generator), cloud(rows, 16, generator)
    exact = float(statistics.vendi_score(generated=batch, real=real))  # type: ignore[arg-type]
    for error in (0.01, 0.002, 1e-5):
        value = statistics.vendi_score(generated=batch, real=real, relative_error=error)
        assert value == pytest.approx(exact, rel=3 * error)


def test_an_estimate_finds_no_large_spectrum_and_is_the_same_twice(
    generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(torch.linalg, "eigvalsh")
    batch = cloud(300, 40, generator)
    first, second, other = (
        statistics.vendi_score(generated=batch, real=batch, relative_error=0.005, seed=seed) for seed in (0, 0, 1)
    )
    assert first == second != other


def test_where_no_estimate_comes_so_near_the_spectrum_is_found(generator: torch.Generator) -> None:
    # Steps enough for no float32 and probes enough for nobody.
    batch = cloud(300, 8, generator)
    value = statistics.vendi_score(generated=batch, real=batch, relative_error=1e-7)
    assert value == statistics.vendi_score(generated=batch, real=batch)


def test_products_in_a_shorter_type_do_not_enter_an_estimate(generator: torch.Generator) -> None:
    batch = cloud(300, 40, generator)

    def value() -> object:
        return statistics.vendi_score(generated=batch, real=batch, relative_error=0.005)

    expected = value()
    with torch.autocast("cpu"):
        assert value() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("error", [-0.1, 1.0, math.nan])
def test_an_error_that_is_no_share_is_refused(error: float) -> None:
    with pytest.raises(InvalidArgument, match=r"relative_error is .*; expected 0, or a share such as 0\.001"):
        statistics.vendi_score(generated=torch.eye(3), real=torch.eye(3), relative_error=error)
