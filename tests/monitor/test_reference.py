"""Real data as the yardstick: split, fitted, calibrated."""

import math

import numpy as np
import pytest
import torch

from collapse_probe import toy
from collapse_probe._monitor import fit_reference
from collapse_probe.errors import InvalidArgument


@pytest.fixture(scope="module")
def reference():  # noqa: ANN201 - the type is private to the package
    return fit_reference(toy.ring(8, seed=1).sample(2048), sample_size=256, modes=toy.ring(8))


def test_fresh_real_data_read_inside_their_own_band(reference) -> None:  # noqa: ANN001
    data = toy.ring(8, seed=2)
    rows = [reference.measure(data.sample(256)) for _ in range(20)]
    for column, band in reference.bands.items():
        if band.sd > 0:
            mean = np.mean([row[column] for row in rows])
            assert abs(band.z(mean)) < 4, column


def test_the_spread_of_the_band_is_that_of_fresh_real_data(reference) -> None:  # noqa: ANN001
    data = toy.ring(8, seed=3)
    rows = [reference.measure(data.sample(256)) for _ in range(60)]
    for column in ("occupancy", "mean_pairwise_distance", "effective_modes", "coverage"):
        fresh = float(np.std([row[column] for row in rows], ddof=1))
        assert 0.5 < reference.bands[column].sd / fresh < 2.0, column


def test_rows_beyond_the_calibrated_size_are_left_out(reference) -> None:  # noqa: ANN001
    sample = toy.ring(8, seed=4).sample(400)
    assert reference.measure(sample) == reference.measure(sample[:256])


def test_too_few_rows_are_undefined_rather_than_misread(reference) -> None:  # noqa: ANN001
    row = reference.measure(toy.ring(8, seed=4).sample(100))
    assert all(math.isnan(row[column]) for column in reference.bands)


def test_a_small_reference_measures_a_quarter_of_its_size() -> None:
    assert fit_reference(toy.ring(4).sample(64), sample_size=256, modes=toy.ring(4)).sample_size == 16


def test_too_small_a_reference_is_refused_by_number() -> None:
    with pytest.raises(InvalidArgument, match="the real data hold 20 finite samples"):
        fit_reference(torch.randn(20, 2), sample_size=256)


def test_an_embedding_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"embed returned shape \(64,\) for 64 samples"):
        fit_reference(torch.randn(64, 2), sample_size=16, embed=lambda x: x[:, 0])


def test_a_classifier_may_tell_the_modes_apart() -> None:
    data = toy.ring(8, seed=1)
    fitted = fit_reference(
        data.sample(1024),
        sample_size=256,
        modes=lambda x: torch.cdist(x.double(), data.centers.double()).argmin(1),
    )
    halved = data.sample(2048)
    row = fitted.measure(halved[halved[:, 0] > 0.5][:256])
    assert fitted.bands["effective_modes"].mean == pytest.approx(8, abs=0.2)
    assert row["effective_modes"] == pytest.approx(3, abs=0.2)


def test_the_same_sample_gives_the_same_reference() -> None:
    sample = toy.ring(8, seed=1).sample(512)
    first, second = (fit_reference(sample, sample_size=64).bands for _ in range(2))
    assert str(first) == str(second)  # as text, since an undefined band is NaN
