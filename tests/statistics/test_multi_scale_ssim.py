"""MS-SSIM against torchmetrics where that is defined, and what a contract asks of a statistic that reads pictures."""

import math

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure as peer_of_several_scales,
)
from torchmetrics.functional.image import structural_similarity_index_measure as peer

from collapse_probe import statistics
from collapse_probe.errors import InvalidArgument
from collapse_probe.statistics._multi_scale_ssim import EXPONENTS, multi_scale_ssim


def pictures(rows: int, *shape: int, seed: int = 0) -> Tensor:
    """Smooth random pictures between 0 and 1."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(rows, *shape, generator=generator)
    return (noise + noise.roll(1, -1) + noise.roll(1, -2)) / 3


def by_the_peer(first: Tensor, second: Tensor, scales: int) -> Tensor:
    """From torchmetrics' terms at each scale; its own product counts mirrored borders at the coarsest one."""
    exponents = torch.tensor(EXPONENTS[:scales]) / sum(EXPONENTS[:scales])
    product = torch.ones(len(first))
    for scale, exponent in enumerate(exponents):
        last = scale == scales - 1
        options = {"return_full_image": True} if last else {"return_contrast_sensitivity": True}
        _, found = peer(first, second, data_range=1.0, reduction="none", **options)
        product *= (found[..., 5:-5, 5:-5].mean((1, 2, 3)) if last else found).clamp(min=0) ** exponent
        first, second = avg_pool2d(first, 2), avg_pool2d(second, 2)
    return product


@pytest.mark.parametrize(("side", "scales"), [(12, 1), (28, 2), (32, 2), (64, 3), (88, 4), (180, 5)])
def test_it_is_made_of_the_terms_of_torchmetrics_at_as_many_scales_as_fit(side: int, scales: int) -> None:
    first, second = pictures(3, 3, side, side), pictures(3, 3, side, side, seed=1)
    second = 0.5 * first + 0.5 * second
    torch.testing.assert_close(multi_scale_ssim(first, second), by_the_peer(first, second, scales), atol=1e-5, rtol=0)


def test_the_peer_counts_mirrored_borders_which_were_never_compared_pixel_by_pixel() -> None:
    first, second = pictures(3, 1, 28, 28), pictures(3, 1, 28, 28, seed=1)
    mixed = 0.5 * first + 0.5 * second
    theirs = float(torch.as_tensor(peer(first, mixed, data_range=1.0)))
    ours = float(peer(first, mixed, data_range=1.0, return_full_image=True)[1][..., 5:-5, 5:-5].mean())
    assert abs(theirs - ours) > 0.003


def test_a_picture_and_its_negative_are_at_nought_where_the_peer_gives_no_number() -> None:
    picture = pictures(2, 1, 32, 32)
    assert multi_scale_ssim(picture, 1 - picture).tolist() == [0, 0]
    theirs = peer_of_several_scales(picture, 1 - picture, data_range=1.0, betas=(0.5, 0.5), normalize=None)
    assert bool(torch.as_tensor(theirs).isnan().any())


def test_few_pictures_are_more_alike_than_many_and_noise_less_than_any() -> None:
    smooth = torch.nn.functional.interpolate(pictures(64, 1, 7, 7), size=28, mode="bilinear")
    values = {
        name: statistics.multi_scale_ssim(generated=batch, real=smooth)
        for name, batch in {
            "one": smooth[:1].repeat(64, 1, 1, 1),
            "three": smooth[:3].repeat(20, 1, 1, 1),
            "real": smooth,
            "noise": torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(3)),
        }.items()
    }
    assert values["one"] == pytest.approx(1, abs=1e-5)
    assert values["one"] > values["three"] + 0.1 > values["real"] + 0.2 > values["noise"] + 0.2


@pytest.mark.parametrize("rows", [3, 40])
def test_neither_order_nor_scale_nor_offset_nor_a_stored_state_changes_it(rows: int) -> None:
    real, batch = pictures(30, 3, 24, 24), pictures(rows, 3, 24, 24, seed=1)
    statistic = statistics.get("multi_scale_ssim")
    state = statistic.fit(real)
    value = statistic.compute(batch, state)
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(2))
    assert statistic.compute(batch[order], load(save(state))) == pytest.approx(value, abs=1e-6)
    far = statistic.compute((255 * batch.double() - 128), statistic.fit(255 * real.double() - 128))
    assert far == pytest.approx(value, abs=1e-5)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert statistic(generated=batch.clone().requires_grad_(), real=real) == pytest.approx(value, abs=1e-6)
    assert torch.equal(torch.get_rng_state(), before)


def test_with_few_pictures_every_pair_counts_once() -> None:
    batch = pictures(4, 1, 20, 20)
    pairs = torch.combinations(torch.arange(4))
    expected = float(multi_scale_ssim(batch[pairs[:, 0]], batch[pairs[:, 1]]).mean())
    low, high = torch.zeros(1, 1, 20, 20), torch.ones(1, 1, 20, 20)
    value = statistics.multi_scale_ssim(generated=batch, real=torch.cat([low, high]))
    assert value == pytest.approx(expected, abs=1e-6)


def test_what_is_undefined_is_no_number_and_what_is_no_picture_is_refused() -> None:
    real = pictures(4, 1, 12, 12)
    spoilt = real.clone()
    spoilt[0, 0, 0, 0] = math.inf
    for batch, reference in ((spoilt, real), (real, torch.full_like(real, 0.3))):
        value = statistics.multi_scale_ssim(generated=batch, real=reference)
        assert isinstance(value, float) and math.isnan(value)
    statistic = statistics.get("multi_scale_ssim")
    assert math.isnan(float(statistic.compute(real[:1], statistic.fit(real))))  # type: ignore[arg-type]
    assert statistics.multi_scale_ssim(generated=real[:, 0, :5, :5], real=real[:, 0, :5, :5]) < 1
    with pytest.raises(InvalidArgument, match=r"generated has shape \(4, 144\); expected pictures .* nor embedded"):
        statistics.multi_scale_ssim(generated=real.flatten(1), real=real)
    with pytest.raises(InvalidArgument, match=r"\(1, 11, 12\) and real ones \(1, 12, 12\); bring both to one size"):
        statistics.multi_scale_ssim(generated=real[:, :, 1:], real=real)
