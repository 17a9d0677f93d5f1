"""Published protocols by name: where they differ, and what a perfect generator scores under each."""

import dataclasses
import math

import pytest
import torch

from collapse_probe import statistics, toy
from collapse_probe.errors import InvalidArgument, UnknownName
from collapse_probe.statistics import MODE_PROTOCOLS, ModeProtocol, Modes
from collapse_probe.statistics._protocols import as_protocol

UNIT = toy.Mixture(torch.tensor([[0.0, 0.0], [100.0, 0.0]]), 1.0)
BALL, BOX = 1 - math.exp(-4.5), math.erf(3 / math.sqrt(2)) ** 2
PUBLISHED = ["veegan", "pacgan", "gdpp", "self_conditioned"]


def high_quality(protocol: str | ModeProtocol, x: float, y: float) -> bool:
    rules = MODE_PROTOCOLS[protocol] if isinstance(protocol, str) else protocol
    return bool(Modes.from_mixture(UNIT).assign(torch.tensor([[x, y]], dtype=torch.float64), rules)[1])


@pytest.mark.parametrize(
    ("protocol", "at_the_radius", "in_the_corner"),
    [
        ("veegan", True, False),
        ("pacgan", False, False),
        ("gdpp", True, False),
        ("self_conditioned", True, True),
    ],
)
def test_protocols_differ_at_the_radius_and_in_the_corner_of_the_box(
    protocol: str, at_the_radius: bool, in_the_corner: bool
) -> None:
    assert high_quality(protocol, 1.0, 2.5)
    assert high_quality(protocol, 3.0, 0.0) is at_the_radius
    assert high_quality(protocol, 2.9, 2.9) is in_the_corner
    assert not high_quality(protocol, 0.0, 3.01)


@pytest.mark.parametrize("protocol", PUBLISHED)
@pytest.mark.parametrize(("mixture", "modes"), [(toy.ring(8), 8), (toy.grid(5), 25)], ids=["ring", "grid"])
def test_a_perfect_generator_scores_the_oracle_row(protocol: str, mixture: toy.Mixture, modes: int) -> None:
    samples = MODE_PROTOCOLS[protocol].samples
    assert samples is not None
    draws = [mixture.sample(samples, generator=torch.Generator().manual_seed(seed)) for seed in range(6)]
    real = mixture.sample(50)

    def scores(name: str) -> torch.Tensor:
        member = statistics.get(name)
        return torch.tensor([member(generated=x, real=real, modes=mixture, protocol=protocol) for x in draws])

    ceiling = BOX if protocol == "self_conditioned" else BALL
    assert bool((scores("mode_count") == modes).all())
    spread = math.sqrt(ceiling * (1 - ceiling) / (6 * samples))
    assert abs(float(scores("high_quality_share").mean()) - ceiling) < 4 * spread
    # 2 n KL is chi-square with k - 1 degrees of freedom.
    counted = samples if protocol == "self_conditioned" else samples * ceiling
    floor, deviation = (modes - 1) / (2 * counted), math.sqrt(2 * (modes - 1)) / (2 * counted)
    assert abs(float(scores("reverse_kl").mean()) - floor) < 4 * deviation / math.sqrt(6)


def test_shares_over_all_samples_see_what_shares_over_good_ones_do_not() -> None:
    ring = toy.ring(8)
    good, bad = ring.centers.repeat(10, 1), 1.2 * ring.centers[:1].repeat(80, 1)
    over = {
        shares: statistics.reverse_kl(
            generated=torch.cat([good, bad]), real=good, modes=ring, protocol=ModeProtocol(shares_over=shares)
        )
        for shares in ("high_quality", "every")
    }
    assert over["high_quality"] == pytest.approx(0, abs=1e-6)
    first, other = 90 / 160, 10 / 160
    assert over["every"] == pytest.approx(first * math.log(8 * first) + 7 * other * math.log(8 * other), rel=1e-6)


def test_one_sample_captures_a_mode_by_the_published_rules_and_options_of_the_statistic_go_first() -> None:
    grid = toy.grid(5)
    batch = torch.cat([grid.centers[:1].repeat(2499, 1), grid.centers[1:2]])
    count = {
        name: statistics.mode_count(generated=batch, real=batch, modes=grid, protocol=name) for name in PUBLISHED[:3]
    }
    assert set(count.values()) == {2.0}
    assert statistics.mode_count(generated=batch, real=batch, modes=grid) == 1
    assert statistics.mode_count(generated=batch, real=batch, modes=grid, protocol="pacgan", min_count=2) == 1


def test_the_literal_ten_deviations_accept_no_real_sample_in_700_dimensions() -> None:
    mixture = toy.Mixture(torch.zeros(1, 700), 1.0)
    batch = mixture.sample(200)
    share = statistics.high_quality_share(
        generated=batch, real=batch, modes=mixture, protocol=ModeProtocol(radius=10.0)
    )
    assert share == 0


def test_a_box_follows_the_axes_that_whiten_a_fitted_mode() -> None:
    stretched = torch.randn(2000, 2, generator=torch.Generator().manual_seed(0)) @ torch.tensor(
        [[5.0, 2.0], [0.0, 0.3]]
    )
    box = dataclasses.replace(MODE_PROTOCOLS["self_conditioned"], samples=None)
    share = statistics.high_quality_share(generated=stretched, real=stretched, modes=Modes.fit(stretched), protocol=box)
    assert isinstance(share, float)
    assert abs(share - BOX) < 4 * math.sqrt(BOX * (1 - BOX) / 2000)


def test_another_number_of_samples_and_an_unknown_name_are_told_what_to_do() -> None:
    ring = toy.ring(8)
    batch = ring.sample(100)
    with pytest.raises(InvalidArgument, match=r"100 samples and protocol 'pacgan' counts 2500.*samples=None"):
        statistics.mode_count(generated=batch, real=batch, modes=ring, protocol="pacgan")
    with pytest.raises(UnknownName, match="no protocol called 'unrolled'; known: calibrated, veegan"):
        statistics.mode_count(generated=batch, real=batch, modes=ring, protocol="unrolled")
    with pytest.raises(InvalidArgument, match="protocol is a int"):
        as_protocol(3)
