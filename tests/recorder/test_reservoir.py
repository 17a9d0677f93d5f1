"""The first real samples, without copies, and without drawing a random number."""

import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from collapse_probe._recorder._reservoir import REFERENCE_ROWS, Reservoir, rows_of
from collapse_probe.errors import InvalidArgument


def test_a_small_data_set_that_comes_round_again_is_kept_once() -> None:
    data = torch.randn(100, 3)
    reservoir = Reservoir()
    for _ in range(10):
        reservoir.add(data)
    assert reservoir.done
    assert torch.equal(reservoir.rows(), data)


def test_it_stops_at_its_size() -> None:
    reservoir = Reservoir()
    reservoir.add(torch.randn(3 * REFERENCE_ROWS, 2))
    assert reservoir.done
    assert len(reservoir) == REFERENCE_ROWS


def test_rows_of_another_shape_are_refused_by_name() -> None:
    reservoir = Reservoir()
    reservoir.add(torch.randn(4, 2))
    with pytest.raises(InvalidArgument, match=r"shape \(3,\) after ones of shape \(2,\)"):
        reservoir.add(torch.randn(4, 3))


def test_a_shuffled_loader_is_read_and_the_random_states_are_as_before() -> None:
    data = torch.randn(300, 2)
    loader = DataLoader(TensorDataset(data, torch.zeros(300)), batch_size=32, shuffle=True)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    rows = rows_of(loader)
    assert {tuple(row.tolist()) for row in rows} == {tuple(row.tolist()) for row in data}
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]
    assert torch.equal(torch.get_rng_state(), before[2])


@pytest.mark.parametrize(
    ("real", "said"),
    [
        (3, "real is int; expected real samples"),
        (torch.randn(5), r"real has shape \(5,\)"),
        ([], "yields nothing"),
        (["a"], "yields str"),
    ],
)
def test_a_reference_that_is_none_is_refused(real: object, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said):
        rows_of(real)
