"""Optimal transport: exact and sliced Wasserstein distances beside POT's."""

import dataclasses
import math
import multiprocessing
import resource
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import ot
import torch
from _claims import Claim, interval, table
from torch import Tensor

from _diversity.turns import interleaved, share
from collapse_probe import statistics, toy

EXACT_SHARE, SLICED_SHARE = 150.0, 100.0
DIRECTIONS = 100
LIMIT = 10**9
"""Iterations of POT's network simplex: more than it ever needs here."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured how often."""

    rounds: int
    rows: int
    many: int
    sliced: int


FULL = Sizes(rounds=5, rows=2500, many=5000, sliced=5000)
QUICK = Sizes(rounds=2, rows=300, many=400, sliced=500)


def measure(quick: bool) -> tuple[str, str]:
    """Heading and tables."""
    sizes = QUICK if quick else FULL
    texts = [
        f"Exact distance of order 2 between two samples of {sizes.rows:,}. Ours is `statistics.wasserstein`, POT's "
        "is `ot.emd2` of `ot.dist`, both from samples to the distance, with as many iterations as it needs: its "
        "default of 100,000 stops too early in 64 dimensions already. CPU time.",
        table(_of_exact(sizes)),
        f"The same of {sizes.many:,}, squared: by how much each exceeds the optimum, which `ot.emd2` finds when it is "
        "not stopped.",
        table(_of_many(sizes)),
        f"Sliced distance over {DIRECTIONS} directions, the same for both.",
        table(_of_sliced(sizes)),
    ]
    return "Optimal transport", "\n\n".join(texts)


def clouds(rows: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Generated and real samples, by name."""
    generator = torch.Generator().manual_seed(0)

    def normal(dimensions: int) -> Tensor:
        return torch.randn(rows, dimensions, generator=generator, dtype=torch.float64)

    ring = toy.ring(8)
    one_mode = toy.Mixture(ring.centers[:1], ring.sigma).sample(rows, generator=generator).double()
    real = ring.sample(rows, generator=generator).double()
    return {
        "normal, 2 dimensions": (normal(2), normal(2)),
        "normal, 64 dimensions": (normal(64), normal(64)),
        "a ring collapsed to one mode": (one_mode, real),
        "a ring collapsed to one point": (ring.centers[:1].double().repeat(rows, 1), real),
        "a ring collapsed to two points": (ring.centers[[0, 2]].double().repeat(rows // 2, 1), real),
        "a ring, all well": (ring.sample(rows, generator=generator).double(), real),
    }


def _costs(generated: Tensor, real: Tensor) -> np.ndarray:
    costs: np.ndarray = torch.cdist(generated, real, compute_mode="donot_use_mm_for_euclid_dist").square().numpy()
    return costs


def _of_exact(sizes: Sizes) -> list[Claim]:
    claims = []
    for name, (generated, real) in clouds(sizes.rows).items():
        arrays = generated.numpy(), real.numpy()
        values: dict[str, float] = {}

        def ours(values: dict[str, float] = values, generated: Tensor = generated, real: Tensor = real) -> None:
            found = statistics.wasserstein(generated=generated, real=real)
            assert isinstance(found, float)
            values["ours"] = found

        def theirs(values: dict[str, float] = values, arrays: tuple[np.ndarray, ...] = arrays) -> None:
            values["theirs"] = math.sqrt(ot.emd2([], [], ot.dist(*arrays), numItermax=LIMIT))

        taken = interleaved({"ours": ours, "theirs": theirs}, sizes.rounds)
        if not math.isclose(values["ours"], values["theirs"], rel_tol=1e-9):
            raise RuntimeError(f"{name}: ours is {values['ours']!r} and theirs {values['theirs']!r}")
        claims.append(share(taken["ours"], taken["theirs"], "cpu", EXACT_SHARE, f"ours / `emd2`, {name}"))
        claims.append(Claim(f"ours, {name}", interval([one.cpu / 1e3 for one in taken["ours"]]), "s"))
    before, after = _memory(sizes.many)
    note = f"{before:.0f} MB before"
    claims.append(Claim(f"peak memory of a process that computes ours, {sizes.many:,} samples", after, "MB", note=note))
    return claims


def _memory(rows: int) -> tuple[float, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        return child.submit(_memory_here, rows).result()


def _memory_here(rows: int) -> tuple[float, float]:
    """Megabytes before and at the peak."""
    torch.set_num_threads(1)
    generated, real = clouds(rows)["normal, 64 dimensions"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    statistics.wasserstein(generated=generated, real=real)
    return before / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _of_many(sizes: Sizes) -> list[Claim]:
    claims = []
    for name in ("normal, 2 dimensions", "normal, 64 dimensions", "a ring collapsed to one mode"):
        generated, real = clouds(sizes.many)[name]
        costs = _costs(generated, real)
        with warnings.catch_warnings():
            # What it is measured for: it says that it stopped, and goes on.
            warnings.simplefilter("ignore", UserWarning)
            stopped = ot.emd2([], [], costs)
        optimum = ot.emd2([], [], costs, numItermax=LIMIT)
        found = statistics.wasserstein(generated=generated, real=real)
        assert isinstance(found, float)
        claims.append(Claim(f"ours, {name}", 100 * abs(found**2 / optimum - 1), "%", at_most=1e-6))
        claims.append(Claim(f"`emd2` as it comes, {name}", 100 * (stopped / optimum - 1), "%"))
    return claims


def _of_sliced(sizes: Sizes) -> list[Claim]:
    claims = []
    member = dataclasses.replace(statistics.get("sliced_wasserstein"), directions=DIRECTIONS)  # type: ignore[call-arg]
    for name in ("normal, 2 dimensions", "normal, 64 dimensions", "a ring collapsed to one mode"):
        for fewer in (0, sizes.sliced // 5):
            generated, real = clouds(sizes.sliced)[name]
            generated = generated[fewer:]
            directions = member.fit(real)["directions"].numpy()
            arrays = generated.numpy(), real.numpy()

            def ours(generated: Tensor = generated, real: Tensor = real) -> None:
                member.compute(generated, member.fit(real))

            def theirs(arrays: tuple[np.ndarray, ...] = arrays, directions: np.ndarray = directions) -> None:
                ot.sliced_wasserstein_distance(*arrays, projections=directions)

            taken = interleaved({"ours": ours, "theirs": theirs}, 2 * sizes.rounds)
            what = f"ours / `sliced_wasserstein_distance`, {len(generated):,} and {len(real):,}, {name}"
            claims.append(share(taken["ours"], taken["theirs"], "cpu", SLICED_SHARE, what))
    return claims
