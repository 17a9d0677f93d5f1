"""Neighbourhoods and kernels: precision, recall, density, coverage and the Vendi score beside their packages."""

import contextlib
import dataclasses
import io
import math
import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import prdc
import torch
from _claims import Claim, interval, table
from torch import Tensor
from vendi_score import vendi

from _diversity.turns import Call, interleaved, share
from collapse_probe import statistics
from collapse_probe._monitor import Reference, fit_reference
from collapse_probe.statistics import AbstractStatistic, State

DIMENSIONS, NEIGHBOURS = 64, 5
CAPTURE_MS, PRDC_SHARE, PRDC_MB, RBF_SHARE, COSINE_SHARE = 25.0, 25.0, 500.0, 10.0, 0.1
ESTIMATES, BATCHES = {64: 0.001, 8: 0.005}, 6
"""Relative error asked for by dimensions of the cloud, and independent batches that show the spread of the score."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured how often."""

    rounds: int
    captures: int
    reference: int
    prdc_rows: int
    vendi_rows: int


FULL = Sizes(rounds=5, captures=40, reference=2048, prdc_rows=10_000, vendi_rows=5_000)
QUICK = Sizes(rounds=2, captures=3, reference=256, prdc_rows=500, vendi_rows=300)


def measure(quick: bool) -> tuple[str, str]:
    """Heading and tables."""
    sizes = QUICK if quick else FULL
    texts = [
        f"Precision, recall, density and coverage, k = {NEIGHBOURS}, of {sizes.prdc_rows:,} normal samples against as "
        f"many in {DIMENSIONS} dimensions; `prdc.compute_prdc` computes distances with eight "
        "threads, on all cores, and ours with one: wall time is in its favour, the more so on a busy machine.",
        table([*_of_prdc(sizes), _peak_of_prdc(sizes)]),
        f"Vendi score of {sizes.vendi_rows:,} samples in {DIMENSIONS} dimensions; `vendi.score_X` knows the cosine "
        "kernel only, and stands for the spectrum of any matrix of that size. With the Gaussian kernel, order 1 is "
        "fast where few samples describe the others, as in the ring, and else as slow as the spectrum that it needs, "
        "or estimated by stochastic Lanczos quadrature where `relative_error` allows it. Probes alone were not enough: "
        "only what a parabola, whose traces are known, leaves of the function is left to them. Tried and not kept: "
        "leading directions taken out first, which cost as much as they gained, and a spectrum in float32, not nearly "
        "ten times as fast.",
        table([*_of_vendi(sizes), *_of_estimates(sizes)]),
        "All statistics that are measured at every capture of a run, on 256 samples in 64 dimensions, and each alone. "
        "CPU time; there the mixture is fitted beforehand, as in a run.",
        table(_of_a_capture(sizes)),
    ]
    return "Neighbourhoods and kernels", "\n\n".join(texts)


