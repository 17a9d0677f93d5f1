"""The latents that the generator was called with, pooled in step with its samples."""

from typing import Any

import torch
from torch import Tensor, nn

from .._recorder import Pool
from ..errors import in_a_line
from ._arguments import first_argument, picker
from ._guard import Guard

WIDEST = 512
"""Numbers of a latent that is taken unasked: as many as StyleGAN has. A flattened 28 × 28 picture is none, say."""
_UNSTORABLE = ("complex", "float8", "float4", "quint", "qint", "bits", "bcomplex")


class PooledLatents:
    """A ring of latents (n, z) beside that of the samples, row by row the same.

    Unasked (`"auto"`) they are the first argument of the call, where that is a vector for each sample.
    """

    def __init__(self, generator: nn.Module, option: Any) -> None:
        """Raises `InvalidArgument` where the generator has no argument of that name."""
        self._option, self._unasked = option, option == "auto"
        self._pick = first_argument(generator) if self._unasked else picker(generator, "latents", option)
        self._ring: Pool | None = None
        self._too_large = False

    @property
    def nbytes(self) -> int:
        """Memory of the ring, in bytes."""
        return 0 if self._ring is None else self._ring.nbytes

    def of(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, rows: int, guard: Guard) -> Tensor | None:
        """A copy of the latents of one call, since the loop may write the next ones into the same tensor."""
        try:
            given = self._pick(args, kwargs)
            if not self._too_large and _fits(given, rows) and (not self._unasked or _is_vector(given)):
                latents: Tensor = given.detach().reshape(rows, -1).clone()
                return latents
            came = "latents too large to be pooled" if self._too_large else f"a {_described(given)}"
        except Exception as failure:  # a callable of the user's, or a tensor of a kind that knows no such thing
            came = f"an error ({in_a_line(failure)})"
        if not self._unasked:
            guard.report(
                f"latents={self._option!r} gave {came} for {rows} samples; expected a tensor of numbers (n, ...), so "
                "captures are stored without latents"
            )
        return None

    def add(self, latents: Tensor | None, samples: Tensor, pool: Pool) -> None:
        """Take the latents of samples that were just added to `pool`."""
        if latents is None:
            self._ring = None
            return
        if self._ring is None or self._ring.shape != latents.shape[1:]:
            self._ring = Pool(pool.size)
        self._ring.add(latents.to(samples.device, non_blocking=True))
        if self._ring.size < pool.size:
            self._ring, self._too_large = None, True

    def snapshot(self, rows: int) -> dict[str, Tensor]:
        """What goes into a capture of so many rows; empty where the latents of one of them are not known."""
        known = self._ring is not None and self._ring.full and self._ring.size == rows
        return {"latents": self._ring.snapshot()} if self._ring is not None and known else {}


def _fits(given: Any, rows: int) -> bool:
    if not isinstance(given, Tensor) or given.is_nested or given.layout is not torch.strided:
        return False
    storable = not str(given.dtype).removeprefix("torch.").startswith(_UNSTORABLE)
    return storable and given.shape[:1] == (rows,)


def _described(given: Any) -> str:
    if not isinstance(given, Tensor) or given.is_nested:
        return type(given).__name__
    return f"{type(given).__name__} {tuple(given.shape)} of {given.dtype}"


def _is_vector(latents: Tensor) -> bool:
    """(n, z), or with further axes of one; pictures and a generator's inner features have several that are longer."""
    sizes = latents.shape[1:]
    return latents.is_floating_point() and 1 <= sizes.numel() <= WIDEST and sizes.numel() == max(sizes, default=0)
