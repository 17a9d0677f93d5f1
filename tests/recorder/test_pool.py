"""The pool keeps the latest rows, in order, whatever the batch size."""

import pytest
import torch

from collapse_probe._recorder._pool import Pool


@pytest.mark.parametrize("batch", [1, 3, 8, 10, 25])
def test_it_holds_the_latest_rows_oldest_first(batch: int) -> None:
    pool = Pool(10)
    rows = torch.arange(100.0).reshape(-1, 1)
    for part in rows.split(batch):
        pool.add(part)
    assert pool.full
    assert pool.snapshot()[:, 0].tolist() == list(range(90, 100))


def test_it_is_not_full_before_it_saw_enough_rows() -> None:
    pool = Pool(10)
    pool.add(torch.zeros(9, 2))
    assert not pool.full
    pool.add(torch.zeros(1, 2))
    assert pool.full


def test_a_snapshot_does_not_change_when_rows_are_added() -> None:
    pool = Pool(2)
    pool.add(torch.ones(2, 1))
    snapshot = pool.snapshot()
    pool.add(torch.zeros(2, 1))
    assert snapshot.tolist() == [[1.0], [1.0]]


def test_rows_of_another_shape_are_turned_away_and_nothing_is_lost() -> None:
    pool = Pool(2)
    pool.add(torch.ones(2, 1))
    assert not pool.add(torch.zeros(2, 3))
    assert pool.snapshot().tolist() == [[1.0], [1.0]]


def test_large_pictures_make_a_small_pool_of_at_most_28_megabytes() -> None:
    pool = Pool(256)
    pool.add(torch.zeros(1, 3, 256, 256))
    assert pool.size == 37
    assert pool.nbytes <= 28 * 2**20
