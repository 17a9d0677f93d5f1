"""The labels that a conditional generator was called with, pooled in step with its samples."""

from typing import Any

import torch
from torch import Tensor, nn

from .._recorder import Pool, class_indices
from ._arguments import picker
from ._guard import Guard


class PooledLabels:
    """A ring of class indices beside that of the samples: row by row the same, -1 where a call had none."""

    def __init__(self, generator: nn.Module, option: Any) -> None:
        """Raises `InvalidArgument` where the generator has no argument of that name."""
        self._option = option
        self._pick = picker(generator, "labels", option)
        self._ring: Pool | None = None

    def of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The labels of one call, as they were given."""
        return self._pick(args, kwargs)

    def add(self, labels: Any, samples: Tensor, *, pool: Pool, guard: Guard) -> None:
        """Take the labels of samples that were just added to `pool`."""
        if self._ring is None:
            self._ring = Pool(pool.size)
        found = class_indices(labels, len(samples))
        if found is None:
            came = f"{type(labels).__name__}" + (f" {tuple(labels.shape)}" if isinstance(labels, Tensor) else "")
            guard.report(
                f"labels={self._option!r} gave a {came} for {len(samples)} samples; expected class indices (n,) or "
                "one-hot rows (n, k), so these samples count for no class"
            )
            found = torch.full((len(samples),), -1, device=samples.device)
        self._ring.add(found.to(samples.device, non_blocking=True))

    def snapshot(self) -> dict[str, Tensor]:
        """What goes into the capture; empty before the first samples."""
        return {} if self._ring is None else {"labels": self._ring.snapshot()}
