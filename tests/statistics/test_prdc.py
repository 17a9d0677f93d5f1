import contextlib
import io

import prdc
import pytest
import torch
from torch import Tensor

from collapse_probe import statistics, toy
from collapse_probe.errors import InvalidArgument
from collapse_probe.statistics import _distances, _neighbours


def by_peer(generated: Tensor, real: Tensor, k: int) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        found = prdc.compute_prdc(real.numpy(), generated.numpy(), nearest_k=k)
    return [found[name] for name in ("precision", "recall", "density", "coverage")]


@pytest.mark.parametrize(("n", "m", "d", "k"), [(300, 300, 2, 5), (80, 400, 16, 3), (400, 90, 64, 1)])
def test_it_is_what_the_authors_package_says_of_data_without_ties(
    n: int, m: int, d: int, k: int, generator: torch.Generator
) -> None:
    generated = 0.9 * torch.randn(n, d, generator=generator, dtype=torch.float64) + 0.1
    real = torch.randn(m, d, generator=generator, dtype=torch.float64)
    value = statistics.prdc(generated=generated, real=real, k=k)
    assert torch.as_tensor(value).tolist() == pytest.approx(by_peer(generated, real, k), abs=1e-12)


def test_the_four_by_name_are_its_parts(generator: torch.Generator) -> None:
    generated, real = torch.randn(90, 3, generator=generator), torch.randn(70, 3, generator=generator)
    parts = [
        getattr(statistics, name)(generated=generated, real=real)
        for name in ("precision", "recall", "density", "coverage")
    ]
    assert torch.as_tensor(statistics.prdc(generated=generated, real=real)).tolist() == parts
    normalised = statistics.prdc(generated=generated, real=real, normalised=True)
    whole = statistics.coverage(generated=generated, real=real, normalised=True)
    assert torch.as_tensor(normalised).tolist() == [*parts[:3], whole]


def test_the_package_calls_equal_discrete_laws_disjoint_and_closed_balls_do_not(generator: torch.Generator) -> None:
    corners = torch.cartesian_prod(*[torch.arange(2.0)] * 3)
    generated, real = (corners[torch.randint(8, (400,), generator=generator)] for _ in range(2))
    assert by_peer(generated, real, 5) == [0, 0, 0, 0]
    precision, recall, density, coverage = torch.as_tensor(statistics.prdc(generated=generated, real=real))
    assert (precision, recall, coverage) == (1, 1, 1) and density > 1


def test_a_tight_cluster_in_a_wide_cloud_is_precise_and_recalls_little(generator: torch.Generator) -> None:
    cluster, cloud = 0.1 * torch.randn(300, 2, generator=generator), torch.randn(300, 2, generator=generator)
    precision, recall, _, _ = torch.as_tensor(statistics.prdc(generated=cluster, real=cloud))
    assert precision > 0.95 and recall < 0.2
    precision, recall, _, _ = torch.as_tensor(statistics.prdc(generated=cloud, real=cluster))
    assert precision < 0.2 and recall > 0.95


def test_stray_samples_fool_recall_and_not_coverage(ring: toy.Mixture, collapsed_with_strays: Tensor) -> None:
    _, recall, _, coverage = torch.as_tensor(
        statistics.prdc(generated=collapsed_with_strays, real=ring.sample(1000), k=5)
    )
    assert recall > 0.9 and coverage < 0.25


@pytest.mark.parametrize("offset", [0, 1000])
def test_turning_and_moving_both_samples_changes_nothing(offset: int, generator: torch.Generator) -> None:
    # Whole numbers: their float32 values are exact at the offset too, and full of ties.
    generated, real = (torch.randint(5, (120, 3), generator=generator).float() for _ in range(2))
    turned = torch.tensor([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])
    moved = statistics.prdc(generated=generated @ turned + offset, real=real @ turned + offset)
    assert torch.equal(torch.as_tensor(moved), torch.as_tensor(statistics.prdc(generated=generated, real=real)))


@pytest.mark.parametrize("numbers", [1, 1000, 5000])
def test_the_size_of_the_blocks_does_not_matter(
    numbers: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated, real = torch.randn(130, 4, generator=generator), torch.randn(210, 4, generator=generator)
    whole = torch.as_tensor(statistics.prdc(generated=generated, real=real))
    monkeypatch.setattr(_distances, "_BLOCK", numbers)
    assert torch.equal(torch.as_tensor(statistics.prdc(generated=generated, real=real)), whole)


@pytest.mark.parametrize("columns", [5, 100, 203, 1000])
@pytest.mark.parametrize("rank", [1, 6])
def test_the_search_by_groups_finds_the_smallest_values_ties_or_not(
    columns: int, rank: int, generator: torch.Generator
) -> None:
    values = torch.randint(50, (40, max(columns, rank)), generator=generator).double()
    expected = values.sort(dim=1).values[:, rank - 1]
    found, columns = _neighbours.smallest(values, rank)
    assert torch.equal(found.amax(dim=1), expected) and torch.equal(values.gather(1, columns), found)
    assert all(len(set(row)) == rank for row in columns.tolist())


def test_too_few_samples_leave_undefined_what_needs_their_neighbours(generator: torch.Generator) -> None:
    few, many = torch.randn(5, 2, generator=generator), torch.randn(50, 2, generator=generator)
    assert bool(torch.as_tensor(statistics.prdc(generated=many, real=few)).isnan().all())
    assert torch.as_tensor(statistics.prdc(generated=few, real=many)).isnan().tolist() == [False, True, False, False]


@pytest.mark.parametrize("name", ["precision", "recall", "density", "coverage", "prdc"])
@pytest.mark.parametrize("k", [0, -1])
def test_a_neighbour_of_no_rank_is_refused(name: str, k: int) -> None:
    with pytest.raises(InvalidArgument, match=f"k is {k}; expected the rank of a neighbour, 1 or more"):
        getattr(statistics, name)(generated=torch.eye(9), real=torch.eye(9), k=k)