def _normal(rows: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(rows, DIMENSIONS, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def _of_prdc(sizes: Sizes) -> list[Claim]:
    claims, member = [], statistics.get("prdc")
    for dtype in (torch.float32, torch.float64):
        real, generated = _normal(sizes.prdc_rows, 0, dtype), _normal(sizes.prdc_rows, 1, dtype)

        def ours(generated: Tensor = generated, real: Tensor = real) -> None:
            statistics.prdc(generated=generated, real=real, k=NEIGHBOURS)

        def theirs(generated: Tensor = generated, real: Tensor = real) -> None:
            with contextlib.redirect_stdout(io.StringIO()):
                prdc.compute_prdc(real.numpy(), generated.numpy(), nearest_k=NEIGHBOURS)

        state = member.fit(real)

        def fitted(generated: Tensor = generated, state: State = state) -> None:
            member.compute(generated, state)

        taken = interleaved({"ours": ours, "fitted": fitted, "theirs": theirs}, sizes.rounds)
        name = str(dtype).removeprefix("torch.")
        claims.append(Claim(f"ours, {name}", interval([one.wall / 1e3 for one in taken["ours"]]), "s"))
        for clock, at_most in (("wall", PRDC_SHARE), ("cpu", PRDC_SHARE)):
            claims.append(share(taken["ours"], taken["theirs"], clock, at_most, f"ours / `prdc`, {name}"))
        claims.append(share(taken["fitted"], taken["theirs"], "cpu", None, f"ours, fitted before / `prdc`, {name}"))
    return claims


def _peak_of_prdc(sizes: Sizes) -> Claim:
    what = "peak memory of a process that computes ours"
    if not Path("/proc/self/status").is_file():
        return Claim(what, None, "MB", PRDC_MB, note="no /proc on this machine")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        before, after = child.submit(_memory_of_prdc, sizes.prdc_rows).result()
    return Claim(what, after, "MB", PRDC_MB, note=f"{before:.0f} MB before the call")


def _memory_of_prdc(rows: int) -> tuple[float, float]:
    """Megabytes before and at the peak."""
    torch.set_num_threads(1)
    generated, real = _normal(rows, 1), _normal(rows, 0)
    before = _peak_megabytes()
    statistics.prdc(generated=generated, real=real, k=NEIGHBOURS)
    return before, _peak_megabytes()


def _peak_megabytes() -> float:
    # Not getrusage: on Linux a new process inherits the peak of the one that started it.
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) / 1024


def _of_vendi(sizes: Sizes) -> list[Claim]:
    normal = _normal(sizes.vendi_rows, 0)
    ring = torch.zeros(sizes.vendi_rows, DIMENSIONS)
    angles = math.pi / 4 * torch.arange(sizes.vendi_rows)
    ring[:, :2] = torch.stack([angles.cos(), angles.sin()], dim=1) + 0.01 * normal[:, :2]
    member = statistics.get("vendi_score")

    def call(points: Tensor, **options: object) -> Call:
        configured: AbstractStatistic = dataclasses.replace(member, **options)  # type: ignore[arg-type]
        state = configured.fit(points)
        return lambda: configured.compute(points, state)

    unlike = normal.double().numpy()
    cases = {
        "cosine": call(normal, kernel="cosine"),
        "RBF, order 2": call(normal, order=2),
        "RBF, order 1, a ring": call(ring),
        "RBF, order 1, one normal cloud": call(normal),
        "the same, to 0.1 %": call(normal, relative_error=ESTIMATES[64]),
        "RBF, order 1, a cloud in 8 dimensions, to 0.5 %": call(normal[:, :8], relative_error=ESTIMATES[8]),
        "theirs": lambda: vendi.score_X(unlike),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks a type up under a name that SciPy has left behind
        taken = interleaved(cases, sizes.rounds)
    theirs = taken.pop("theirs")
    targets = {"cosine": COSINE_SHARE}
    return [
        share(ours, theirs, "cpu", targets.get(name, RBF_SHARE), f"ours / `score_X`, {name}")
        for name, ours in taken.items()
    ]


def _of_estimates(sizes: Sizes) -> list[Claim]:
    """How far estimates are off, beside how much the score of another batch differs."""
    claims = []
    for dimensions, error in ESTIMATES.items():
        real, *batches = (_normal(sizes.vendi_rows, seed)[:, :dimensions] for seed in range(BATCHES + 1))
        of_real = [statistics.vendi_score(generated=real, real=real, relative_error=share) for share in (0.0, error)]
        exact, estimated = (float(score) for score in of_real)  # type: ignore[arg-type]
        scores = torch.tensor([float(statistics.vendi_score(generated=one, real=real)) for one in batches])  # type: ignore[arg-type]
        of = f"order 1, {dimensions} dimensions"
        claims += [
            Claim(f"estimate off by, {of}", 100 * abs(estimated / exact - 1), "%", at_most=200 * error),
            Claim(f"standard deviation of the exact score over batches, {of}", float(100 * scores.std() / exact), "%"),
        ]
    return claims


def _of_a_capture(sizes: Sizes) -> list[Claim]:
    samples = _normal(256, 1)
    reference: Reference = fit_reference(_normal(sizes.reference, 0), sample_size=256)
    points = samples[: reference.sample_size].double()

    def alone(member: AbstractStatistic, name: str) -> Call:
        return lambda: member.compute(points, reference.states[name])

    cases: dict[str, Call] = {"all of a capture": lambda: reference.measure(samples)}
    cases |= {f"`{name}`": alone(member, name) for name, member in reference.statistics.items()}
    taken = interleaved(cases, sizes.captures)
    return [
        Claim(name, interval([one.cpu for one in values]), "ms", CAPTURE_MS if name == "all of a capture" else None)
        for name, values in taken.items()
    ]
