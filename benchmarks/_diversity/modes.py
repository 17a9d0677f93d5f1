"""Modes, bins, embeddings and MS-SSIM: what they cost."""

import dataclasses
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from _claims import Claim, interval, ratio, table
from torch import Tensor
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as peer

from collapse_probe import embeddings, statistics, toy
from collapse_probe.statistics import AbstractModeStatistic, Modes
from collapse_probe.statistics._multi_scale_ssim import EXPONENTS, multi_scale_ssim

ONLINE = ("effective_modes", "high_quality_share", "mode_count", "mode_shares", "reverse_kl")
CELLS = ("occupancy", "matched_occupancy")
Call = Callable[[], object]


@dataclass(frozen=True)
class Sizes:
    """How much is measured how often."""

    rounds: int
    reference: int
    pictures: int
    samples: int
    pairs: int


FULL = Sizes(rounds=15, reference=1024, pictures=256, samples=2500, pairs=100)
QUICK = Sizes(rounds=2, reference=128, pictures=16, samples=300, pairs=8)


def measure(quick: bool) -> tuple[str, str]:
    """Heading and table."""
    sizes = QUICK if quick else FULL
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    claims = [*_of_a_capture(sizes), *_of_embeddings(sizes), *_of_calls(sizes), _of_pairs(sizes)]
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    claims.append(Claim("peak memory of the process above its start", megabytes, "MB"))
    said = "CPU milliseconds of one thread, cases interleaved."
    return "Modes, bins, embeddings", f"{said}\n\n{table(claims)}"


def interleaved(cases: dict[str, Call], rounds: int) -> dict[str, list[float]]:
    """CPU milliseconds of each case in each round; every case has run once before."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, call in cases.items():
            began = time.process_time()
            call()
            if turn:
                taken[name].append(1000 * (time.process_time() - began))
    return taken


def _claims(cases: dict[str, Call], rounds: int, at_most: float | None = None) -> list[Claim]:
    taken = interleaved(cases, rounds)
    return [Claim(name, interval(values), "ms", at_most=at_most) for name, values in taken.items()]


def _of_a_capture(sizes: Sizes) -> list[Claim]:
    """A fitted mixture and cells, on 256 embedded pictures (49 numbers), as at every capture of a run."""
    random = torch.Generator().manual_seed(0)
    centers = torch.randn(12, 49, generator=random, dtype=torch.float64)
    real, batch = (
        centers[torch.arange(rows) % 12] + 0.3 * torch.randn(rows, 49, generator=random, dtype=torch.float64)
        for rows in (sizes.reference, 256)
    )
    modes = Modes.fit(real)
    members = {}
    for name in (*ONLINE, *CELLS):
        member = statistics.get(name)
        member = dataclasses.replace(member, modes=modes) if isinstance(member, AbstractModeStatistic) else member
        members[name] = member, member.fit(real)

    def every() -> None:
        for member, state in members.values():
            member.compute(batch, state)

    cases: dict[str, Call] = {"the five counts by mode and both occupancies of one capture": every}
    fitting: dict[str, Call] = {f"fitting the mixture on {sizes.reference:,} rows": lambda: Modes.fit(real)}
    return _claims(cases, sizes.rounds, at_most=25) + _claims(fitting, max(2, sizes.rounds // 5))


def _of_embeddings(sizes: Sizes) -> list[Claim]:
    """Pictures in colour."""
    samples = torch.rand(sizes.pictures, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    cases: dict[str, Call] = {}
    for name in embeddings.NAMES:
        embed = embeddings.fit(name, samples)
        cases[f"`{name}` of {len(samples)} × 3 × 64 × 64"] = lambda embed=embed: embed(samples)  # type: ignore[misc]
    return _claims(cases, sizes.rounds, at_most=150)


def _of_calls(sizes: Sizes) -> list[Claim]:
    """What is not measured at every capture: samples of the grid, and of pictures."""
    grid, n = toy.grid(5), sizes.samples
    real, batch = grid.sample(n), grid.sample(n)
    random = torch.Generator().manual_seed(0)
    rows, more = torch.randn(2, n, 64, generator=random)
    known = {name: dataclasses.replace(statistics.get(name), modes=grid) for name in ("missing_modes", "mode_scores")}  # type: ignore[call-arg]
    binned = {name: statistics.get(name) for name in ("different_bins", "bin_divergence")}

    def calls(members: dict[str, statistics.AbstractStatistic], fitted_on: Tensor, given: Tensor) -> dict[str, Call]:
        states = {name: member.fit(fitted_on) for name, member in members.items()}
        return {name: lambda name=name: members[name].compute(given, states[name]) for name in members}  # type: ignore[misc]

    cases = {f"`{name}`, 25 modes, n = {n:,}": call for name, call in calls(known, real, batch).items()}
    cases |= {f"`{name}`, bins, n = {n:,}, d = 64": call for name, call in calls(binned, rows, more).items()}
    return _claims(cases, sizes.rounds)


def _of_pairs(sizes: Sizes) -> Claim:
    """Pairs of pictures, ours against torchmetrics' at the same three scales."""
    random = torch.Generator().manual_seed(0)
    first, second = torch.rand(2, sizes.pairs, 3, 64, 64, generator=random)
    exponents = tuple(value / sum(EXPONENTS[:3]) for value in EXPONENTS[:3])
    taken = interleaved(
        {
            "ours": lambda: [multi_scale_ssim(a, b) for a, b in zip(first.split(50), second.split(50), strict=True)],
            "theirs": lambda: peer(first, second, data_range=1.0, betas=exponents, normalize="relu"),
        },
        max(2, sizes.rounds // 2),
    )
    return Claim(
        f"MS-SSIM of {sizes.pairs} pairs of 3 × 64 × 64, as a share of torchmetrics'",
        ratio(taken["ours"], taken["theirs"]),
    )
