"""The mean of μ ln μ over the eigenvalues of a kernel matrix, estimated without finding them."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

_PROBES, _MOST_PROBES = 16, 128
_STEPS, _MOST_STEPS = 12, 48
_DOUBT = 1.5
"""A few values whose law has a long tail understate their spread, by about this factor on the spectra of the tests."""


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error, what the quadrature leaves out included."""

    value: float
    error: float


def mean_entropy_term(matrix: Float[Tensor, "n n"], error: float, seed: int) -> Estimate:
    """(1 / n) tr(K ln K) of a positive semi-definite matrix with ones on its diagonal, to that standard error.

    Or as near to it as a few hundred products of the matrix with a vector come. Stochastic Lanczos quadrature (Ubaru,
    Chen and Saad, SIAM J. Matrix Anal. Appl. 38, 2017) with probes of random signs: mean of z^T f(K) z / n. What a
    parabola explains of f is taken from tr K and tr K^2, which are known, so that only the rest is left to chance.
    """
    generator = torch.Generator().manual_seed(seed)
    square = sum(float(block.square().sum(dtype=torch.float64)) for block in matrix.split(256)) / len(matrix)
    steps, probes = _STEPS, _signs(matrix, _PROBES, generator)
    measure = _lanczos(matrix, probes, steps)
    while _left_out(measure, square) > error / 2 and steps < _MOST_STEPS:
        steps *= 2
        measure = _lanczos(matrix, probes, steps)
    left_out = _left_out(measure, square)
    room = max(error - left_out, 1e-12)
    # The spread of so few is not well known either: a few more than it asks for.
    missing = math.ceil(_PROBES * (1.2 * _chance(measure, square) / room) ** 2) - _PROBES
    if 0 < missing <= _MOST_PROBES - _PROBES:
        more = _lanczos(matrix, _signs(matrix, missing, generator), steps)
        measure = Measure(*(torch.cat(pair) for pair in zip(measure, more, strict=True)))
        left_out = _left_out(measure, square)
    return Estimate(float(_values(measure, square).mean()), _chance(measure, square) + left_out)


class Measure(NamedTuple):
    """The tridiagonal matrix that each probe makes of the whole one: its diagonal and the one beside it."""

    diagonal: Float[Tensor, "p steps"]
    beside: Float[Tensor, "p others"]


def _chance(measure: Measure, square: float) -> float:
    values = _values(measure, square)
    return _DOUBT * float(values.std()) / math.sqrt(len(values))


def _left_out(measure: Measure, square: float) -> float:
    """By how much half as many steps change the value: more than any further ones would."""
    half = measure.diagonal.shape[1] // 2
    shorter = Measure(measure.diagonal[:, :half], measure.beside[:, : half - 1])
    return abs(float((_values(shorter, square) - _values(measure, square)).mean()))


def _signs(matrix: Tensor, count: int, generator: torch.Generator) -> Tensor:
    signs = 2 * torch.randint(2, (len(matrix), count), generator=generator) - 1
    return signs.to(matrix) / math.sqrt(len(matrix))


def _lanczos(matrix: Tensor, probes: Tensor, steps: int) -> Measure:
    before, now, beside = torch.zeros_like(probes), probes, [probes.new_zeros(probes.shape[1])]
    diagonal = []
    for _ in range(steps):
        after = torch.addmm(before * -beside[-1], matrix, now)
        diagonal.append((after * now).sum(dim=0))
        after -= diagonal[-1] * now
        beside.append(after.norm(dim=0))
        # Once all that the probe meets is found what follows is rounding, and has no weight.
        before, now = now, after / beside[-1].clamp(min=1e-6)
    return Measure(torch.stack(diagonal, dim=1).double(), torch.stack(beside[1:-1], dim=1).double())


def _values(measure: Measure, square: float) -> Float[Tensor, " p"]:
    """z^T f(K) z / n of each probe, less what the parabola nearest to f on the spectrum has by chance in it."""
    matrices = measure.diagonal.diag_embed() + measure.beside.diag_embed(1) + measure.beside.diag_embed(-1)
    nodes, vectors = torch.linalg.eigh(matrices)
    nodes, weights = nodes.clamp(min=0), vectors[:, 0].square()
    terms = torch.special.xlogy(nodes, nodes)
    powers = torch.stack([nodes, nodes.square()], dim=2)
    roots = weights.sqrt()
    slopes = torch.linalg.lstsq((powers * roots[..., None]).flatten(0, 1), (terms * roots).flatten()[:, None]).solution
    by_chance = (powers * weights[..., None]).sum(dim=1) - powers.new_tensor([1.0, square])
    values: Tensor = (terms * weights).sum(dim=1) - (by_chance @ slopes).flatten()
    return values
